"""The SQL of trips and presences, each statement under the name that metrics and `analyze` know it by."""

from chassis.database import Statement

NOW = Statement("trips.now", "SELECT chassis.now()")

ENSURE_PARTICIPANTS = Statement(
    "trips.ensure_participants",
    """
INSERT INTO trips.participant (person_id)
SELECT DISTINCT person_id FROM unnest($1::bigint[]) AS wanted (person_id)
WHERE NOT EXISTS (SELECT FROM trips.participant known WHERE known.person_id = wanted.person_id)
ORDER BY person_id
ON CONFLICT DO NOTHING
""",
)

# Whoever was merged into somebody else. Holding the participant's row keeps the answer true: a merge holds both.
MERGED = Statement("trips.merged_people", "SELECT from_id, to_id FROM trips.merged WHERE from_id = ANY($1::bigint[])")

_LOCK_PARTICIPANTS = (
    "SELECT person_id AS id FROM trips.participant WHERE person_id = ANY($1::bigint[]) ORDER BY person_id "
)
LOCK_PARTICIPANTS = Statement("trips.lock_participants", _LOCK_PARTICIPANTS + "FOR NO KEY UPDATE")
LOCK_FREE_PARTICIPANTS = Statement("trips.lock_free_participants", _LOCK_PARTICIPANTS + "FOR NO KEY UPDATE SKIP LOCKED")
# Whom a trip is offered to: two trips may ask the same driver at once, but not while the driver accepts one.
SHARE_FREE_PARTICIPANTS = Statement("trips.share_free_participants", _LOCK_PARTICIPANTS + "FOR SHARE SKIP LOCKED")

_LOCK_TRIPS = (
    "SELECT trip_id AS id FROM trips.trip WHERE trip_id = ANY($1::bigint[]) ORDER BY trip_id FOR NO KEY UPDATE "
)
LOCK_TRIPS = Statement("trips.lock_trips", _LOCK_TRIPS)
LOCK_FREE_TRIPS = Statement("trips.lock_free_trips", _LOCK_TRIPS + "SKIP LOCKED")

# A row for each offer, and one for a trip without any.
_TRIP = """
       t.trip_id, t.state, t.passenger_id, t.driver_id, t.vehicle, t.latitude, t.longitude, t.created_at, t.updated_at,
       t.expires_at, t.cancelled_by, t.cancel_reason, t.destination_latitude, t.destination_longitude, t.currency,
       t.fare_estimate, t.fare, t.way_meters, t.started_at, t.ended_at, t.driven_meters, t.driven_latitude,
       t.driven_longitude, t.arrives_at, t.told_arrives_at, t.told_at, t.pickup_at,
       o.offer_id, o.driver_id AS asked_id, o.state AS offer_state, o.distance_meters, o.expires_at AS offer_expires_at
"""

TRIPS = Statement(
    "trips.get_trips",
    f"""
SELECT {_TRIP}
FROM trips.trip t LEFT JOIN trips.offer o USING (trip_id)
WHERE t.trip_id = ANY($1::bigint[])
ORDER BY t.trip_id, o.offer_id
""",  # noqa: S608
)

# The open trips of people in either role; nobody has two, except while two people become one.
_OPEN_TRIPS = """
SELECT passenger_id AS person_id, trip_id FROM trips.trip
WHERE passenger_id = ANY({people}) AND state IN (1, 2, 3, 4, 5)
UNION ALL
SELECT driver_id, trip_id FROM trips.trip
WHERE driver_id = ANY({people}) AND state IN (3, 4, 5)
"""
OPEN_TRIPS = Statement("trips.open_trips_of_people", _OPEN_TRIPS.format(people="$1::bigint[]"))

# Everyone asked for, and who they are now.
_ASKED = """
WITH asked AS MATERIALIZED (
    SELECT asked_id, coalesce(m.to_id, asked_id) AS person_id
    FROM unnest($1::bigint[]) AS asked_id LEFT JOIN trips.merged m ON m.from_id = asked_id
)
"""
_SURVIVORS = "ARRAY(SELECT person_id FROM asked)"

