"""Forgets where people were: places of trips become coarse, last places of drivers go, each when they are old."""

from chassis.database import Database, Statement

_STEP = 1000

# An array instead of a join: a plan made for any LIMIT would read the whole table to change a step's rows.
_TRIPS = Statement(
    "trips.retention_trips",
    """
UPDATE trips.trip
SET coarse = true, latitude = round(latitude::numeric, 1)::float8, longitude = round(longitude::numeric, 1)::float8,
    destination_latitude = round(destination_latitude::numeric, 1)::float8,
    destination_longitude = round(destination_longitude::numeric, 1)::float8,
    driven_latitude = NULL, driven_longitude = NULL
WHERE trip_id = ANY(ARRAY(
    SELECT trip_id FROM trips.trip
    WHERE state IN (6, 7, 8) AND NOT coarse AND created_at < chassis.now() - make_interval(days => $1)
    ORDER BY created_at LIMIT $2))
""",
)

# Whoever has not moved for so long is not asked anyway; online they are until they say otherwise.
_PRESENCES = Statement(
    "trips.retention_presences",
    """
UPDATE trips.presence SET latitude = NULL, longitude = NULL, located_at = NULL
WHERE person_id = ANY(ARRAY(
    SELECT person_id FROM trips.presence
    WHERE located_at < (SELECT chassis.now()) - make_interval(days => $1) LIMIT $2
    FOR UPDATE SKIP LOCKED))
""",
    scans="one row for each driver, looked through once in ten minutes: an index would cost each step of every driver",
)


async def forget_places(database: Database, days: int) -> int:
    """A step of both; answers how many places went. Caches keep theirs for their own time, minutes."""
    return await database.execute(_TRIPS, days, _STEP) + await database.execute(_PRESENCES, days, _STEP)
