"""Finds the nearest available drivers, many searches in one statement."""

import math
from collections.abc import Callable, Sequence

from chassis.database import Database, Session, Statement
from chassis.records import record
from services.trips.geo import Location, least_metres, metres_from, windows
from services.trips.presence import Vehicle
from services.trips.rating import average
from services.trips.terms import Terms

# Drivers nearest on the map, in the rectangle around the circle: the index gives them in this order and stops. Who is
# stale, or waits for a ride of their own, is passed over on the way; so is whoever a block keeps apart from the asker,
# with one look at a key for each way round (written so that it stays one: a join would cost the index's order). Whose
# quiet hours it is stands in the row: fewer minutes have passed since they began than they have.
NEAREST_DRIVERS = Statement(
    "trips.nearest_drivers",
    """
WITH clock AS MATERIALIZED (
    SELECT now, extract(hour FROM now AT TIME ZONE $12::text)::int * 60
                + extract(minute FROM now AT TIME ZONE $12::text)::int AS minute
    FROM (SELECT chassis.now() AS now) AS read
)
SELECT w.search, near.person_id, near.latitude, near.longitude, near.stars, near.ratings,
       extract(epoch FROM clock.now - near.located_at)::float8 AS age_seconds, near.away
FROM clock,
     unnest($1::int[], $2::bigint[], $3::smallint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
            $8::float8[], $9::float8[], $10::int[])
     AS w (search, asker_id, vehicle, x, y, west, south, east, north, candidates)
LEFT JOIN trips.merged m ON m.from_id = w.asker_id
CROSS JOIN LATERAL (
    SELECT p.person_id, p.latitude, p.longitude, p.located_at, p.stars, p.ratings, p.place <-> point(w.x, w.y) AS away
    FROM trips.presence p
    WHERE p.online AND p.trip_id IS NULL AND p.vehicle = w.vehicle
      AND p.place <@ box(point(w.west, w.south), point(w.east, w.north))
      AND p.located_at >= clock.now - $11::interval
      AND coalesce((clock.minute - p.quiet_from + 1440) % 1440 >= (p.quiet_to - p.quiet_from + 1440) % 1440, true)
      AND p.person_id <> coalesce(m.to_id, w.asker_id)
      AND NOT coalesce((SELECT true FROM trips.block b
                        WHERE b.blocker_id = coalesce(m.to_id, w.asker_id) AND b.blocked_id = p.person_id), false)
      AND NOT coalesce((SELECT true FROM trips.block b
                        WHERE b.blocker_id = p.person_id AND b.blocked_id = coalesce(m.to_id, w.asker_id)), false)
      AND NOT EXISTS (SELECT FROM trips.trip t WHERE t.passenger_id = p.person_id AND t.state IN (1, 2, 3, 4, 5))
    ORDER BY p.place <-> point(w.x, w.y)
    LIMIT w.candidates
) AS near
""",
    # Nine motos around Kigali.
    example=(
        "{0}",
        "{0}",
        "{1}",
        *(f"{{{edge}}}" for edge in windows(Location(-1.95, 30.06), 10_000)[0]),
        "{12}",
        "1h",
        "Africa/Kigali",
    ),
)


@record
class Search:
    """Who asks for what from where, and how many at most."""

    person_id: int
    vehicle: Vehicle
    pickup: Location
    limit: int


@record
class Nearby:
    """An available driver: great-circle metres to the pickup, seconds since the driver was there, average stars."""

    person_id: int
    distance_meters: float
    location_age_seconds: float
    rating: float = 0.0


async def nearest(source: Database | Session, searches: Sequence[Search], terms: Terms) -> list[list[Nearby]]:
    """For each search whom it found, nearest first.

    Whoever is nearer by more than a metre is in front, unless dozens are nearly equally far in different directions.
    """
    if not searches:
        return []
    found = await _look(source, searches, terms, first_candidates)
    unsure = [number for number, one in enumerate(found) if not one.sure]
    if unsure:
        again = await _look(source, [searches[number] for number in unsure], terms, _second_candidates)
        for number, one in zip(unsure, again, strict=True):
            found[number] = one
    return [one.drivers for one in found]


def first_candidates(limit: int) -> int:
    """How many of the nearest on the map are looked at to find so many of the nearest on the ground; see geo.py."""
    return limit + 3


def _second_candidates(limit: int) -> int:
    """How many when somebody who is further on the map might be nearer on the ground."""
    return 4 * limit + 16


# On the map a window's last candidate may be this much nearer than it looks, and nobody would know the difference.
_NEARLY_EQUAL_METERS = 1.0

# Distance, id, seconds since the driver was there, average stars: sorted as answers are.
_Measured = tuple[float, int, float, float]


@record
class _Found:
    """Whom a search found; `sure` says that nobody who was not looked at is nearer than they."""

    drivers: list[Nearby]
    sure: bool


async def _look(
    source: Database | Session, searches: Sequence[Search], terms: Terms, candidates: Callable[[int], int]
) -> list[_Found]:
    looks = [
        (one, window) for one in range(len(searches)) for window in windows(searches[one].pickup, terms.radius_meters)
    ]
    asked = [
        (look, searches[one].person_id, searches[one].vehicle.value, *window, candidates(searches[one].limit))
        for look, (one, window) in enumerate(looks)
    ]
    rows = await source.fetch(
        NEAREST_DRIVERS, *map(list, zip(*asked, strict=True)), terms.location_fresh, terms.zone.key
    )
    # More rows than answers: what an answer needs is made of those that are one.
    away = [metres_from(search.pickup) for search in searches]
    found: list[dict[int, _Measured]] = [{} for _ in searches]
    seen = [0] * len(looks)
    last = [0.0] * len(looks)
    for look, person_id, latitude, longitude, stars, ratings, age_seconds, on_map in rows:
        one = looks[look][0]
        seen[look] += 1
        last[look] = max(last[look], on_map)
        distance = away[one](latitude, longitude)
        if distance <= terms.radius_meters:
            rating = average(stars, ratings, terms.ratings_shown_from) if ratings else 0.0
            found[one][person_id] = distance, person_id, age_seconds, rating
    unseen = [math.inf] * len(searches)  # how near somebody may be who was not looked at
    for look, (one, _) in enumerate(looks):
        if seen[look] >= candidates(searches[one].limit):
            unseen[one] = min(unseen[one], least_metres(searches[one].pickup, terms.radius_meters, last[look]))
    return [
        _found(sorted(drivers.values())[: search.limit], search.limit, terms.radius_meters, least)
        for search, drivers, least in zip(searches, found, unseen, strict=True)
    ]


def _found(measured: Sequence[_Measured], limit: int, radius: float, unseen: float) -> _Found:
    last = measured[-1][0] if len(measured) == limit else radius
    drivers = [
        Nearby(person_id, distance, max(0.0, age_seconds), rating)
        for distance, person_id, age_seconds, rating in measured
    ]
    return _Found(drivers, last - _NEARLY_EQUAL_METERS <= unseen)
