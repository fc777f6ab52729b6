"""Handlers that tests register: one that always fails, one that waits, one that ends its process, and the like."""

import asyncio
import os
import signal
import time
from collections import defaultdict

from chassis import errors
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations.turn import Outcome, State, Turn
from services.gateway.messages import Text

# What a test looks at or switches: how often each handler ran, what it waits for, what it raises.
runs: dict[str, int] = defaultdict(int)
gates: dict[str, asyncio.Event] = {}
raises: dict[str, Exception] = {}


def forget() -> None:
    """Begin anew."""
    runs.clear()
    gates.clear()
    raises.clear()


class Poisoned(Exception):
    """What an item does to its handler."""


async def always_fails(turn: Turn) -> Outcome:
    """Fail, quoting what was written, as careless code does."""
    runs["always_fails"] += 1
    raise Poisoned(f"cannot digest {turn.message.text} of {turn.person.name}")


async def fails_as_told(turn: Turn) -> Outcome:
    """Raise what the test put there; answer when there is nothing."""
    runs["fails_as_told"] += 1
    if "next" in raises:
        raise raises["next"]
    return _said(turn, "not told to fail")


async def fails_at_a_gate(turn: Turn) -> Outcome:
    """Find its service away, in the first two runs at a gate of its own; answer from the third run on."""
    runs["fails_at_a_gate"] += 1
    number = runs["fails_at_a_gate"]
    if number <= 2:
        await gates[f"fails {number}"].wait()
        raise unavailable()
    return _said(turn, "not away any more")


async def waits(turn: Turn) -> Outcome:
    """Wait until the test opens the gate."""
    runs["waits"] += 1
    await gates["waits"].wait()
    return _said(turn, "waited")


async def computes(turn: Turn) -> Outcome:
    """Keep the loop busy for a second, then answer."""
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        pass
    return _said(turn, "computed")


async def answers(turn: Turn) -> Outcome:
    """Answer at once, with what was written in brackets."""
    runs["answers"] += 1
    return _said(turn, "answered")


async def echoes(turn: Turn) -> Outcome:
    """Answer with the id of the message that this one quotes."""
    runs["echoes"] += 1
    return _said(turn, turn.message.context_id or "nothing quoted")


async def says_thrice(turn: Turn) -> Outcome:
    """Answer with three messages."""
    return Outcome(turn.state, tuple(Text(words) for words in ("one", "two", "three")))


async def counts(turn: Turn) -> Outcome:
    """Answer with the number of this run, each run at a gate of its own when the test put one there."""
    runs["counts"] += 1
    number = runs["counts"]
    if f"counts {number}" in gates:
        await gates[f"counts {number}"].wait()
    return _said(turn, f"run {number}")


async def kills(turn: Turn) -> Outcome:
    """End the process at once, as a fault in native code would."""
    os.kill(os.getpid(), signal.SIGKILL)
    return _said(turn, "killed")


async def cannot_be_written(turn: Turn) -> Outcome:
    """Answer with what no UTF-8 can hold."""
    runs["cannot_be_written"] += 1
    return _said(turn, "half a pair: \ud83d")


async def is_refused_by_the_database(turn: Turn) -> Outcome:
    """Ask for a state whose name no text column takes."""
    runs["is_refused_by_the_database"] += 1
    await gates["all"].wait()
    return Outcome(State(name="half\0name"), (Text("never said"),))


async def waits_with_all(turn: Turn) -> Outcome:
    """Answer when the test lets all go at once."""
    runs["waits_with_all"] += 1
    await gates["all"].wait()
    return _said(turn, "went with all")


async def is_cancelled(turn: Turn) -> Outcome:
    """Let a cancellation escape that nobody asked for, as some libraries do."""
    runs["is_cancelled"] += 1
    raise asyncio.CancelledError


async def goes_online_and_fails(turn: Turn) -> Outcome:
    """Change something in a service and fail after it, until the test says otherwise."""
    runs["goes_online_and_fails"] += 1
    presence = await turn.world.update_presence(
        "online",
        online=True,
        vehicle=trips_pb2.VEHICLE_MOTO,
        location=trips_pb2.Location(latitude=-1.95, longitude=30.06),
    )
    if "next" in raises:
        raise raises["next"]
    return _said(turn, f"online since {presence.location_time.ToMicroseconds()}")


def register() -> None:
    """For processes: HAILWIRE_EXTRA_HANDLERS=tests.gateway.handlers:register."""
    from services.gateway.conversations import routing

    for name in ("always_fails", "kills", "answers"):
        routing.register_keyword(name.replace("_", " "), f"tests.gateway.handlers:{name}")


def unavailable() -> errors.HailwireError:
    """What a client raises when its service is away."""
    return errors.Unavailable("away", reason="PEER_NOT_SERVING")


def _said(turn: Turn, words: str) -> Outcome:
    return Outcome(turn.state, (Text(words),))
