"""Looks at the drivers around the pickups of new trips: whom to ask, and whom not and why, in one walk of the index."""

from collections.abc import Sequence
from dataclasses import field

from chassis.database import Session, Statement
from chassis.records import record
from services.trips import search
from services.trips.geo import Location, metres_from, windows
from services.trips.match import Candidate, Reason, nearest_first
from services.trips.search import Search
from services.trips.terms import Terms

# So many of the nearest are looked at: nearly always more than can be asked, and few enough to be kept.
LOOKED_AT = 30

# As NEAREST_DRIVERS, except that it tells who is stale, quiet or waits for a ride of their own instead of passing them
# over.
AROUND_PICKUPS = Statement(
    "trips.drivers_around",
    """
WITH clock AS MATERIALIZED (
    SELECT now, extract(hour FROM now AT TIME ZONE $12::text)::int * 60
                + extract(minute FROM now AT TIME ZONE $12::text)::int AS minute
    FROM (SELECT chassis.now() AS now) AS read
)
SELECT w.search, near.person_id, near.latitude, near.longitude, near.riding, near.quiet,
       near.located_at >= clock.now - $11::interval AS fresh,
       extract(epoch FROM clock.now - near.located_at)::float8 AS age_seconds
FROM clock,
     unnest($1::int[], $2::bigint[], $3::smallint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
            $8::float8[], $9::float8[], $10::int[])
     AS w (search, asker_id, vehicle, x, y, west, south, east, north, candidates)
LEFT JOIN trips.merged m ON m.from_id = w.asker_id
CROSS JOIN LATERAL (
    SELECT p.person_id, p.latitude, p.longitude, p.located_at,
           coalesce((clock.minute - p.quiet_from + 1440) % 1440 < (p.quiet_to - p.quiet_from + 1440) % 1440, false)
           AS quiet,
           EXISTS (SELECT FROM trips.trip t
                   WHERE t.passenger_id = p.person_id AND t.state IN (1, 2, 3, 4, 5)) AS riding
    FROM trips.presence p
    WHERE p.online AND p.trip_id IS NULL AND p.vehicle = w.vehicle
      AND p.place <@ box(point(w.west, w.south), point(w.east, w.north))
      AND p.person_id <> coalesce(m.to_id, w.asker_id)
      AND NOT coalesce((SELECT true FROM trips.block b
                        WHERE b.blocker_id = coalesce(m.to_id, w.asker_id) AND b.blocked_id = p.person_id), false)
      AND NOT coalesce((SELECT true FROM trips.block b
                        WHERE b.blocker_id = p.person_id AND b.blocked_id = coalesce(m.to_id, w.asker_id)), false)
    ORDER BY p.place <-> point(w.x, w.y)
    LIMIT w.candidates
) AS near
""",
    example=(
        "{0}",
        "{0}",
        "{1}",
        *(f"{{{edge}}}" for edge in windows(Location(-1.95, 30.06), 10_000)[0]),
        "{30}",
        "1h",
        "Africa/Kigali",
    ),
)


@record
class Around:
    """Who could be asked, nearest first; and the others, with why not."""

    available: list[int] = field(default_factory=list)
    passed_over: list[Candidate] = field(default_factory=list)


async def around(session: Session, searches: Sequence[Search], terms: Terms) -> list[Around]:
    """For each search whom to ask, at most as many as it says, and who else was looked at."""
    if not searches:
        return []
    looks = [
        (number, one.person_id, one.vehicle.value, *window, LOOKED_AT)
        for number, one in enumerate(searches)
        for window in windows(one.pickup, terms.radius_meters)
    ]
    arrays = map(list, zip(*looks, strict=True))
    rows = await session.fetch(AROUND_PICKUPS, *arrays, terms.location_fresh, terms.zone.key)
    away = [metres_from(one.pickup) for one in searches]
    found: list[dict[int, Candidate]] = [{} for _ in searches]
    seen = [0] * len(searches)
    for row in rows:
        number = row["search"]
        seen[number] += 1
        meters = away[number](row["latitude"], row["longitude"])
        if row["riding"]:
            reason = Reason.BUSY
        elif row["quiet"]:
            reason = Reason.QUIET
        elif not row["fresh"]:
            reason = Reason.STALE
        else:
            reason = Reason.OFFERED if meters <= terms.radius_meters else Reason.TOO_FAR
        found[number][row["person_id"]] = Candidate(row["person_id"], reason, meters, max(0.0, row["age_seconds"]))
    sorted_out = [_sorted_out(one, drivers) for one, drivers in zip(searches, found, strict=True)]
    # Where thirty others are in front, the walk goes on past them as searches do.
    short = [
        number
        for number, (one, those) in enumerate(zip(searches, sorted_out, strict=True))
        if len(those.available) < one.limit and seen[number] >= LOOKED_AT
    ]
    further = await search.nearest(session, [searches[number] for number in short], terms)
    for number, drivers in zip(short, further, strict=True):
        sorted_out[number] = Around([driver.person_id for driver in drivers], sorted_out[number].passed_over)
    return sorted_out


def _sorted_out(one: Search, drivers: dict[int, Candidate]) -> Around:
    everyone = nearest_first(drivers.values())
    available = [driver for driver in everyone if driver.reason is Reason.OFFERED]
    others = [driver for driver in everyone if driver.reason is not Reason.OFFERED]
    beyond = [driver.because(Reason.NOT_AMONG_NEAREST) for driver in available[one.limit :]]
    return Around([driver.person_id for driver in available[: one.limit]], [*others, *beyond])
