-- How far a provider's own list of messages has been compared with the inbox, and when somebody last began to.
CREATE TABLE gateway.looked (
    provider text PRIMARY KEY,
    until timestamptz NOT NULL,
    looked_at timestamptz NOT NULL
);
INSERT INTO gateway.looked VALUES ('twilio', chassis.now(), chassis.now());
