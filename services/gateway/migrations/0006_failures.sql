-- How often a reply was accepted and then failed for a passing reason; attempts also count what hit everybody.
ALTER TABLE gateway.outbox ADD COLUMN failures smallint NOT NULL DEFAULT 0;
