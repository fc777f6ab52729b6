"""Events of this service as rows: written with the change that causes them, gone when they are acknowledged."""

import datetime
from collections.abc import Sequence
from typing import Any

from chassis.database import Database, Session, Statement
from hailwire.trips.v1 import events_pb2 as pb

# Takers renew it by asking again; one that died is waited for so long.
_LEASE = datetime.timedelta(seconds=30)

_WRITE = Statement(
    "profile.insert_events",
    """
WITH new AS (
    INSERT INTO profile.event (recipient_id, payload)
    SELECT recipient_id, payload
    FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS new (recipient_id, payload, position)
    ORDER BY position
    RETURNING event_id
)
SELECT pg_notify('profile_event', '') WHERE EXISTS (SELECT FROM new)
""",
)

# Takers go one after the other: they are as few as gateways are, and none takes longer than milliseconds.
_ONE_TAKER = Statement("profile.lock_events", "SELECT pg_advisory_xact_lock(hashtext('profile.event'))")

# The oldest events of recipients of whom no other taker has any; the taker's own are for it to have again.
_TAKE = Statement(
    "profile.take_events",
    """
WITH clock AS MATERIALIZED (SELECT chassis.now() AS now),
chosen AS MATERIALIZED (
    SELECT e.event_id FROM profile.event e
    WHERE NOT EXISTS (SELECT FROM profile.event held
                      WHERE held.recipient_id = e.recipient_id AND held.taker IS NOT NULL AND held.taker <> $1
                        AND held.taken_until > (SELECT now FROM clock))
    ORDER BY e.event_id LIMIT $2
)
UPDATE profile.event e SET taker = $1, taken_until = (SELECT now FROM clock) + $3::interval
WHERE e.event_id = ANY(ARRAY(SELECT event_id FROM chosen))
RETURNING e.event_id, e.recipient_id, e.payload
""",
)

# Those who wait may have been kept waiting by these.
_ACKNOWLEDGE = Statement(
    "profile.delete_events",
    """
WITH gone AS (DELETE FROM profile.event WHERE event_id = ANY($1::bigint[]) RETURNING event_id)
SELECT count(*), CASE WHEN count(*) > 0 THEN pg_notify('profile_event', '') END FROM gone
""",
)

BACKLOG = Statement(
    "profile.backlog",
    """
    SELECT 'profile events' AS queue, count(*) AS items,
           extract(epoch FROM chassis.now() - min(created_at)) AS oldest_seconds
    FROM profile.event
    """,
    scans="what waits is few, and counted",
)


async def write(session: Session, events: Sequence[pb.Event]) -> None:
    """Write events in the transaction that `session` is in; none cost nothing."""
    if events:
        await session.fetch(
            _WRITE, [event.recipient_id for event in events], [event.SerializeToString() for event in events]
        )


class ProfileEvents:
    """The events of the database."""

    lease = _LEASE

    def __init__(self, database: Database) -> None:
        self._database = database
        telemetry = database.telemetry
        self._taken = telemetry.counter("events_handed_out", "events given to takers, again after a lease included")
        self._acknowledged = telemetry.counter("events_acknowledged", "events that their taker has stored")

    async def take(self, taker_id: str, most: int) -> list[pb.Event]:
        """Up to `most` events for this taker and no other, oldest first, until acknowledged or the lease ends."""
        async with self._database.transaction() as session:
            await session.fetch(_ONE_TAKER)
            rows = await session.fetch(_TAKE, taker_id, most, self.lease)
        self._taken.add(len(rows))
        return [_event(row) for row in sorted(rows, key=lambda row: row["event_id"])]

    async def acknowledge(self, event_ids: Sequence[int]) -> None:
        """These events are stored where they belong."""
        if event_ids:
            self._acknowledged.add(await self._database.fetchval(_ACKNOWLEDGE, list(event_ids)))


def _event(row: Any) -> pb.Event:
    event = pb.Event.FromString(row["payload"])
    event.event_id, event.recipient_id = row["event_id"], row["recipient_id"]
    return event
