"""Finds the nearest available drivers, many searches in one statement."""

from collections.abc import Sequence

from chassis.database import Database, Session, Statement
from chassis.records import record
from services.trips.geo import Location, metres_from, windows
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
       extract(epoch FROM clock.now - near.located_at)::float8 AS age_seconds
FROM clock,
     unnest($1::int[], $2::bigint[], $3::smallint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
            $8::float8[], $9::float8[], $10::int[])
     AS w (search, asker_id, vehicle, x, y, west, south, east, north, candidates)
LEFT JOIN trips.merged m ON m.from_id = w.asker_id
CROSS JOIN LATERAL (
    SELECT p.person_id, p.latitude, p.longitude, p.located_at, p.stars, p.ratings
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
        "{26}",
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
    """For each search whom it found, nearest first."""
    if not searches:
        return []
    looks = [
        (number, search.person_id, search.vehicle.value, *window, _candidates(search.limit))
        for number, search in enumerate(searches)
        for window in windows(search.pickup, terms.radius_meters)
    ]
    arrays = map(list, zip(*looks, strict=True))
    rows = await source.fetch(NEAREST_DRIVERS, *arrays, terms.location_fresh, terms.zone.key)
    # Three times as many rows as answers: what an answer needs is made of those that are one.
    away = [metres_from(search.pickup) for search in searches]
    found: list[dict[int, tuple[float, int, float, float]]] = [{} for _ in searches]
    for number, person_id, latitude, longitude, stars, ratings, age_seconds in rows:
        distance = away[number](latitude, longitude)
        if distance <= terms.radius_meters:
            rating = average(stars, ratings, terms.ratings_shown_from) if ratings else 0.0
            found[number][person_id] = distance, person_id, age_seconds, rating
    return [
        [
            Nearby(person_id, distance, max(0.0, age_seconds), rating)
            for distance, person_id, age_seconds, rating in sorted(drivers.values())[: search.limit]
        ]
        for search, drivers in zip(searches, found, strict=True)
    ]


def _candidates(limit: int) -> int:
    """How many to look at for the order on the map to hold the nearest on the ground; see geo.py."""
    return 2 * limit + 8
