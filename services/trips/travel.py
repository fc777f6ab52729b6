"""How long a ride takes, roughly: for deciding how long it is worth looking for a driver."""

import datetime

from services.trips.geo import Location, metres
from services.trips.presence import Vehicle

# Streets are that much longer than the way as the crow flies.
_DETOUR = 1.3
# Through a town, stops included; km/h.
_SPEEDS = {Vehicle.MOTO: 30.0, Vehicle.CAB: 25.0, Vehicle.LIFAN: 20.0, Vehicle.TRUCK: 20.0, Vehicle.OTHER: 20.0}


def travel_time(vehicle: Vehicle, start: Location, end: Location) -> datetime.timedelta:
    """From one place to the other."""
    return datetime.timedelta(hours=metres(start, end) * _DETOUR / 1000 / _SPEEDS[vehicle])
