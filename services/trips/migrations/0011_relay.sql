-- Who said what an event tells, for words that one side of a trip wrote to the other (services/trips/relaying.py).
ALTER TABLE trips.event ADD COLUMN sender_id bigint;
