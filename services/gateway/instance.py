"""This process among its equals: its id, its heartbeat, and what becomes of the work of one whose heart stopped.

A lease names an instance and an epoch. Heartbeats are on the database's own clock. A reaper (any instance whose own
heart has beaten without a gap for a whole lease) takes the work of a dead one away: it raises the epochs, so that a
paused process that wakes up changes nothing, and marks what was claimed to be rerun alone.
"""

import asyncio
import time

from chassis import errors, logs
from chassis.database import Database, Session, Statement
from chassis.telemetry import Telemetry

log = logs.get(__name__)

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_REGISTER = Statement(
    "gateway.instance_register", "INSERT INTO gateway.instance (name) VALUES ($1) RETURNING instance_id"
)

_BEAT = Statement(
    "gateway.instance_beat",
    "UPDATE gateway.instance SET heartbeat_at = clock_timestamp() WHERE instance_id = $1",
)

_LEAVE = Statement("gateway.instance_leave", "DELETE FROM gateway.instance WHERE instance_id = $1")

# Dead: silent for a whole lease, or holding something under an id that is gone (it took a lease after it was reaped).
_FIND_DEAD = Statement(
    "gateway.instance_find_dead",
    """
    SELECT instance_id FROM gateway.instance
    WHERE heartbeat_at < clock_timestamp() - make_interval(secs => $1) AND instance_id <> $2
    UNION
    SELECT held.instance_id
    FROM (
        SELECT DISTINCT instance_id FROM gateway.conversation WHERE instance_id IS NOT NULL
        UNION
        SELECT DISTINCT instance_id FROM gateway.lane WHERE instance_id IS NOT NULL
    ) AS held
    WHERE held.instance_id <> $2
      AND NOT EXISTS (SELECT FROM gateway.instance WHERE instance.instance_id = held.instance_id)
    """,
)

_REAP_LOCK = Statement("gateway.instance_reap_lock", "SELECT pg_try_advisory_xact_lock(hashtext('gateway.reap'), $1)")

_REAP_INSTANCE = Statement(
    "gateway.instance_reap",
    """
    DELETE FROM gateway.instance
    WHERE instance_id = $1 AND heartbeat_at < clock_timestamp() - make_interval(secs => $2)
    """,
)

_IS_KNOWN = Statement("gateway.instance_is_known", "SELECT true FROM gateway.instance WHERE instance_id = $1")

_LOCK_CONVERSATIONS = Statement(
    "gateway.reap_lock_conversations",
    """
    SELECT conversation_id FROM gateway.conversation
    WHERE instance_id = $1
      AND ($2::bigint[] IS NULL OR (conversation_id, epoch) IN (SELECT * FROM unnest($2::bigint[], $3::bigint[])))
    ORDER BY conversation_id FOR UPDATE
    """,
)

# Only a death while alone counts against a message: the attempt of every other one is given back.
_FREE_PENDING = Statement(
    "gateway.reap_pending",
    """
    UPDATE gateway.pending
    SET instance_id = NULL,
        attempts = CASE WHEN alone AND $3 THEN attempts ELSE attempts - 1 END,
        alone = alone OR $3
    WHERE instance_id = $1 AND conversation_id = ANY($2::bigint[])
    """,
)

_FREE_CONVERSATIONS = Statement(
    "gateway.reap_conversations",
    """
    UPDATE gateway.conversation AS conversation
    SET instance_id = NULL, epoch = epoch + 1, due_at = chassis.now(),
        alone = EXISTS (SELECT FROM gateway.pending
                        WHERE pending.conversation_id = conversation.conversation_id AND pending.alone)
    WHERE conversation_id = ANY($1::bigint[])
    """,
)

_LOCK_LANES = Statement(
    "gateway.reap_lock_lanes",
    """
    SELECT conversation_id FROM gateway.lane
    WHERE instance_id = $1
      AND ($2::bigint[] IS NULL OR (conversation_id, epoch) IN (SELECT * FROM unnest($2::bigint[], $3::bigint[])))
    ORDER BY conversation_id FOR UPDATE
    """,
)

# What was being sent may have been accepted: it waits a moment for its status before anybody sends it again.
_FREE_OUTBOX = Statement(
    "gateway.reap_outbox",
    """
    UPDATE gateway.outbox SET state = 'unknown', reason = 'sender_died'
    WHERE conversation_id = ANY($1::bigint[]) AND state = 'sending'
    """,
)

