"""What must hold once nothing is in flight: what was answered 200 took effect once, every reply was sent in order.

The database is read whole and compared with what was posted and with what the simulator has received. Findings are
sentences; no findings is what a test wants.
"""

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import asyncpg
import orjson

from services.gateway.waiting import NOTE_POSITION
from tests.mesh.deliveries import Delivered
from tests.mesh.harness import Mesh
from tests.mesh.phones import Written

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = Any

# Every row of this is work that somebody still has to do.
IN_FLIGHT = {
    "messages pending": "SELECT count(*) FROM gateway.pending",
    "messages counted as pending": "SELECT coalesce(sum(pending), 0) FROM gateway.conversation",
    "conversations leased": "SELECT count(*) FROM gateway.conversation WHERE instance_id IS NOT NULL",
    "conversations to be run alone": "SELECT count(*) FROM gateway.conversation WHERE alone",
    "replies not settled": "SELECT count(*) FROM gateway.outbox WHERE state IN ('queued', 'sending', 'unknown')",
    "replies counted in lanes": "SELECT coalesce(sum(abs(queued)), 0) FROM gateway.lane",
    "lanes held": "SELECT count(*) FROM gateway.lane WHERE instance_id IS NOT NULL",
    "statuses pending": "SELECT count(*) FROM gateway.pending_status",
    "events not acknowledged": "SELECT count(*) FROM trips.event",
    "mailboxes taken": "SELECT count(*) FROM trips.mailbox WHERE taken_until > chassis.now()",
}


@dataclass
class Findings:
    """What is wrong, and what was counted."""

    wrong: list[str] = field(default_factory=list)
    table: dict[str, int] = field(default_factory=dict)
    # Outbox ids that were sent more than once, with how often and how many attempts were recorded.
    extra_sends: list[tuple[int, int, int]] = field(default_factory=list)

    def none_of(self, what: str, cases: Iterable[object]) -> None:
        """Note the first few cases of something that must not be."""
        found = list(cases)
        if found:
            self.wrong.append(f"{len(found)} x {what}: {found[:5]}")


@contextlib.asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Connection]:
    """A connection to look with."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def quiet(connection: Connection, mesh: Mesh, seconds: float) -> list[str]:
    """Wait until nothing is in flight, the spools and the provider's queues included; fails with what still is.

    Answers what was left when, for whoever wonders what took so long.
    """
    began = time.monotonic()
    course: list[str] = []
    before: dict[str, int] = {}
    async with aiohttp.ClientSession() as session:
        while True:
            left = await in_flight(connection)
            async with session.get(f"{mesh.simulator_url}/stats") as response:
                stats = await response.json()
            left |= {what: stats[what] for what in ("statuses_waiting", "webhooks_waiting")}
            left |= {"in spools": sum(len(list(gateway.home.glob("spool/*.json"))) for gateway in mesh.gateways)}
            left = {what: count for what, count in left.items() if count}
            if not left:
                return course
            passed = time.monotonic() - began
            assert passed < seconds, f"still in flight: {left}"
            if left.keys() != before.keys():
                course.append(f"after {passed:4.1f} s: {left}")
            before = left
            await asyncio.sleep(0.1)


async def in_flight(connection: Connection) -> dict[str, int]:
    """What is still to be done, by kind; empty when nothing is."""
    counts = {what: await connection.fetchval(sql) for what, sql in IN_FLIGHT.items()}
    return {what: count for what, count in counts.items() if count}


async def examined(
    connection: Connection,
    written: Mapping[str, Sequence[Written]],
    delivered: Sequence[Delivered],
) -> Findings:
    """Compare what was `written`, by sender and in order, with the database and with what was `delivered`."""
    findings = Findings()
    inbox = await connection.fetch("SELECT inbox_id, key, kind, provider, conversation_id, raw FROM gateway.inbox")
    outbox = await connection.fetch(
        "SELECT outbox_id, conversation_id, cause, position, address, state, reason, attempts FROM gateway.outbox"
        " ORDER BY outbox_id"
    )
    keys = {row["key"] for row in await connection.fetch("SELECT key FROM gateway.inbox_key")}
    dead = await connection.fetch("SELECT kind, reason, key, outbox_id FROM gateway.dead_letter")
    findings.none_of("dead letter", (dict(row) for row in dead))
    _inbox(findings, inbox, keys, written, outbox)
    _replies(findings, inbox, outbox)
    _sends(findings, outbox, delivered)
    findings.table |= {
        "senders": len(written),
        "messages answered 200": sum(map(len, written.values())),
        "events": sum(row["kind"] == "event" for row in inbox),
        "statuses": sum(row["kind"] == "status" for row in inbox),
        "replies": len(outbox),
        "notes to those who waited": sum(row["position"] == NOTE_POSITION for row in outbox),
        "replies with more than one attempt": sum(row["attempts"] > 1 for row in outbox),
        "sends": len(delivered),
        "extra sends": len(delivered) - len({one.outbox_id for one in delivered}),
        "dead letters": len(dead),
    }
    return findings


def _inbox(
    findings: Findings,
    inbox: Sequence[Any],
    keys: set[bytes],
    written: Mapping[str, Sequence[Written]],
    outbox: Sequence[Any],
) -> None:
    """Each message is stored once, known by its key, in its sender's order, and answered unless it is silent."""
    copies = Counter(row["key"] for row in inbox)
    findings.none_of("item stored twice", (key.hex() for key, count in copies.items() if count > 1))
    findings.none_of("item stored without its key", (key.hex() for key in copies if key not in keys))
    rows = {_message_id(row): row for row in inbox if row["kind"] == "message"}
    told = {row["cause"] for row in outbox}
    answered = {row["cause"] for row in outbox if row["position"] != NOTE_POSITION}
    for sender, messages in written.items():
        findings.none_of(
            "message answered 200 and not stored", (one.message_id for one in messages if one.message_id not in rows)
        )
        stored = [(one, rows[one.message_id]) for one in messages if one.message_id in rows]
        places = [row["inbox_id"] for _, row in stored]
        if places != sorted(places):
            findings.wrong.append(f"messages of {sender} stored in another order")
        findings.none_of(f"conversations of {sender}", list({row["conversation_id"] for _, row in stored})[1:])
        findings.none_of(
            "message without an answer",
            (one.message_id for one, row in stored if not one.silent and row["key"] not in answered),
        )
        findings.none_of(
            "silent message with an answer",
            (one.message_id for one, row in stored if one.silent and row["key"] in told),
        )
    posted = {one.message_id for messages in written.values() for one in messages}
    findings.none_of("message that nobody wrote", (one for one in rows if one not in posted))


