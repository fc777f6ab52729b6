"""The life of schedules beside a model: whatever passengers do and whenever somebody looks, the rules hold.

The rules alone, on a clock of the test's own: the rows and locks behind them are other tests'.
"""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chassis import errors
from services.trips.geo import Location
from services.trips.presence import Vehicle
from services.trips.recurrence import Recurrence
from services.trips.schedule import Duty, OccurrenceState, Schedule, ScheduleState, When
from services.trips.terms import MOST_SCHEDULES, ScheduleTerms
from services.trips.timetable import GivenUp, NewSchedule, Timetable

TERMS = ScheduleTerms(zone=ZoneInfo("Europe/Paris"))
START = datetime(2026, 10, 23, 12, 0, tzinfo=UTC)  # two days before winter time
PICKUP = Location(-1.95, 30.06)
OPEN = {OccurrenceState.WAITING, OccurrenceState.REMINDED, OccurrenceState.MATCHING, OccurrenceState.TRIP_MADE}
FINAL = {OccurrenceState.TRIP_MADE, OccurrenceState.MISSED, OccurrenceState.CANCELLED}

passengers = st.integers(1, 2)
whens = st.one_of(
    st.integers(-10, 3000).map(lambda minutes: timedelta(minutes=minutes)),
    st.builds(Recurrence, st.integers(0, 23), st.sampled_from([0, 30]), st.frozensets(st.integers(0, 6), min_size=1)),
)


