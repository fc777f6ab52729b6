"""The ids of buttons about rides for later: each carries what its ride is to be, or which one it is."""

from typing import Self

from chassis.records import record
from hailwire.trips.v1 import schedules_pb2
from services.gateway.conversations import taps
from services.gateway.conversations.moments import When, word_of


@record
class Target:
    """What gets a time: a new ride from a place, or one that there is."""

    vehicle: str = ""
    spot: taps.Spot | None = None
    schedule_id: int = 0

    @classmethod
    def read(cls, text: str) -> Self:
        """`str(target)` back; raises TapUnreadable."""
        vehicle, _, rest = text.partition("~")
        if not vehicle:
            return cls(schedule_id=taps.positive(rest))
        taps.vehicle_of(vehicle)
        return cls(vehicle, taps.Spot.read(rest))

    def __str__(self) -> str:
        return f"{self.vehicle}~{self.spot}" if self.spot else f"~{self.schedule_id}"


def when(target: Target, word: str) -> str:
    """Choose a time by one of our words or as itself."""
    return f"schedule:when:{target}:{word}"


def times(target: Target) -> str:
    """Ask for the time again."""
    return f"schedule:times:{target}"


def book(target: Target, time: When) -> str:
    """Do it."""
    return f"schedule:book:{target}:{word_of(time)}"


def show(schedule: schedules_pb2.Schedule) -> str:
    """See one."""
    return f"schedule:show:{schedule.schedule_id}"


def change(schedule: schedules_pb2.Schedule) -> str:
    """Give it another time."""
    return times(Target(schedule_id=schedule.schedule_id))


def skip(schedule: schedules_pb2.Schedule) -> str:
    """Give the next ride up, and no other than the one that was seen."""
    return f"schedule:skip:{schedule.schedule_id}:{schedule.version}"


def drop(schedule: schedules_pb2.Schedule) -> str:
    """Give all of it up."""
    return f"schedule:drop:{schedule.schedule_id}"
