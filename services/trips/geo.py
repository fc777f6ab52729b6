"""Places on the globe: great-circle distances in metres, and Mercator's map, on which the database searches.

A search orders candidates by distance on the map and then by true distance. Mercator's scale grows with latitude but is
the same in every direction at any one place, so that the two orders differ only among near equals: over 10 km at 60
degrees the scale changes by 0.3 %. Plain degrees would be off by a factor of two there. A few more candidates than are
wanted nearly always make up for the rest, and `least_metres` tells when they do not.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from chassis import errors
from chassis.records import record

# Mean radius of the Earth in metres (IUGG).
EARTH_RADIUS = 6_371_008.8
# Mercator's map has no poles; this is within 12 m of one.
_MAX_LATITUDE = 89.9999
# A ten-thousandth of a millimetre, in degrees.
_NOTHING = 1e-12


class LocationInvalid(errors.InvalidArgument):
    """Not a place on WGS 84."""

    reason = "LOCATION_INVALID"


@record
class Location:
    """Degrees on WGS 84."""

    latitude: float
    longitude: float


class Window(NamedTuple):
    """A point on the map and the rectangle around it that may hold places within some radius; map degrees."""

    x: float
    y: float
    west: float
    south: float
    east: float
    north: float


def location(latitude: float, longitude: float) -> Location:
    """A checked place; raises LocationInvalid, also for not-a-number."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise LocationInvalid
    return Location(_storable(latitude), _storable(longitude))


def _storable(degrees: float) -> float:
    # PostgreSQL refuses to compute with the smallest numbers ("value out of range: underflow").
    return degrees if abs(degrees) > _NOTHING else 0.0


def metres(one: Location, other: Location) -> float:
    """Great-circle distance."""
    return metres_from(one)(other.latitude, other.longitude)


def metres_from(one: Location) -> Callable[[float, float], float]:
    """A function from latitude and longitude to the great-circle distance (haversine), for many places around one."""
    from_latitude, from_longitude = one.latitude, one.longitude
    cosine = math.cos(math.radians(from_latitude))
    sin, cos, radians, asin, sqrt = math.sin, math.cos, math.radians, math.asin, math.sqrt

    def distance(latitude: float, longitude: float) -> float:
        chord = (
            sin(radians(latitude - from_latitude) / 2) ** 2
            + cosine * cos(radians(latitude)) * sin(radians(longitude - from_longitude) / 2) ** 2
        )
        return 2 * EARTH_RADIUS * asin(sqrt(min(1.0, chord)))

    return distance


def northing(latitude: float) -> float:
    """Mercator's y in degrees, as the presence table computes it."""
    latitude = max(-_MAX_LATITUDE, min(_MAX_LATITUDE, latitude))
    return math.degrees(math.asinh(math.tan(math.radians(latitude))))


def windows(centre: Location, radius: float) -> list[Window]:
    """Where on the map to look for places within `radius` metres: two windows when the circle crosses 180 degrees."""
    angle = radius / EARTH_RADIUS
    south, north = centre.latitude - math.degrees(angle), centre.latitude + math.degrees(angle)
    if north >= 90 or south <= -90:
        half = 180.0  # the circle goes round a pole
    else:
        half = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(centre.latitude)))))
    # Half a metre more on each side, so that rounding loses nobody at the rim; the true distance decides.
    south, north = northing(south) - 5e-6, northing(north) + 5e-6
    half += 5e-6 / max(1e-6, math.cos(math.radians(centre.latitude)))
    centres = [centre.longitude]
    if centre.longitude + half > 180:
        centres.append(centre.longitude - 360)
    if centre.longitude - half < -180:
        centres.append(centre.longitude + 360)
    y = northing(centre.latitude)
    return [Window(x, y, x - half, south, x + half, north) for x in centres]


def least_metres(centre: Location, radius: float, on_map: float) -> float:
    """How near a place within `radius` metres may be that is so far away on the map, in map degrees."""
    furthest_from_equator = min(90.0, abs(centre.latitude) + math.degrees(radius / EARTH_RADIUS))
    return math.radians(on_map) * EARTH_RADIUS * math.cos(math.radians(furthest_from_equator))