OPEN_TRIPS_IN_FULL = Statement(
    "trips.get_open_trips",
    f"""
{_ASKED}
SELECT asked.asked_id AS person_id, {_TRIP}
FROM ({_OPEN_TRIPS.format(people=_SURVIVORS)}) AS mine
JOIN asked USING (person_id)
JOIN trips.trip t USING (trip_id)
LEFT JOIN trips.offer o USING (trip_id)
ORDER BY t.trip_id, o.offer_id
""",  # noqa: S608
)

PRESENCES = Statement(
    "trips.get_presences",
    """
SELECT person_id, online, vehicle, latitude, longitude, located_at, trip_id, quiet_from, quiet_to
FROM trips.presence WHERE person_id = ANY($1::bigint[])
""",
)

PRESENCES_ASKED_FOR = Statement(
    "trips.find_presences",
    f"""
{_ASKED}
SELECT asked_id, person_id, online, vehicle, latitude, longitude, located_at, trip_id, quiet_from, quiet_to
FROM asked JOIN trips.presence USING (person_id)
WHERE person_id = ANY({_SURVIVORS})
""",  # noqa: S608
)

# With where the driver is who was asked, and where the passenger waits.
OFFERED_TRIPS = Statement(
    "trips.trips_of_offers",
    """
SELECT o.offer_id, t.trip_id, t.vehicle, t.latitude, t.longitude,
       p.latitude AS driver_latitude, p.longitude AS driver_longitude
FROM trips.offer o JOIN trips.trip t USING (trip_id) LEFT JOIN trips.presence p ON p.person_id = o.driver_id
WHERE o.offer_id = ANY($1::bigint[])
""",
)

# The trips that people drive at the moment.
DRIVEN_TRIPS = Statement(
    "trips.trips_of_drivers",
    """
SELECT driver_id, trip_id, state, vehicle, latitude, longitude, driven_latitude, driven_longitude
FROM trips.trip WHERE driver_id = ANY($1::bigint[]) AND state IN (3, 4, 5)
""",
)

OPEN_OFFERS = Statement(
    "trips.open_offers_of_drivers",
    "SELECT driver_id, trip_id FROM trips.offer WHERE driver_id = ANY($1::bigint[]) AND state = 1",
)

DRIVERS_OF_TRIPS = Statement(
    "trips.drivers_of_trips",
    "SELECT trip_id, driver_id FROM trips.trip WHERE trip_id = ANY($1::bigint[])",
)

DUE_TRIPS = Statement(
    "trips.due_trips",
    """
WITH clock AS MATERIALIZED (SELECT chassis.now() AS now)
(SELECT trip_id FROM trips.trip WHERE state IN (1, 2) AND expires_at <= (SELECT now FROM clock)
 ORDER BY expires_at LIMIT $1)
UNION
(SELECT trip_id FROM trips.offer WHERE state = 1 AND expires_at <= (SELECT now FROM clock)
 ORDER BY expires_at LIMIT $1)
""",
)

NEW_IDS = Statement(
    "trips.new_ids",
    """
SELECT ARRAY(SELECT nextval('trips.trip_id') FROM generate_series(1, $1)) AS trip_ids,
       ARRAY(SELECT nextval('trips.offer_id') FROM generate_series(1, $2)) AS offer_ids
""",
)

INSERT_TRIPS = Statement(
    "trips.insert_trips",
    """
INSERT INTO trips.trip
       (trip_id, state, passenger_id, vehicle, latitude, longitude, created_at, updated_at, expires_at,
        destination_latitude, destination_longitude, currency, fare_estimate, way_meters, pickup_at)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::smallint[], $5::float8[], $6::float8[],
                     $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::float8[], $11::float8[],
                     $12::text[], $13::numeric[], $14::bigint[], $15::timestamptz[])
""",
)

