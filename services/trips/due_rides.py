"""Rides whose time has come near, in one transaction: reminders, trips, further drivers, and what cannot be any more.

Whatever is done changes the ride's row in the same transaction, under the lock of its passenger: it is done once,
whichever replica does it and whatever dies. A ride whose passenger somebody holds is passed over until the next look.
"""

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from chassis import errors
from chassis.database import Session
from chassis.records import record
from hailwire.trips.v1 import events_pb2
from hailwire.trips.v1 import schedules_pb2 as pb
from services.trips import no_shows, rows, schedule_messages, schedule_rows, schedule_statements, statements
from services.trips.attempts import Plan, TripsAttempt
from services.trips.eta import Leg
from services.trips.no_show import NoShowsTooMany
from services.trips.schedule import Duty, Occurrence, OccurrenceState, Schedule
from services.trips.schedule_changes import write_timetable
from services.trips.search import Search, nearest
from services.trips.terms import MOST_ASKED, NEAREST_ASKED, ScheduleTerms, Terms
from services.trips.tidings import EventKind
from services.trips.timetable import Timetable
from services.trips.trip import NoDriversAvailable, Trip, TripAlreadyOpen, TripState


@record
class DueRide:
    """A ride as it was found, without locks: its row is read only beside the others, lest one spoil the look."""

    passenger_id: int
    schedule_id: int
    row: Any


