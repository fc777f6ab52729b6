"""The SQL of rides for later, each statement under the name that metrics and `analyze` know it by."""

from chassis.database import Statement

_SCHEDULE = """
       s.schedule_id, s.passenger_id, s.state, s.vehicle, s.latitude, s.longitude, s.to_latitude, s.to_longitude,
       s.minute_of_day, s.weekdays, s.version, s.created_at, s.updated_at,
       o.occurrence_id, o.state AS ride_state, o.pickup_at, o.due_at, o.trip_id, o.nobody_told
FROM trips.schedule s JOIN trips.occurrence o ON o.occurrence_id = s.occurrence_id
"""

SCHEDULES = Statement(
    "trips.get_schedules",
    f"SELECT {_SCHEDULE} WHERE s.schedule_id = ANY($1::bigint[])",
)

# Those of passengers who want to change something, and what they name, be it theirs or not. Nobody has many.
SCHEDULES_OF_PASSENGERS = Statement(
    "trips.schedules_of_passengers",
    f"""
SELECT {_SCHEDULE} WHERE s.passenger_id = ANY($1::bigint[]) AND s.state = 1
UNION
SELECT {_SCHEDULE} WHERE s.schedule_id = ANY($2::bigint[])
""",
)

# Trips that were made of rides which are not over, to be locked with them.
TRIPS_OF_RIDES = Statement(
    "trips.trips_of_rides",
    """
SELECT s.passenger_id, o.trip_id
FROM trips.schedule s JOIN trips.occurrence o ON o.occurrence_id = s.occurrence_id
WHERE s.passenger_id = ANY($1::bigint[]) AND s.state = 1 AND o.trip_id IS NOT NULL
""",
)

# What the time has come for, the longest overdue first, with what is needed to see which rows it concerns.
DUE_RIDES = Statement(
    "trips.due_rides",
    f"""
SELECT {_SCHEDULE}
WHERE s.schedule_id = ANY(ARRAY(
    SELECT due.schedule_id FROM trips.occurrence due WHERE due.due_at <= (SELECT chassis.now())
    ORDER BY due.due_at LIMIT $1))
ORDER BY o.due_at
""",  # noqa: S608
)

NEW_SCHEDULE_IDS = Statement(
    "trips.new_schedule_ids",
    """
SELECT ARRAY(SELECT nextval('trips.schedule_id') FROM generate_series(1, $1)) AS schedule_ids,
       ARRAY(SELECT nextval('trips.occurrence_id') FROM generate_series(1, $2)) AS occurrence_ids
""",
)

INSERT_SCHEDULES = Statement(
    "trips.insert_schedules",
    """
INSERT INTO trips.schedule
       (schedule_id, passenger_id, state, vehicle, latitude, longitude, to_latitude, to_longitude, minute_of_day,
        weekdays, occurrence_id, version, created_at, updated_at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::float8[], $6::float8[],
                     $7::float8[], $8::float8[], $9::smallint[], $10::smallint[], $11::bigint[], $12::bigint[],
                     $13::timestamptz[], $14::timestamptz[])
""",
)

UPDATE_SCHEDULES = Statement(
    "trips.update_schedules",
    """
UPDATE trips.schedule s
SET state = new.state, minute_of_day = new.minute_of_day, weekdays = new.weekdays, occurrence_id = new.occurrence_id,
    version = new.version, updated_at = new.updated_at
FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::bigint[], $6::bigint[],
            $7::timestamptz[])
     AS new (schedule_id, state, minute_of_day, weekdays, occurrence_id, version, updated_at)
WHERE s.schedule_id = new.schedule_id
""",
)

INSERT_OCCURRENCES = Statement(
    "trips.insert_occurrences",
    """
INSERT INTO trips.occurrence (schedule_id, occurrence_id, state, pickup_at, due_at, trip_id, nobody_told)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::timestamptz[], $5::timestamptz[], $6::bigint[],
                     $7::boolean[])
""",
)

UPDATE_OCCURRENCES = Statement(
    "trips.update_occurrences",
    """
UPDATE trips.occurrence o
SET state = new.state, due_at = new.due_at, trip_id = new.trip_id, nobody_told = new.nobody_told
FROM unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::bigint[], $5::boolean[])
     AS new (occurrence_id, state, due_at, trip_id, nobody_told)
WHERE o.occurrence_id = new.occurrence_id
""",
)

# When two people become one: of rides for the same times the survivor's stays, unless drivers are asked already.
DROP_TWINS = Statement(
    "trips.drop_twin_schedules",
    """
WITH twin AS (
    UPDATE trips.schedule s SET state = 2, version = s.version + 1, updated_at = chassis.now()
    FROM unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id), trips.occurrence mine
    WHERE s.passenger_id = merged.from_id AND s.state = 1
      AND mine.occurrence_id = s.occurrence_id AND mine.trip_id IS NULL
      AND EXISTS (SELECT FROM trips.schedule kept JOIN trips.occurrence its ON its.occurrence_id = kept.occurrence_id
                  WHERE kept.passenger_id = merged.to_id AND kept.state = 1 AND its.pickup_at = mine.pickup_at
                    AND (kept.minute_of_day, kept.weekdays) IS NOT DISTINCT FROM (s.minute_of_day, s.weekdays))
    RETURNING s.occurrence_id
)
UPDATE trips.occurrence o SET state = 6, due_at = NULL
WHERE o.occurrence_id = ANY(ARRAY(SELECT occurrence_id FROM twin))
""",
)
MOVE_SCHEDULES = Statement(
    "trips.move_schedules",
    """
UPDATE trips.schedule s SET passenger_id = merged.to_id
FROM unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id)
WHERE s.passenger_id = merged.from_id
""",
)
