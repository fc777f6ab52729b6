-- Who agreed that the other side of a trip learns their number; taken back, the row goes (services/trips/exchanging.py).
CREATE TABLE trips.exchange (
    trip_id   bigint NOT NULL REFERENCES trips.trip,
    by_driver boolean NOT NULL,
    agreed_at timestamptz NOT NULL,
    PRIMARY KEY (trip_id, by_driver)
);
