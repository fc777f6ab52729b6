"""Batches of relayed messages inside one transaction: an event for the other side of each trip."""

from collections.abc import Sequence
from typing import TypeVar

from chassis import errors
from chassis.database import Database, Statement
from hailwire.trips.v1 import relay_pb2 as pb
from services.trips import messages, statements
from services.trips.attempts import Plan, TripsAttempt
from services.trips.block import BlockSide
from services.trips.exchange import ShareNumber
from services.trips.relay import RelayMessage, Said, said
from services.trips.tidings import EventKind

SIDES_OF_TRIPS = Statement(
    "trips.sides_of_trips",
    "SELECT trip_id, passenger_id, driver_id FROM trips.trip WHERE trip_id = ANY($1::bigint[])",
)

# As trips.insert_events, and who said it: whoever is erased takes with them what nobody has heard yet.
INSERT_SAID = Statement(
    "trips.insert_said",
    """
WITH new AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bytea[], $4::bigint[]) WITH ORDINALITY
             AS new (recipient_id, kind, payload, sender_id, position)
), boxes AS (
    INSERT INTO trips.mailbox (recipient_id)
    SELECT DISTINCT recipient_id FROM new
    WHERE NOT EXISTS (SELECT FROM trips.mailbox known WHERE known.recipient_id = new.recipient_id)
    ORDER BY recipient_id
    ON CONFLICT DO NOTHING
)
INSERT INTO trips.event (recipient_id, kind, payload, sender_id)
SELECT recipient_id, kind, payload, sender_id FROM new ORDER BY position
""",
)

# What nobody took for so long will be told to nobody: the trip is long over. An array keeps the planner on the index.
_FORGET_SAID = Statement(
    "trips.forget_said",
    """
DELETE FROM trips.event WHERE event_id = ANY(ARRAY(
    SELECT event_id FROM trips.event
    WHERE sender_id IS NOT NULL AND created_at < chassis.now() - interval '1 day'
      AND (taken_until IS NULL OR taken_until < chassis.now())
    ORDER BY created_at LIMIT $1))
""",
)
_STEP = 1000

# Who agreed that the other side learns their number.
AGREED = Statement(
    "trips.agreed_exchanges", "SELECT trip_id, by_driver FROM trips.exchange WHERE trip_id = ANY($1::bigint[])"
)

Word = TypeVar("Word", RelayMessage, ShareNumber, BlockSide)


class BetweenSides(TripsAttempt[Word]):
    """What concerns the two sides of a trip and changes nothing of the trip itself."""

    actors = ("person_id",)

    async def plan(self, items: Sequence[Word]) -> list[Plan]:
        """The trip and both its sides: neither becomes somebody else, nor leaves, while words are on their way."""
        found = await self.session.fetch(SIDES_OF_TRIPS, [item.trip_id for item in items])
        sides = {row["trip_id"]: {row["passenger_id"], row["driver_id"]} - {None} for row in found}
        return [
            Plan(people={item.person_id} | sides.get(item.trip_id, set()), trips={item.trip_id} & sides.keys())
            for item in items
        ]

    def moved(self, items: Sequence[Word], plans: Sequence[Plan]) -> set[int]:
        """Trips that were accepted, or changed hands, between our look and our lock."""
        return {
            position
            for position, (item, plan) in enumerate(zip(items, plans, strict=True))
            if (trip := self.board.trip(item.trip_id))
            and not {trip.passenger_id, trip.driver_id} - {None} <= plan.people
        }


class Relays(BetweenSides[RelayMessage]):
    """One side of a trip writes to the other."""

    _said: list[Said]
    _known: set[int]

    async def prepare(self, items: Sequence[RelayMessage]) -> None:
        """Nothing has been said yet; the trips whose sides both agreed to know each other's number."""
        self._said = []
        agreed = [row["trip_id"] for row in await self.session.fetch(AGREED, sorted({item.trip_id for item in items}))]
        self._known = {trip_id for trip_id in agreed if agreed.count(trip_id) > 1}

    def decide_one(self, item: RelayMessage) -> pb.RelayResult:
        """That it is on its way, without the words."""
        agreed = item.trip_id in self._known
        one = said(self.board.trip(item.trip_id), item, self.board.now, self.terms.relay_after, agreed=agreed)
        self._said.append(one)
        return pb.RelayResult(
            relayed=pb.RelayedMessage(
                trip_id=item.trip_id, recipient_id=one.recipient_id, from_driver=one.from_driver, masked=one.masked
            )
        )

    def refused(self, refusal: errors.HailwireError) -> pb.RelayResult:
        """A refusal as an outcome."""
        return pb.RelayResult(error=errors.to_status(refusal))

    async def write(self) -> None:
        """The events, in the order of the batch; no trip has changed."""
        if not self._said:
            return
        await self.session.execute(
            INSERT_SAID,
            [one.recipient_id for one in self._said],
            [EventKind.RELAYED.value] * len(self._said),
            [messages.said_message(one).SerializeToString() for one in self._said],
            [one.sender_id for one in self._said],
        )
        await self.session.execute(statements.NOTIFY, ["trips_event"], [None])


async def forget(database: Database) -> int:
    """A step of what nobody will hear any more; answers how many went."""
    return await database.execute(_FORGET_SAID, _STEP)
