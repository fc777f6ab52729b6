-- Drivers on the map, trips and offers, and the events that they cause.

-- Equality on the vehicle and nearest-neighbour order on the place in one index. A trusted extension: the owner of the
-- database may create it.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- One row for each person who ever took part, to be locked: a driver who accepts and a passenger who asks may have no
-- other row in common. Whoever changes a person's presence or open trips holds this row first.
CREATE TABLE trips.participant (
    person_id bigint PRIMARY KEY
);

CREATE TABLE trips.presence (
    person_id  bigint PRIMARY KEY,
    online     boolean NOT NULL,
    vehicle    smallint NOT NULL DEFAULT 0,
    latitude   double precision,
    longitude  double precision,
    located_at timestamptz,
    -- The trip that this driver is on.
    trip_id    bigint,
    -- The place on Mercator's map: unlike plain degrees it has the same scale in every direction, so that the nearest
    -- on the map are the nearest on the ground, at the equator and at 60 degrees alike (services/trips/geo.py).
    place      point GENERATED ALWAYS AS (point(longitude, degrees(asinh(tan(radians(latitude)))))) STORED,
    CHECK ((latitude IS NULL) = (longitude IS NULL) AND (latitude IS NULL) = (located_at IS NULL))
);
CREATE INDEX presence_available ON trips.presence USING gist (vehicle, place) WHERE online AND trip_id IS NULL;

CREATE SEQUENCE trips.trip_id;

-- States as in the contract: 1 requested, 2 offered, 3 accepted, 4 arrived, 5 in progress, 6 completed, 7 cancelled,
-- 8 expired.
CREATE TABLE trips.trip (
    trip_id       bigint PRIMARY KEY,
    state         smallint NOT NULL,
    passenger_id  bigint NOT NULL,
    driver_id     bigint,
    vehicle       smallint NOT NULL,
    latitude      double precision NOT NULL,
    longitude     double precision NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    -- When an unaccepted trip is given up.
    expires_at    timestamptz NOT NULL,
    cancelled_by  bigint,
    cancel_reason text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX trip_open_of_passenger ON trips.trip (passenger_id) WHERE state IN (1, 2, 3, 4, 5);
CREATE UNIQUE INDEX trip_open_of_driver ON trips.trip (driver_id) WHERE state IN (3, 4, 5);
CREATE INDEX trip_of_passenger ON trips.trip (passenger_id, trip_id);
CREATE INDEX trip_of_driver ON trips.trip (driver_id, trip_id) WHERE driver_id IS NOT NULL;
CREATE INDEX trip_due ON trips.trip (expires_at) WHERE state IN (1, 2);

CREATE SEQUENCE trips.offer_id;

-- States as in the contract: 1 open, 2 accepted, 3 declined, 4 expired, 5 withdrawn.
CREATE TABLE trips.offer (
    offer_id        bigint PRIMARY KEY,
    trip_id         bigint NOT NULL REFERENCES trips.trip,
    driver_id       bigint NOT NULL,
    state           smallint NOT NULL,
    distance_meters double precision NOT NULL,
    expires_at      timestamptz NOT NULL
);
CREATE INDEX offer_of_trip ON trips.offer (trip_id);
CREATE INDEX offer_of_driver ON trips.offer (driver_id);
CREATE INDEX offer_open_of_driver ON trips.offer (driver_id) WHERE state = 1;
CREATE INDEX offer_due ON trips.offer (expires_at) WHERE state = 1;

-- What somebody must hear of: here until it is acknowledged. payload is a serialized hailwire.trips.v1.Event.
CREATE TABLE trips.event (
    event_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient_id bigint NOT NULL,
    kind         smallint NOT NULL,
    payload      bytea NOT NULL,
    taken_until  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT chassis.now()
);
CREATE INDEX event_of_recipient ON trips.event (recipient_id, event_id);

-- Who delivers to a recipient at the moment: one taker at a time, so that nobody overtakes.
CREATE TABLE trips.mailbox (
    recipient_id bigint PRIMARY KEY,
    taker        text,
    taken_until  timestamptz
);

-- What each change answered the first time (chassis/ledger.py).
CREATE TABLE trips.request (
    request_id  text PRIMARY KEY,
    fingerprint bytea NOT NULL,
    outcome     bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT chassis.now()
);
CREATE INDEX request_created_at ON trips.request (created_at);