def _replies(findings: Findings, inbox: Sequence[Any], outbox: Sequence[Any]) -> None:
    """The replies of one cause are numbered without gaps, and causes come in the order in which they were stored.

    Before its replies whoever waited long may have been told so, once, whatever else waited before that message.
    """
    cause_of = {row["key"]: row for row in inbox}
    positions: dict[bytes, list[int]] = defaultdict(list)
    last: dict[int, int] = {}
    for row in outbox:
        cause = cause_of.get(row["cause"])
        if cause is None:
            findings.wrong.append(f"reply {row['outbox_id']} to nothing")
            continue
        positions[row["cause"]].append(row["position"])
        if cause["conversation_id"] != row["conversation_id"]:
            findings.wrong.append(f"reply {row['outbox_id']} in another conversation than its cause")
        if row["position"] == NOTE_POSITION:
            continue
        if cause["inbox_id"] < last.get(row["conversation_id"], 0):
            findings.wrong.append(f"reply {row['outbox_id']} to an earlier message than the reply before it")
        last[row["conversation_id"]] = cause["inbox_id"]
    findings.none_of(
        "gap or copy among the replies of a message",
        ((cause.hex(), found) for cause, found in positions.items() if not _numbered(found)),
    )


def _numbered(positions: Sequence[int]) -> bool:
    """Whether these are 0, 1, 2 ..., perhaps after one note."""
    noted = positions[0] == NOTE_POSITION
    return list(positions[noted:]) == list(range(len(positions) - noted))


def _sends(findings: Findings, outbox: Sequence[Any], delivered: Sequence[Delivered]) -> None:
    """Each reply was accepted and sent, in order, and more than once only after an attempt whose end is unknown."""
    rows = {row["outbox_id"]: row for row in outbox}
    # The provider's window had closed: nobody may be written to any more.
    late = {row["outbox_id"] for row in outbox if (row["state"], row["reason"]) == ("skipped", "window closed")}
    findings.none_of(
        "reply that is not accepted",
        (
            (row["outbox_id"], row["state"])
            for row in outbox
            if row["state"] != "accepted" and row["outbox_id"] not in late
        ),
    )
    copies = Counter(one.outbox_id for one in delivered)
    findings.none_of("reply that was never sent", (one for one in rows if one not in copies and one not in late))
    findings.none_of("send of a reply that is not there", (one for one in copies if one not in rows))
    for outbox_id, count in copies.items():
        attempts = rows[outbox_id]["attempts"] if outbox_id in rows else 0
        if count > attempts:
            findings.wrong.append(f"reply {outbox_id} was sent {count} times with {attempts} attempts recorded")
        if count > 1:
            findings.extra_sends.append((outbox_id, count, attempts))
    first: dict[str, dict[int, None]] = defaultdict(dict)
    for one in delivered:
        first[one.to].setdefault(one.outbox_id)
        if rows.get(one.outbox_id) is not None and rows[one.outbox_id]["address"].partition(":")[2] != one.to:
            findings.wrong.append(f"reply {one.outbox_id} was sent to somebody else")
    findings.none_of(
        "person whose replies were first sent in another order",
        (list(order) for order in first.values() if list(order) != sorted(order)),
    )


def _message_id(row: Any) -> str:
    raw = orjson.loads(row["raw"])
    return str(raw["form"]["MessageSid"] if row["provider"] == "twilio" else raw["message"]["id"])
