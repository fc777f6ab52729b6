"""How far and how long a way is: asked of a Router, of which there is one that asks nobody.

A straight line on the globe, times a detour, at a speed by vehicle. On the streets of a town the way is about 1.3 times
the straight line; the speeds are those of a working day and are set by whoever runs the service (SPEED_KMH). A routing
service fits behind the same interface: it is asked before anything is locked, for all ways of a batch at once.
"""

import datetime
from collections.abc import Sequence
from typing import Protocol

from chassis.records import record
from services.trips.by_vehicle import Speeds
from services.trips.geo import Location, metres
from services.trips.presence import Vehicle

DEFAULT_SPEEDS = Speeds.from_text("moto=30 cab=25 lifan=20 truck=20 other=20")
DETOUR = 1.3


@record
class Leg:
    """From where to where, in what."""

    vehicle: Vehicle
    start: Location
    end: Location


@record
class Route:
    """Metres along the way, and how long they take."""

    meters: float
    lasts: datetime.timedelta


class Router(Protocol):
    """Whoever knows ways. Never fails: one that asks somebody else answers StraightLines' when nobody answers."""

    async def routes(self, legs: Sequence[Leg]) -> list[Route]:
        """A route for each leg, in order."""


@record
class StraightLines:
    """Haversine metres times `detour`, at a speed in km/h; nothing is waited for."""

    speeds: Speeds = DEFAULT_SPEEDS
    detour: float = DETOUR

    def route(self, leg: Leg) -> Route:
        """The way of one leg."""
        meters = metres(leg.start, leg.end) * self.detour
        return Route(meters, datetime.timedelta(seconds=meters * 3.6 / float(self.speeds[leg.vehicle])))

    async def routes(self, legs: Sequence[Leg]) -> list[Route]:
        """A route for each leg, in order."""
        return [self.route(leg) for leg in legs]
