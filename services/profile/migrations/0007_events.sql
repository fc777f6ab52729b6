-- What people must hear of without having written, until whoever delivers it has it (services/profile/events.py).
CREATE TABLE profile.event (
    event_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient_id bigint NOT NULL,
    payload      bytea NOT NULL,
    taker        text,
    taken_until  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT chassis.now()
);
-- Whose events are with a taker.
CREATE INDEX event_held ON profile.event (recipient_id) WHERE taker IS NOT NULL;
