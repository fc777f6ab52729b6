ALTER TABLE gateway.conversation
    -- Since when the head of the queue has been put off without having been served.
    ADD COLUMN postponed_since timestamptz,
    -- The person asked for silence, as far as the last turn knew: also without the profile service we keep to it.
    ADD COLUMN silenced boolean NOT NULL DEFAULT false;
