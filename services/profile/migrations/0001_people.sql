-- People and the identities under which channels know them.

CREATE SEQUENCE profile.person_id;

CREATE TABLE profile.person (
    person_id   bigint PRIMARY KEY,
    name        text NOT NULL DEFAULT '' CHECK (char_length(name) <= 100),
    language    text NOT NULL DEFAULT '',
    opt_outs    smallint[] NOT NULL DEFAULT '{}',
    -- Always the survivor itself, never another merged person: merging rewrites earlier merges.
    merged_into bigint REFERENCES profile.person,
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX person_merged_into ON profile.person (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE profile.identity (
    kind        smallint NOT NULL,
    value       text NOT NULL,
    person_id   bigint NOT NULL REFERENCES profile.person,
    -- The order in which a person's identities became known.
    identity_id bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (kind, value)
);
CREATE INDEX identity_person_id ON profile.identity (person_id);

-- What each change answered the first time (chassis/ledger.py).
CREATE TABLE profile.request (
    request_id  text PRIMARY KEY,
    fingerprint bytea NOT NULL,
    outcome     bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT chassis.now()
);
CREATE INDEX request_created_at ON profile.request (created_at);
