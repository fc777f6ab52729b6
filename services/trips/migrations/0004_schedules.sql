-- Rides for later: what a passenger wants, and each ride that comes of it.

-- When the passenger of a trip that was made of a schedule wants to be picked up.
ALTER TABLE trips.trip ADD COLUMN pickup_at timestamptz;

CREATE SEQUENCE trips.schedule_id;
CREATE SEQUENCE trips.occurrence_id;

-- States as in the contract: 1 active, 2 cancelled, 3 done. Whoever changes a schedule or its occurrences holds the row
-- of its passenger in trips.participant.
CREATE TABLE trips.schedule (
    schedule_id    bigint PRIMARY KEY,
    passenger_id   bigint NOT NULL,
    state          smallint NOT NULL,
    vehicle        smallint NOT NULL,
    latitude       double precision NOT NULL,
    longitude      double precision NOT NULL,
    -- Where it goes, if anybody said.
    to_latitude    double precision,
    to_longitude   double precision,
    -- A time of day in the zone of the service area, in minutes, and the days of the week (1 Monday, 2 Tuesday, 4
    -- Wednesday and so on, added up); both NULL for a ride that does not recur.
    minute_of_day  smallint,
    weekdays       smallint,
    -- The ride that is next, or was last.
    occurrence_id  bigint NOT NULL,
    version        bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    CHECK ((to_latitude IS NULL) = (to_longitude IS NULL) AND (minute_of_day IS NULL) = (weekdays IS NULL))
);
CREATE INDEX schedule_of_passenger ON trips.schedule (passenger_id, created_at, schedule_id);

-- States as in the contract: 1 waiting, 2 reminded, 3 matching, 4 trip made, 5 missed, 6 cancelled.
CREATE TABLE trips.occurrence (
    occurrence_id bigint PRIMARY KEY,
    schedule_id   bigint NOT NULL,
    state         smallint NOT NULL,
    pickup_at     timestamptz NOT NULL,
    -- When something is to be done about it; NULL when nothing ever will be.
    due_at        timestamptz,
    trip_id       bigint,
    -- Whether the passenger was told that nobody is free yet.
    nobody_told   boolean NOT NULL DEFAULT false
);
CREATE INDEX occurrence_due ON trips.occurrence (due_at) WHERE due_at IS NOT NULL;
