"""Takes out what the trips service knows about a person. Trips stay for the other side, with an id that names nobody.

A place is personal as long as it leads to somebody's door: rounded to a tenth of a degree it says which town it was.
"""

from collections.abc import Sequence

from google.protobuf.message import DecodeError, Message

from chassis import changes, errors
from chassis.database import Database, Statement
from chassis.ledger import Entry, Ledger
from chassis.ledger_search import LedgerSearch, field, is_exactly
from hailwire.trips.v1 import erasure_pb2 as pb
from hailwire.trips.v1 import schedules_pb2, trips_pb2
from services.trips import blocking, merge_statements, no_shows, statements
from services.trips.attempts import Plan
from services.trips.board import Erasure
from services.trips.events import RELEASE
from services.trips.terms import Terms
from services.trips.whole_people import WholePeople

# Where they got in and out, and where either side was last counted on the way.
_COARSEN = Statement(
    "trips.erase_pickups",
    """
UPDATE trips.trip
SET latitude = round(latitude::numeric, 1)::float8, longitude = round(longitude::numeric, 1)::float8,
    destination_latitude = round(destination_latitude::numeric, 1)::float8,
    destination_longitude = round(destination_longitude::numeric, 1)::float8,
    driven_latitude = NULL, driven_longitude = NULL
WHERE passenger_id = ANY($1::bigint[])
""",
)
_UNDRIVE = Statement(
    "trips.erase_driven",
    "UPDATE trips.trip SET driven_latitude = NULL, driven_longitude = NULL WHERE driver_id = ANY($1::bigint[])",
)

# Rides for later are the passenger's alone.
_SCHEDULES = Statement(
    "trips.erase_schedules",
    """
WITH gone AS (DELETE FROM trips.schedule WHERE passenger_id = ANY($1::bigint[]) RETURNING schedule_id)
DELETE FROM trips.occurrence WHERE schedule_id IN (SELECT schedule_id FROM gone)
""",
    scans="of occurrences: erasures are rare, and nobody else asks for them so",
)

# Whoever cancelled is one of the two sides.
_UNREASON = Statement(
    "trips.erase_reasons",
    """
UPDATE trips.trip SET cancel_reason = 'erased'
WHERE cancelled_by = ANY($1::bigint[]) AND (passenger_id = ANY($1::bigint[]) OR driver_id = ANY($1::bigint[]))
""",
)

_EVENTS = Statement("trips.erase_events", "DELETE FROM trips.event WHERE recipient_id = ANY($1::bigint[])")
# What they wrote to somebody who has not heard it yet; a taker that has it stores what it has.
_SAID = Statement(
    "trips.erase_said", "DELETE FROM trips.event WHERE sender_id = ANY($1::bigint[]) RETURNING recipient_id"
)

_LEDGER = Ledger("trips")
_SEARCH = LedgerSearch("trips")


class Erasures(WholePeople[Erasure]):
    """Erasures of people."""

    actors = ("person_id",)
    _given_up: dict[int, list[int]]

    async def plan(self, items: Sequence[Erasure]) -> list[Plan]:
        """As of every change of whole people."""
        self._given_up = {}
        return await super().plan(items)

    def decide_one(self, item: Erasure) -> pb.ErasePersonResponse:
        """What had to be given up."""
        given_up = self._given_up[item.person_id] = self.board.erase(item)
        return pb.ErasePersonResponse(cancelled_trip_ids=given_up)

    def refused(self, refusal: errors.HailwireError) -> Message:
        """Not kept as an outcome: the call fails."""
        raise refusal

    async def write(self) -> None:
        """First what had to be given up, then everything that leads to the person."""
        await super().write()
        people = sorted(self._given_up)
        for statement in (_COARSEN, _UNDRIVE, _UNREASON, _SCHEDULES, merge_statements.DELETE_PRESENCES):
            await self.session.execute(statement, people)
        await self.session.fetch(merge_statements.LOCK_MAILBOXES, people)
        await self.session.execute(_EVENTS, people)
        unheard = [row["recipient_id"] for row in await self.session.fetch(_SAID, people)]
        await self.session.fetch(RELEASE, sorted({*unheard} - {*people}))
        await blocking.erase(self.session, people)
        await no_shows.erase(self.session, people)
        await self.session.execute(merge_statements.NOTIFY_ANY_TRIP)
        await self.session.execute(statements.NOTIFY, ["trips_presence"] * len(people), people)