class DueRides(TripsAttempt[DueRide]):
    """Outcomes are ScheduleResults: what became of the ride, empty for one that was left alone."""

    actors: ClassVar[tuple[str, ...]] = ("passenger_id",)
    _found: dict[int, Schedule]
    _candidates: dict[int, Collection[int]]  # of schedules for which drivers are to be asked
    _held: set[int]
    _refused_until: dict[int, datetime.datetime]
    _timetable: Timetable
    _trip_ids: Iterator[int]
    _offer_ids: Iterator[int]

    def __init__(self, session: Session, terms: Terms, schedule_terms: ScheduleTerms) -> None:
        super().__init__(session, terms)
        self._schedule_terms = schedule_terms
        self._events: list[events_pb2.Event] = []

    async def plan(self, items: Sequence[DueRide]) -> list[Plan]:
        """The passenger, the trip if there is one, and drivers who may be asked."""
        now = await self.session.fetchval(statements.NOW)
        self._found = {item.schedule_id: schedule_rows.schedule(item.row) for item in items}
        made = {trip_id for each in self._found.values() if (trip_id := each.occurrence.trip_id)}
        trips = {trip.trip_id: trip for trip in rows.trips(await self.session.fetch(statements.TRIPS, sorted(made)))}
        asked = {
            number: before
            for number, schedule in self._found.items()
            if (before := self._already_asked(schedule, trips, now)) is not None
        }
        seeking = [self._found[number] for number in asked]
        await self.ask_for_ways(Leg(one.vehicle, one.pickup, one.destination) for one in seeking if one.destination)
        searches = [Search(one.passenger_id, one.vehicle, one.pickup, MOST_ASKED) for one in seeking]
        self._candidates = {}
        for schedule, near in zip(seeking, await nearest(self.session, searches, self.terms), strict=True):
            new = [driver.person_id for driver in near if driver.person_id not in asked[schedule.schedule_id]]
            self._candidates[schedule.schedule_id] = new[:NEAREST_ASKED]
        return [
            Plan(
                people={item.passenger_id},
                asked=set(self._candidates.get(item.schedule_id, ())),
                trips={trip_id} if (trip_id := self._found[item.schedule_id].occurrence.trip_id) else set(),
            )
            for item in items
        ]

    def _already_asked(self, schedule: Schedule, trips: Mapping[int, Trip], now: datetime.datetime) -> set[int] | None:
        """Who was asked for this ride before; None when nobody is to be asked now."""
        match schedule.occurrence.duty(schedule.expires_at, now, self._schedule_terms):
            case Duty.MATCH:
                return set()
            case Duty.LOOK:
                trip = trips.get(schedule.occurrence.trip_id or 0)
                if trip is not None and trip.state is TripState.REQUESTED:
                    return {offer.driver_id for offer in trip.offers}
        return None

    async def lock(self, items: Sequence[DueRide], *, wait: bool) -> set[int]:
        """A passenger whom somebody holds is being served: not waited for, unlike a driver who is to be asked."""
        self._held = set()
        late = await super().lock(items, wait=wait)
        return {position for position in late if self._survivor(items[position]) in self._held}

    async def _lock_people(self, plans: Sequence[Plan], *, wait: bool) -> set[tuple[str, int]]:
        locked = await super()._lock_people(plans, wait=wait)
        self._held = {person_id for _, person_id in locked}
        return locked

    def _survivor(self, item: DueRide) -> int:
        return self._survivors.get(item.passenger_id, item.passenger_id)

    async def prepare(self, items: Sequence[DueRide]) -> None:
        """The rides as they are under our locks, and ids for whatever comes of them."""
        held = [item for item in items if item.passenger_id in self._held]
        now = await self.session.fetchval(statements.NOW)
        numbers = [item.schedule_id for item in held]
        found = await self.session.fetch(schedule_statements.SCHEDULES, numbers)
        offers = sum(len(self._candidates.get(number, ())) for number in numbers)
        ids = await self.session.fetchrow(statements.NEW_IDS, len(held), offers)
        later = await self.session.fetchrow(schedule_statements.NEW_SCHEDULE_IDS, 0, len(held))
        self._trip_ids, self._offer_ids = (
            (iter(ids["trip_ids"]), iter(ids["offer_ids"])) if ids else (iter(()), iter(()))
        )
        passengers = {item.passenger_id for item in held}
        self._refused_until = await no_shows.refused(self.session, passengers, self.terms, now)
        known = [schedule_rows.schedule(row) for row in found]
        self._timetable = Timetable(now, self._schedule_terms, known, iter(later["occurrence_ids"] if later else ()))

    def decide_one(self, item: DueRide) -> pb.ScheduleResult:
        """What became of the ride; nothing when it is no longer due, or was never ours."""
        schedule = self._timetable.schedule(item.schedule_id)
        if schedule is None or schedule.passenger_id != item.passenger_id:
            return pb.ScheduleResult()
        ride, was = schedule.occurrence, self._found[item.schedule_id].occurrence
        if (ride.occurrence_id, ride.trip_id) != (was.occurrence_id, was.trip_id):
            return pb.ScheduleResult()
        match ride.duty(schedule.expires_at, self._timetable.now, self._schedule_terms):
            case Duty.REMIND:
                done = self._remind(schedule)
            case Duty.MATCH if item.schedule_id in self._candidates:
                done = self._match(schedule)
            case Duty.LOOK:
                done = self._look(schedule)
            case Duty.GIVE_UP:
                done = self._settle(schedule, OccurrenceState.MISSED, EventKind.SCHEDULE_MISSED)
            case Duty.APOLOGIZE:
                done = self._settle(schedule, OccurrenceState.MISSED, EventKind.SCHEDULE_LATE)
            case _:  # somebody was quicker, or it is time for drivers only since our look
                return pb.ScheduleResult()
        return schedule_messages.schedule_result(done)

    def _remind(self, schedule: Schedule) -> Schedule:
        quiet = self.board.quiet_hours(schedule.passenger_id)
        later = schedule.occurrence.put_off(quiet, self._timetable.now, self._schedule_terms)
        if later is not None:
            return self._timetable.ride(schedule, later)
        done = self._timetable.ride(schedule, schedule.occurrence.reminded(self._schedule_terms))
        self._tell(EventKind.SCHEDULE_REMINDER, done)
        return done

    def _match(self, schedule: Schedule) -> Schedule:
        candidates = self._candidates.get(schedule.schedule_id, ())
        until = self._refused_until.get(schedule.passenger_id)
        try:
            trip = self.board.create(schedule.wish, candidates, self._trip_ids, self._offer_ids, refused_until=until)
        except TripAlreadyOpen:
            return self._settle(schedule, OccurrenceState.MISSED, EventKind.SCHEDULE_BUSY)
        except NoShowsTooMany:
            return self._settle(schedule, OccurrenceState.MISSED, EventKind.SCHEDULE_REFUSED)
        except NoDriversAvailable:
            return self._nobody(schedule, schedule.expires_at)
        made = replace(schedule.occurrence, state=OccurrenceState.TRIP_MADE, trip_id=trip.trip_id)
        return self._again(schedule, made, trip.expires_at)

    def _look(self, schedule: Schedule) -> Schedule:
        """Ask further drivers while nobody is being asked, until the trip has a driver or an end."""
        ride = schedule.occurrence
        trip = self.board.trip(ride.trip_id or 0)
        if trip is None or trip.state not in {TripState.REQUESTED, TripState.OFFERED}:
            missed = trip is not None and trip.state is TripState.EXPIRED  # of which its own event tells
            return self._settle(schedule, OccurrenceState.MISSED if missed else OccurrenceState.TRIP_MADE)
        if trip.state is TripState.OFFERED:
            return self._again(schedule, ride, trip.expires_at)
        try:
            self.board.ask_further(trip.trip_id, self._candidates.get(schedule.schedule_id, ()), self._offer_ids)
        except NoDriversAvailable:
            return self._nobody(schedule, trip.expires_at)
        return self._again(schedule, replace(ride, state=OccurrenceState.TRIP_MADE), trip.expires_at)

    def _nobody(self, schedule: Schedule, until: datetime.datetime) -> Schedule:
        """Nobody is free: the passenger hears of it once, and we look again."""
        first = not schedule.occurrence.nobody_told
        waiting = replace(schedule.occurrence, state=OccurrenceState.MATCHING, nobody_told=True)
        done = self._again(schedule, waiting, until)
        if first:
            self._tell(EventKind.SCHEDULE_NOBODY_YET, done)
        return done

    def _again(self, schedule: Schedule, ride: Occurrence, until: datetime.datetime) -> Schedule:
        """Look again in a while, and in any case when its time is over."""
        now, pause = self._timetable.now, self._schedule_terms.look_again_after
        # A trip whose time is over may not be closed yet: that is another loop's work, and no reason to spin.
        due_at = min(now + pause, until) if until > now else now + pause
        return self._timetable.ride(schedule, replace(ride, due_at=due_at))

    def _settle(self, schedule: Schedule, state: OccurrenceState, kind: EventKind | None = None) -> Schedule:
        settled = self._timetable.settle(schedule, state)
        done = replace(settled, occurrence=schedule.occurrence.settled(state))
        if kind is not None:
            self._tell(kind, done)
        return done

    def _tell(self, kind: EventKind, schedule: Schedule) -> None:
        event = schedule_messages.event_message(kind, schedule)
        if kind is EventKind.SCHEDULE_REFUSED:
            event.refused_until.FromDatetime(self._refused_until[schedule.passenger_id])
        self._events.append(event)

    def refused(self, refusal: errors.HailwireError) -> pb.ScheduleResult:
        """A ride that cannot be served is left as it is."""
        return schedule_messages.schedule_result(refusal)

    async def write(self) -> None:
        """Trips and offers, then rides with what their passengers must hear."""
        await super().write()
        await write_timetable(self.session, self._timetable, self._events)
