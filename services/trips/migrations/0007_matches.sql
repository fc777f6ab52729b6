-- Who was looked at for a trip, nearest first, and why they were asked or not (services/trips/match.py). One row for all:
-- a row for each driver would cost a trip more than all the rest of it. Ids stay those of that moment.
CREATE TABLE trips.match (
    trip_id    bigint NOT NULL,
    -- When they were looked at; again whenever further drivers are asked.
    made_at    timestamptz NOT NULL,
    vehicle    smallint NOT NULL,
    driver_ids bigint[] NOT NULL,
    reasons    smallint[] NOT NULL,
    meters     real[] NOT NULL,
    ages       real[] NOT NULL,
    PRIMARY KEY (trip_id, made_at)
);
-- The latest of a vehicle, among which a driver's are looked for.
CREATE INDEX match_vehicle ON trips.match (vehicle, made_at);