async def erase(database: Database, terms: Terms, request: changes.Request[Erasure]) -> pb.ErasePersonResponse:
    """Erase a person. Raises PersonInvalid, Conflict or InvalidArgument."""
    await database.execute(statements.ENSURE_PARTICIPANTS, [request.item.person_id])
    (outcome,) = await changes.carry_out_once(database, _LEDGER, lambda session: Erasures(session, terms), [request])
    if isinstance(outcome, errors.HailwireError):
        raise outcome
    person_id = request.item.person_id
    # After the change and again with each repeat: a process that dies in between leaves it to the next call.
    parts = [
        field(trips_pb2.Presence.PERSON_ID_FIELD_NUMBER, person_id),
        field(trips_pb2.Trip.PASSENGER_ID_FIELD_NUMBER, person_id),
        field(schedules_pb2.Schedule.PASSENGER_ID_FIELD_NUMBER, person_id),
        field(trips_pb2.Trip.CANCELLED_BY_FIELD_NUMBER, person_id),
    ]
    await _SEARCH.rewrite(database, lambda entry: _coarse(entry, person_id), parts)
    return pb.ErasePersonResponse.FromString(outcome)


def _coarse(entry: Entry, person_id: int) -> Entry | None:
    """What the ledger keeps of a change, without where the person was and what they said."""
    try:
        outcome = next(
            (
                coarse
                for kind in (_coarse_trip, _coarse_presence, _coarse_schedule)
                if (coarse := kind(entry.outcome, person_id)) is not None
            ),
            None,
        )
    except DecodeError:
        return None  # an outcome of another kind
    return None if outcome is None else Entry(entry.request_id, entry.fingerprint, outcome)


def _coarse_trip(outcome: bytes, person_id: int) -> bytes | None:
    result = trips_pb2.TripResult.FromString(outcome)
    trip = result.trip
    if not (trip.HasField("create_time") and trip.HasField("pickup") and is_exactly(result, outcome, trip)):
        return None
    if trip.passenger_id == person_id:
        _round(trip.pickup)
        _round(trip.destination)
    if trip.cancelled_by == person_id:
        trip.cancel_reason = "erased"
    return result.SerializeToString(deterministic=True)


def _coarse_presence(outcome: bytes, person_id: int) -> bytes | None:
    result = trips_pb2.PresenceResult.FromString(outcome)
    presence = result.presence
    told = presence.HasField("location_time") or presence.HasField("quiet_hours")
    if presence.person_id != person_id or not (told and is_exactly(result, outcome, presence)):
        return None
    _round(presence.location)
    presence.ClearField("quiet_hours")
    return result.SerializeToString(deterministic=True)


def _coarse_schedule(outcome: bytes, person_id: int) -> bytes | None:
    result = schedules_pb2.ScheduleResult.FromString(outcome)
    schedule = result.schedule
    if schedule.passenger_id != person_id or not (
        schedule.HasField("create_time") and is_exactly(result, outcome, schedule)
    ):
        return None
    _round(schedule.pickup)
    _round(schedule.destination)
    return result.SerializeToString(deterministic=True)


def _round(place: trips_pb2.Location) -> None:
    if not place.ByteSize():
        return  # nobody said where: reading it has not made it so
    place.latitude, place.longitude = round(place.latitude, 1), round(place.longitude, 1)
