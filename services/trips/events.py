"""Events as rows: handed to one taker per recipient at a time, and gone when they are acknowledged."""

import datetime
from collections.abc import Sequence

from chassis.database import Database, Statement
from hailwire.trips.v1 import events_pb2 as pb
from services.trips import messages

# One statement, so that a taker that is paused holds no locks. It finds the oldest events of recipients whom nobody
# else serves (the taker's own are for it to have again: it may have missed our answer) and locks and leases their
# mailboxes, which a concurrent taker sees when it gets there, whatever it saw before. Then it takes the oldest of those
# recipients' events: never a later one without the earlier ones. What was acknowledged or given to another recipient
# since the statement began is not taken, and a mailbox of which nothing was taken is not leased. Arrays instead of
# joins keep the planner on the indexes.
TAKE = Statement(
    "trips.take_events",
    """
WITH clock AS MATERIALIZED (SELECT chassis.now() AS now),
oldest AS MATERIALIZED (
    SELECT e.recipient_id
    FROM trips.event e JOIN trips.mailbox m USING (recipient_id)
    WHERE m.taken_until IS NULL OR m.taken_until <= (SELECT now FROM clock) OR m.taker = $1
    ORDER BY e.event_id LIMIT $2
), free AS MATERIALIZED (
    SELECT m.recipient_id FROM trips.mailbox m
    WHERE m.recipient_id = ANY(ARRAY(SELECT recipient_id FROM oldest))
      AND (m.taken_until IS NULL OR m.taken_until <= (SELECT now FROM clock) OR m.taker = $1)
    ORDER BY m.recipient_id
    FOR NO KEY UPDATE SKIP LOCKED
), chosen AS MATERIALIZED (
    SELECT e.event_id, e.recipient_id FROM trips.event e
    WHERE e.recipient_id = ANY(ARRAY(SELECT recipient_id FROM free))
    ORDER BY e.event_id LIMIT $2
), taken AS (
    UPDATE trips.event e SET taken_until = (SELECT now FROM clock) + $3::interval
    WHERE e.event_id = ANY(ARRAY(SELECT event_id FROM chosen))
      AND e.recipient_id = ANY(ARRAY(SELECT recipient_id FROM free))
    RETURNING e.event_id, e.recipient_id, e.payload
), leased AS (
    UPDATE trips.mailbox m SET taker = $1, taken_until = (SELECT now FROM clock) + $3::interval
    WHERE m.recipient_id = ANY(ARRAY(SELECT recipient_id FROM taken))
)
SELECT event_id, recipient_id, payload FROM taken
""",
)

_LOCK_MAILBOXES = Statement(
    "trips.lock_mailboxes",
    """
SELECT recipient_id FROM trips.mailbox
WHERE recipient_id IN (SELECT recipient_id FROM trips.event WHERE event_id = ANY($1::bigint[]))
ORDER BY recipient_id
FOR NO KEY UPDATE
""",
)

# Whose they were: until the mailbox was ours, a merge could give them to somebody else.
_DELETE = Statement(
    "trips.delete_events", "DELETE FROM trips.event WHERE event_id = ANY($1::bigint[]) RETURNING recipient_id"
)

# A mailbox is free again when nothing of it is with a taker; who waits for its later events is told.
RELEASE = Statement(
    "trips.release_mailboxes",
    """
WITH released AS (
    UPDATE trips.mailbox m SET taker = NULL, taken_until = NULL
    WHERE m.recipient_id = ANY($1::bigint[])
      AND NOT EXISTS (SELECT FROM trips.event e
                      WHERE e.recipient_id = m.recipient_id AND e.taken_until > chassis.now())
    RETURNING m.recipient_id
)
SELECT pg_notify('trips_event', '')
WHERE EXISTS (SELECT FROM trips.event e JOIN released USING (recipient_id))
""",
)


class EventStore:
    """The events of the database."""

    def __init__(self, database: Database, lease: datetime.timedelta) -> None:
        self._database = database
        self.lease = lease
        telemetry = database.telemetry
        self._taken = telemetry.counter("events_handed_out", "events given to takers, again after a lease included")
        self._acknowledged = telemetry.counter("events_acknowledged", "events that their taker has stored")

    async def take(self, taker_id: str, most: int) -> list[pb.Event]:
        """Up to `most` events for this taker and no other, oldest first, until acknowledged or the lease ends.

        A taker that asks again gets first what it has not acknowledged, with a new lease.
        """
        rows = await self._database.fetch(TAKE, taker_id, most, self.lease)
        taken = [messages.stored_event(row["payload"], row["event_id"], row["recipient_id"]) for row in rows]
        self._taken.add(len(taken))
        return sorted(taken, key=lambda event: event.event_id)

    async def acknowledge(self, event_ids: Sequence[int]) -> None:
        """These events are stored where they belong."""
        if not event_ids:
            return
        async with self._database.transaction() as session:
            locked = await session.fetch(_LOCK_MAILBOXES, list(event_ids))
            if not locked:
                return
            deleted = [row["recipient_id"] for row in await session.fetch(_DELETE, list(event_ids))]
            await session.fetch(RELEASE, sorted({*deleted, *(row["recipient_id"] for row in locked)}))
        self._acknowledged.add(len(deleted))