class Rides(RuleBasedStateMachine):
    """Passengers make, move and give up; time passes; somebody looks, and finds drivers or nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.rows: dict[int, Schedule] = {}
        self.rides: dict[int, tuple[int, OccurrenceState]] = {}
        self.reminded: list[int] = []
        self.asked: list[int] = []
        self.numbers = itertools.count(1)
        self.versions: dict[int, int] = {}

    def table(self) -> Timetable:
        return Timetable(self.now, TERMS, self.rows.values(), self.numbers)

    def keep(self, table: Timetable) -> None:
        """Write as the service does: new and changed rows, and nothing else."""
        for schedule_id, ride in table.new_rides:
            assert ride.occurrence_id not in self.rides
            self.rides[ride.occurrence_id] = (schedule_id, ride.state)
        for ride in table.changed_rides:
            schedule_id, was = self.rides[ride.occurrence_id]
            assert was in OPEN
            self.rides[ride.occurrence_id] = (schedule_id, ride.state)
        for schedule in (*table.new_schedules, *table.changed_schedules):
            self.rows[schedule.schedule_id] = schedule

    def moment(self, when: timedelta | Recurrence) -> When:
        return when if isinstance(when, Recurrence) else self.now + when

    def active(self, passenger: int) -> list[Schedule]:
        return [
            one for one in self.rows.values() if one.passenger_id == passenger and one.state is ScheduleState.ACTIVE
        ]

    @rule(passenger=passengers, when=whens)
    def ask(self, passenger: int, when: timedelta | Recurrence) -> None:
        wanted, table, mine = self.moment(when), self.table(), self.active(passenger)
        try:
            made = table.create(NewSchedule(passenger, 1, PICKUP, None, wanted), next(self.numbers))
        except errors.HailwireError as refusal:
            reasons = {
                "SCHEDULE_IN_PAST": isinstance(when, timedelta) and when <= timedelta(),
                "SCHEDULE_EXISTS": any(one.when == wanted for one in mine),
                "SCHEDULES_TOO_MANY": len(mine) >= MOST_SCHEDULES,
            }
            assert reasons[refusal.reason], refusal.reason  # noqa: PT017 - or it is not refused, which is right too
            return
        assert made.occurrence.pickup_at > self.now
        self.keep(table)

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), when=whens)
    def move(self, data: st.DataObject, when: timedelta | Recurrence) -> None:
        schedule = data.draw(st.sampled_from(list(self.rows.values())))
        table = self.table()
        try:
            known = table.asked(schedule.schedule_id, schedule.passenger_id, 0)
            moved = table.change(known, table.moved(known, self.moment(when)))
        except errors.HailwireError as refusal:
            assert refusal.reason in {"SCHEDULE_CLOSED", "SCHEDULE_IN_PAST", "SCHEDULE_EXISTS"}  # noqa: PT017 - the same
            return
        assert moved.version == schedule.version + 1
        self.keep(table)
        assert self.rides[schedule.occurrence.occurrence_id][1] is OccurrenceState.CANCELLED

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), only_next=st.booleans(), old=st.booleans())
    def give_up(self, data: st.DataObject, *, only_next: bool, old: bool) -> None:
        schedule = data.draw(st.sampled_from(list(self.rows.values())))
        given = GivenUp(schedule.passenger_id, schedule.schedule_id, schedule.version + old, only_next)
        table = self.table()
        try:
            known = table.asked(given.schedule_id, given.passenger_id, given.version)
        except errors.HailwireError as refusal:
            closed = schedule.state is not ScheduleState.ACTIVE
            assert refusal.reason == ("SCHEDULE_CLOSED" if closed else "SCHEDULE_CHANGED")  # noqa: PT017 - the same
            assert closed or old
            return
        if known.recurrence and only_next:
            left = table.settle(known, OccurrenceState.CANCELLED)
            assert left.occurrence.pickup_at > known.occurrence.pickup_at
        else:
            left = table.cancel(known)
            assert left.state is ScheduleState.CANCELLED
        self.keep(table)

    @rule(by=st.one_of(st.integers(1, 40).map(lambda m: timedelta(minutes=m)), st.just(timedelta(days=2))))
    def wait(self, by: timedelta) -> None:
        self.now += by

    @rule(drivers=st.booleans())
    def look(self, *, drivers: bool) -> None:
        for schedule in list(self.rows.values()):
            table = self.table()
            ride = schedule.occurrence
            ahead = ride.pickup_at - self.now
            match ride.duty(schedule.expires_at, self.now, TERMS):
                case Duty.NOTHING:
                    continue
                case Duty.REMIND:
                    assert timedelta(minutes=15) < ahead <= timedelta(minutes=30)
                    self.reminded.append(ride.occurrence_id)
                    table.ride(schedule, ride.reminded(TERMS))
                case Duty.MATCH if drivers:
                    assert ahead <= timedelta(minutes=15)
                    assert self.now < schedule.expires_at
                    self.asked.append(ride.occurrence_id)
                    table.settle(schedule, OccurrenceState.TRIP_MADE)
                case Duty.MATCH:
                    again = self.now + TERMS.look_again_after
                    table.ride(schedule, replace(ride, state=OccurrenceState.MATCHING, due_at=again))
                case Duty.GIVE_UP:
                    assert self.now >= schedule.expires_at
                    table.settle(schedule, OccurrenceState.MISSED)
                case Duty.APOLOGIZE:
                    assert ahead < -TERMS.late_after
                    table.settle(schedule, OccurrenceState.MISSED)
            self.keep(table)

    @invariant()
    def each_thing_once(self) -> None:
        assert len(set(self.reminded)) == len(self.reminded)
        assert len(set(self.asked)) == len(self.asked)

    @invariant()
    def an_active_schedule_has_one_ride_to_come(self) -> None:
        for schedule in self.rows.values():
            own = [state for number, state in self.rides.values() if number == schedule.schedule_id]
            pending = schedule.occurrence.due_at is not None
            assert pending == (schedule.state is ScheduleState.ACTIVE)
            assert sum(state not in FINAL for state in own) == pending
            assert self.versions.get(schedule.schedule_id, 0) <= schedule.version
            self.versions[schedule.schedule_id] = schedule.version
            if schedule.recurrence and pending:
                local = schedule.occurrence.pickup_at.astimezone(TERMS.zone)
                assert local.weekday() in schedule.recurrence.weekdays

    @invariant()
    def nobody_has_too_many_or_two_alike(self) -> None:
        for passenger in (1, 2):
            mine = self.active(passenger)
            assert len(mine) <= MOST_SCHEDULES
            assert all(one.vehicle is Vehicle.MOTO for one in mine)
            whens = [one.when for one in mine]
            assert len(set(whens)) == len(whens)


def test_the_life_of_schedules() -> None:
    """Whatever passengers do, and whenever somebody looks, each thing happens once and nothing too late."""
    run_state_machine_as_test(Rides, settings=settings(max_examples=150, stateful_step_count=40, deadline=None))
