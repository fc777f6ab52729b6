-- Who did not come to a ride, as the other side said who waited (services/trips/no_show.py). The trip says who gave it up and why;
-- beside it this is what is counted, of one person by one look at an index.
CREATE TABLE trips.no_show (
    trip_id   bigint PRIMARY KEY REFERENCES trips.trip,
    person_id bigint NOT NULL,
    as_driver boolean NOT NULL,
    noted_at  timestamptz NOT NULL
);
CREATE INDEX no_show_person ON trips.no_show (person_id, as_driver, noted_at);
CREATE INDEX no_show_noted_at ON trips.no_show (noted_at);
