-- How much a sender has written lately (limits.py); NULL: nothing that counts any more.
ALTER TABLE gateway.conversation
    -- The theoretical arrival times (GCRA): when everything that was admitted so far is worked off.
    ADD COLUMN ordinary_at    timestamptz,
    ADD COLUMN expensive_at   timestamptz,
    -- Until when messages are refused, as the sender was told.
    ADD COLUMN ordinary_until  timestamptz,
    ADD COLUMN expensive_until timestamptz;
