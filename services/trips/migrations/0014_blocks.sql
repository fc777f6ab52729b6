-- Whoever does not want to be matched again with somebody, and the trip of which they said so (services/trips/blocking.py).
CREATE TABLE trips.block (
    blocker_id bigint NOT NULL,
    blocked_id bigint NOT NULL,
    trip_id    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id),
    CHECK (blocker_id <> blocked_id)
);
CREATE INDEX block_of_blocked ON trips.block (blocked_id);