_FREE_LANES = Statement(
    "gateway.reap_lanes",
    """
    UPDATE gateway.lane
    SET instance_id = NULL, epoch = epoch + 1, due_at = chassis.now() + make_interval(secs => $2)
    WHERE conversation_id = ANY($1::bigint[])
    """,
)


def _seconds() -> float:
    """A clock that goes on while the machine sleeps, which time.monotonic does not."""
    return time.clock_gettime(_CLOCK)


# How long the provider's status may take to settle a send whose answer was lost.
SETTLE_SECONDS = 3.0

_BEATS_PER_LEASE = 5


class Instance:
    """This process's place among the instances. `fresh` must hold before anything is leased or sent."""

    def __init__(self, database: Database, telemetry: Telemetry, *, lease_seconds: float) -> None:
        self.instance_id = 0
        self.lease_seconds = lease_seconds
        self._database = database
        self._name = telemetry.instance_id
        self._beat_at = float("-inf")
        self._since = float("inf")
        self._left = False
        self._reaped = telemetry.counter("instances_reaped", "instances whose work was taken over")

    @property
    def fresh(self) -> bool:
        """Whether nobody can have declared us dead yet: the last heartbeat is younger than most of a lease."""
        return _seconds() - self._beat_at < self.lease_seconds * 0.7

    async def run(self) -> None:
        """Beat and reap until cancelled."""
        while not self._left:
            try:
                await self._beat()
                if _seconds() - self._since > self.lease_seconds:
                    await self._reap()
            except errors.HailwireError as error:
                self._since = float("inf")
                log.warning("heartbeat failed", reason=error.reason)
            await asyncio.sleep(self.lease_seconds / _BEATS_PER_LEASE)

    async def join(self) -> None:
        """Become an instance, under a new id each time."""
        self.instance_id = await self._database.fetchval(_REGISTER, self._name)
        self._beat_at = self._since = _seconds()

    async def leave(self) -> None:
        """Say goodbye after a drain; whatever is still held is freed at once instead of after a lease."""
        self._left = True
        async with self._database.transaction() as session:
            await free(session, self.instance_id, died=False)
            await session.execute(_LEAVE, self.instance_id)
        self._beat_at = float("-inf")

    async def _beat(self) -> None:
        # The moment before asking: the heartbeat is at least as young as this.
        asked_at = _seconds()
        if self.instance_id and await self._database.execute(_BEAT, self.instance_id):
            if asked_at - self._beat_at > self.lease_seconds:
                self._since = asked_at
            self._beat_at = asked_at
            self._since = min(self._since, asked_at)
            return
        if self.instance_id:
            log.warning("declared dead by another instance; joining again", instance_id=self.instance_id)
        await self.join()

    async def _reap(self) -> None:
        for row in await self._database.fetch(_FIND_DEAD, self.lease_seconds, self.instance_id):
            dead = row["instance_id"]
            async with self._database.transaction() as session:
                if not await session.fetchval(_REAP_LOCK, dead % 2**31):
                    continue  # another instance is at it
                removed = await session.execute(_REAP_INSTANCE, dead, self.lease_seconds)
                if not removed and await session.fetchval(_IS_KNOWN, dead):
                    continue  # its heart beats again
                conversations, lanes = await free(session, dead, died=True)
            self._reaped.add(1)
            log.warning("instance reaped", dead=dead, conversations=conversations, lanes=lanes)


async def free(
    session: Session,
    instance_id: int,
    *,
    died: bool,
    conversations: dict[int, int] | None = None,
    lanes: dict[int, int] | None = None,
) -> tuple[int, int]:
    """Take everything (or just the listed conversations and lanes under those epochs) from an instance.

    Answers how many of each.
    """
    locked = [row[0] for row in await session.fetch(_LOCK_CONVERSATIONS, instance_id, *_columns(conversations))]
    if locked:
        await session.execute(_FREE_PENDING, instance_id, locked, died)
        await session.execute(_FREE_CONVERSATIONS, locked)
    held = [row[0] for row in await session.fetch(_LOCK_LANES, instance_id, *_columns(lanes))]
    if held:
        uncertain = await session.execute(_FREE_OUTBOX, held)
        await session.execute(_FREE_LANES, held, SETTLE_SECONDS if uncertain else 0.0)
    return len(locked), len(held)


def _columns(epochs: dict[int, int] | None) -> tuple[list[int] | None, list[int] | None]:
    return (None, None) if epochs is None else (list(epochs), list(epochs.values()))
