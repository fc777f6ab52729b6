"""Rides for later in a town in memory, as far as conversations see them; time passes by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from chassis.errors import InvalidArgument, NotFound, Refused
from hailwire.trips.v1 import events_pb2, schedules_pb2, trips_pb2
from services.gateway.conversations.moments import Every, When, time_of
from services.trips.recurrence import Recurrence

if TYPE_CHECKING:
    from tests.gateway.conversations.town import Town
else:
    Town = Any

Kept = TypeVar("Kept")
KIGALI = ZoneInfo("Africa/Kigali")


class PersonsSchedules:
    """One person's, for one message; `once` is the ledger."""

    def __init__(self, town: Town, person_id: int, once: Callable[[str, object, Callable[[], Any]], Any]) -> None:
        self.town = town
        self.me = person_id
        self._once = once

    async def create(
        self, step: str, *, vehicle: trips_pb2.Vehicle.ValueType, pickup: trips_pb2.Location, when: When
    ) -> schedules_pb2.Schedule:
        def change() -> schedules_pb2.Schedule:
            if any(time_of(one) == when for one in self._active()):
                raise Refused(reason="SCHEDULE_EXISTS")
            if len(self._active()) >= 9:
                raise Refused(reason="SCHEDULES_TOO_MANY")
            schedule = schedules_pb2.Schedule(
                schedule_id=next(self.town.ids),
                state=schedules_pb2.SCHEDULE_STATE_ACTIVE,
                passenger_id=self.me,
                vehicle=vehicle,
                pickup=pickup,
                version=1,
            )
            self._set(schedule, when)
            self.town.schedules[schedule.schedule_id] = schedule
            return schedule

        return self._kept(step, ("create", vehicle, str(pickup), when), change)

    async def change(self, step: str, schedule_id: int, *, when: When) -> schedules_pb2.Schedule:
        def change() -> schedules_pb2.Schedule:
            schedule = self._mine(schedule_id)
            self._set(schedule, when)
            schedule.version += 1
            return schedule

        return self._kept(step, ("change", schedule_id, when), change)

    async def cancel(self, step: str, schedule_id: int) -> schedules_pb2.Schedule:
        def change() -> schedules_pb2.Schedule:
            schedule = self._mine(schedule_id)
            schedule.state = schedules_pb2.SCHEDULE_STATE_CANCELLED
            return schedule

        return self._kept(step, ("cancel", schedule_id), change)

    async def skip(self, step: str, schedule_id: int, version: int) -> schedules_pb2.Schedule:
        def change() -> schedules_pb2.Schedule:
            schedule = self._mine(schedule_id)
            if schedule.version != version:
                raise Refused(reason="SCHEDULE_CHANGED")
            self._set(schedule, time_of(schedule), after=schedule.occurrence.pickup_time.ToDatetime(tzinfo=UTC))
            schedule.version += 1
            return schedule

        return self._kept(step, ("skip", schedule_id, version), change)

    async def active(self) -> list[schedules_pb2.Schedule]:
        return sorted(self._active(), key=lambda one: one.occurrence.pickup_time.ToMicroseconds())

    def _active(self) -> list[schedules_pb2.Schedule]:
        return [
            one
            for one in self.town.schedules.values()
            if one.passenger_id == self.me and one.state == schedules_pb2.SCHEDULE_STATE_ACTIVE
        ]

    def _mine(self, schedule_id: int) -> schedules_pb2.Schedule:
        schedule = self.town.schedules.get(schedule_id)
        if schedule is None or schedule.passenger_id != self.me:
            raise NotFound(reason="SCHEDULE_NOT_FOUND")
        if schedule.state != schedules_pb2.SCHEDULE_STATE_ACTIVE:
            raise Refused(reason="SCHEDULE_CLOSED")
        return schedule

    def _set(self, schedule: schedules_pb2.Schedule, when: When, after: datetime | None = None) -> None:
        schedule.ClearField("recurrence")
        if isinstance(when, Every):
            schedule.recurrence.hours, schedule.recurrence.minutes = when.hours, when.minutes
            schedule.recurrence.weekdays.extend(day + 1 for day in sorted(when.weekdays))  # type: ignore[misc]
            when = Recurrence(when.hours, when.minutes, when.weekdays).after(after or self.town.now, KIGALI)
        elif when <= self.town.now:
            raise InvalidArgument(reason="SCHEDULE_IN_PAST")
        schedule.occurrence.pickup_time.FromDatetime(when)
        schedule.occurrence.expire_time.FromDatetime(when + timedelta(minutes=30))

    def _kept(self, step: str, fingerprint: object, change: Callable[[], Kept]) -> Kept:
        kept: Kept = self._once(step, fingerprint, change)
        return kept


async def tell(town: Town, kind: events_pb2.EventKind.ValueType, schedule: schedules_pb2.Schedule) -> None:
    """Its passenger hears of it."""
    event = events_pb2.Event(event_id=next(town.ids), kind=kind, recipient_id=schedule.passenger_id, schedule=schedule)
    event.create_time.FromDatetime(town.now)
    await town.phones[schedule.passenger_id].hear(event)
