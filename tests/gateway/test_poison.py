"""Issue 2, point 3: one poisonous item spoils neither its payload nor its sender's day."""

import asyncio
import time
from collections.abc import Callable

import pytest

from chassis import errors
from services.gateway import turns
from tests.gateway import handlers
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Mesh, payload, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_one_of_a_thousand(open_here: Open, word: Register, phones: Callable[[int], list[str]]) -> None:
    """Of 1000 items with one that always fails, 999 are answered and one is a dead letter with its reason."""
    word("poison", "always_fails")
    word("plain", "answers")
    people = phones(200)
    messages = [text(people[place % 200], "plain") for place in range(1000)]
    victim = people[137]
    messages[537] = text(victim, "poison")
    async with open_here(SIMULATOR_STATUSES="false") as mesh:
        assert (await mesh.taken(payload(*messages))).status == 200
        await until(lambda: _done(mesh, 1000), "the end of 1000 turns")
        await mesh.settled()
        received = {person: [one["text"]["body"] for one in mesh.received(f"+{person}")] for person in people}
        apologies = received.pop(victim)
        assert all(words == ["answered"] * 5 for words in received.values())
        assert [words == "answered" for words in apologies] == [True, True, False, True, True]
        assert apologies[2].startswith("Sorry")
        (letter,) = await mesh.dead_letters()
        assert (letter["kind"], letter["reason"], letter["attempts"]) == ("message", "Poisoned", 3)
        assert letter["addresses"] == [f"wa:+{victim}"]
        assert handlers.runs == {"always_fails": 3, "answers": 999}


async def _done(mesh: Mesh, count: int) -> bool:
    return bool(await mesh.value("SELECT count(*) = $1 FROM gateway.outbox WHERE state = 'accepted'", count))


async def test_the_sender_goes_on_after_the_retries(mesh: Mesh, word: Register, phone: str) -> None:
    """Later messages of a poisonous item's sender wait for its retries and no longer, in order."""
    word("poison", "always_fails")
    word("plain", "answers")
    began = time.monotonic()
    await mesh.says(phone, "poison", "plain", "plain")
    received = await mesh.answered(f"+{phone}", 3)
    assert time.monotonic() - began < 60  # they are over after half a second
    assert [one["text"]["body"] for one in received[1:]] == ["answered", "answered"]
    await mesh.settled()


async def test_somebody_else_does_not_wait(
    mesh: Mesh, word: Register, phones: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a poisonous item is retried, another sender of the same payload is answered."""
    word("poison", "always_fails")
    word("plain", "answers")
    victim, other = phones(2)
    with monkeypatch.context() as patched:
        patched.setattr(turns, "_FAILED_BACKOFF_SECONDS", (600.0,))  # until the test lets it be tried again
        await mesh.taken(payload(text(victim, "poison"), text(other, "plain")))
        await mesh.answered(f"+{other}")
        assert not mesh.received(f"+{victim}")
        waits = "SELECT true FROM gateway.conversation WHERE due_at > chassis.now()"
        await until(lambda: mesh.value(waits), "a try that failed")
    await mesh.value("UPDATE gateway.conversation SET due_at = chassis.now()")
    await mesh.answered(f"+{victim}")
    await mesh.settled()


async def test_a_service_that_is_away_costs_no_attempt(mesh: Mesh, word: Register, phone: str) -> None:
    """As long as a service is unavailable a message waits with its attempts given back, and then is answered."""
    word("try", "fails_as_told")
    handlers.raises["next"] = handlers.unavailable()
    await mesh.says(phone, "try")

    async def tried() -> bool:
        return handlers.runs["fails_as_told"] >= 3

    await until(tried, "the third try")
    assert await mesh.value("SELECT max(attempts) <= 1 FROM gateway.pending")
    handlers.raises.clear()
    assert (await mesh.answered(f"+{phone}"))[0]["text"]["body"] == "not told to fail"
    await mesh.settled()
    assert not await mesh.dead_letters()


async def test_a_deadline_that_a_serving_service_misses_counts(mesh: Mesh, word: Register, phone: str) -> None:
    """What a serving service never answers in time is a dead letter and does not block its sender."""
    word("try", "fails_as_told")
    word("plain", "answers")
    handlers.raises["next"] = errors.DeadlineExceeded("too slow", reason="DEADLINE_EXCEEDED")
    await mesh.says(phone, "try", "plain")
    received = await mesh.answered(f"+{phone}", 2)
    assert received[1]["text"]["body"] == "answered"
    (letter,) = await mesh.dead_letters()
    assert (letter["reason"], letter["attempts"]) == ("DeadlineExceeded: DEADLINE_EXCEEDED", 3)
    await mesh.settled()


@pytest.mark.parametrize(
    ("function", "reason"), [("cannot_be_written", "not writable: "), ("is_cancelled", "CancelledError")]
)
async def test_other_poisons(
    mesh: Mesh, word: Register, phones: Callable[[int], list[str]], function: str, reason: str
) -> None:
    """What cannot be written, or ends in a cancellation of its own, is poison like any other."""
    word("poison", function)
    word("plain", "answers")
    victim, *others = phones(10)
    await mesh.taken(payload(text(victim, "poison"), text(victim, "plain"), *(text(one, "plain") for one in others)))
    for one in others:
        await mesh.answered(f"+{one}")
    received = await mesh.answered(f"+{victim}", 2)
    assert [one["text"]["body"].split()[0] for one in received] == ["Sorry,", "answered"]
    await mesh.settled()
    (letter,) = await mesh.dead_letters()
    assert (letter["reason"].startswith(reason), letter["attempts"]) == (True, 3)
    assert handlers.runs == {function: 3, "answers": 10}


async def test_a_handler_that_never_ends(
    open_here: Open, word: Register, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped each time, and after the last attempt its sender is told and goes on."""
    word("wait", "waits")
    word("plain", "answers")
    handlers.gates["waits"] = asyncio.Event()
    monkeypatch.setattr(turns, "_TURN_SECONDS", 0.2)
    async with open_here() as mesh:
        await mesh.says(phone, "wait", "plain")
        received = await mesh.answered(f"+{phone}", 2)
        assert received[0]["text"]["body"].startswith("Sorry")
        assert received[1]["text"]["body"] == "answered"
        (letter,) = await mesh.dead_letters()
        assert (letter["reason"], letter["attempts"]) == ("the handler took too long", 3)


async def test_a_commit_that_the_database_refuses(
    mesh: Mesh, word: Register, phones: Callable[[int], list[str]]
) -> None:
    """Of many turns that are committed together, one that the database refuses fails alone; the others write once."""
    word("poison", "is_refused_by_the_database")
    word("plain", "waits_with_all")
    victim, *others = phones(20)
    gate = handlers.gates["all"] = asyncio.Event()
    await mesh.taken(payload(*(text(one, "plain") for one in others[:10]), text(victim, "poison")))
    await mesh.taken(payload(*(text(one, "plain") for one in others[10:])))

    async def all_run() -> bool:
        return sum(handlers.runs.values()) == 20

    await until(all_run, "the start of all turns")
    gate.set()
    for one in others:
        await mesh.answered(f"+{one}")
    await mesh.answered(f"+{victim}")
    await mesh.settled()
    (letter,) = await mesh.dead_letters()
    assert (letter["reason"], letter["attempts"]) == ("not writable: CharacterNotInRepertoireError", 3)
    assert handlers.runs == {"is_refused_by_the_database": 3, "waits_with_all": 19}
