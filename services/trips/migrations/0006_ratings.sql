-- What the two sides of a completed trip thought of each other. Who they are is with the trip: a merge changes nothing here.
CREATE TABLE trips.rating (
    trip_id    bigint NOT NULL REFERENCES trips.trip,
    by_driver  boolean NOT NULL,
    stars      smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (trip_id, by_driver)
);
-- All stars that passengers gave a driver, and how many gave some: beside the place, where searches read them.
ALTER TABLE trips.presence
    ADD COLUMN stars   bigint NOT NULL DEFAULT 0,
    ADD COLUMN ratings bigint NOT NULL DEFAULT 0;
