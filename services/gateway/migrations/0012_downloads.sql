-- Files that people sent and that are still with their provider (services/gateway/downloads.py): written with the turn
-- that wanted them, gone once they are where they belong or their sender has been told why not.
CREATE TABLE gateway.download (
    download_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id   bigint NOT NULL,
    provider    text NOT NULL,
    -- A certificate, or documents of the claim.
    claim_id    bigint,
    -- Under which id they are handed on: that of the message.
    request_id  text NOT NULL,
    -- JSON: the provider's id, address and type of each.
    files       bytea NOT NULL,
    tries       smallint NOT NULL DEFAULT 0,
    -- When it may be tried (again): whoever is at it has put this off.
    due_at      timestamptz NOT NULL DEFAULT chassis.now(),
    created_at  timestamptz NOT NULL DEFAULT chassis.now()
);
CREATE UNIQUE INDEX download_request ON gateway.download (request_id);
CREATE INDEX download_due ON gateway.download (due_at);
CREATE INDEX download_person ON gateway.download (person_id);
