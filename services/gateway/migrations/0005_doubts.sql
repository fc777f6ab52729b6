-- What counts against a reply, apart from its attempts: those count what hit everybody, too.
ALTER TABLE gateway.outbox
    -- Sends of which we do not know what became of them.
    ADD COLUMN unknowns smallint NOT NULL DEFAULT 0,
    -- Refusals that concerned this recipient alone.
    ADD COLUMN refusals smallint NOT NULL DEFAULT 0;