INSERT_OFFERS = Statement(
    "trips.insert_offers",
    """
INSERT INTO trips.offer (offer_id, trip_id, driver_id, state, distance_meters, expires_at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::float8[], $6::timestamptz[])
""",
)

UPDATE_TRIPS = Statement(
    "trips.update_trips",
    """
UPDATE trips.trip t
SET state = new.state, driver_id = new.driver_id, updated_at = new.updated_at, cancelled_by = new.cancelled_by,
    cancel_reason = new.cancel_reason, currency = new.currency, fare = new.fare,
    way_meters = new.way_meters, started_at = new.started_at, ended_at = new.ended_at,
    driven_meters = new.driven_meters, driven_latitude = new.driven_latitude,
    driven_longitude = new.driven_longitude, arrives_at = new.arrives_at, told_arrives_at = new.told_arrives_at,
    told_at = new.told_at
FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::text[], $7::text[],
            $8::numeric[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::float8[], $13::float8[],
            $14::float8[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[])
     AS new (trip_id, state, driver_id, updated_at, cancelled_by, cancel_reason, currency, fare, way_meters,
             started_at, ended_at, driven_meters, driven_latitude, driven_longitude, arrives_at, told_arrives_at,
             told_at)
WHERE t.trip_id = new.trip_id
""",
)

UPDATE_OFFERS = Statement(
    "trips.update_offers",
    """
UPDATE trips.offer o SET state = new.state
FROM unnest($1::bigint[], $2::smallint[]) AS new (offer_id, state)
WHERE o.offer_id = new.offer_id
""",
)

UPSERT_PRESENCES = Statement(
    "trips.upsert_presences",
    """
INSERT INTO trips.presence
       (person_id, online, vehicle, latitude, longitude, located_at, trip_id, quiet_from, quiet_to)
SELECT * FROM unnest($1::bigint[], $2::boolean[], $3::smallint[], $4::float8[], $5::float8[], $6::timestamptz[],
                     $7::bigint[], $8::smallint[], $9::smallint[])
ON CONFLICT (person_id) DO UPDATE
SET online = excluded.online, vehicle = excluded.vehicle, latitude = excluded.latitude,
    longitude = excluded.longitude, located_at = excluded.located_at, trip_id = excluded.trip_id,
    quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to
""",
)

INSERT_EVENTS = Statement(
    "trips.insert_events",
    """
WITH new AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bytea[]) WITH ORDINALITY
             AS new (recipient_id, kind, payload, position)
), boxes AS (
    INSERT INTO trips.mailbox (recipient_id)
    SELECT DISTINCT recipient_id FROM new
    WHERE NOT EXISTS (SELECT FROM trips.mailbox known WHERE known.recipient_id = new.recipient_id)
    ORDER BY recipient_id
    ON CONFLICT DO NOTHING
)
INSERT INTO trips.event (recipient_id, kind, payload)
SELECT recipient_id, kind, payload FROM new ORDER BY position
""",
)

# Channels with what changed: takers that wait for events look again (`trips_event`, no ids), caches of every replica
# forget trips (`trips_trip`) and the presences of people (`trips_presence`), who may be asked for under an id that they
# had before they were merged. Behind the ids stands the transaction (chassis/caching/positions.py). A payload holds at
# most 8000 bytes, an id with its comma has at most 20.
NOTIFY = Statement(
    "trips.notify",
    """
WITH changed AS MATERIALIZED (SELECT channel, id FROM unnest($1::text[], $2::bigint[]) AS changed (channel, id)),
named AS (
    SELECT channel, id FROM changed
    UNION
    SELECT channel, m.from_id FROM changed JOIN trips.merged m ON m.to_id = id WHERE channel = 'trips_presence'
)
SELECT pg_notify(channel, coalesce(string_agg(id::text, ',') || ',@' || pg_current_xact_id()::text, ''))
FROM (SELECT channel, id, row_number() OVER (PARTITION BY channel) / 300 AS part FROM named) AS parts
GROUP BY channel, part
""",
)
