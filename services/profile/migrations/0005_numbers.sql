-- Numbers that somebody proved, or is proving, to be theirs. No number, code or user stands here in clear: `owner` and
-- `number_hash` are keyed hashes, `number_sealed` is encrypted (services/profile/sealing.py).

-- What is being proved; one for each owner. It belongs to nobody yet and blocks nobody: any number of owners may try.
CREATE TABLE profile.verification (
    owner         bytea PRIMARY KEY,
    number_hash   bytea NOT NULL,
    number_sealed bytea NOT NULL,
    salt          bytea NOT NULL,
    code_hash     bytea NOT NULL,
    attempts      smallint NOT NULL DEFAULT 0,
    expires_at    timestamptz NOT NULL
);
CREATE INDEX verification_expires_at ON profile.verification (expires_at);

-- Every question for a code within the last day: what limits are counted over.
CREATE TABLE profile.code_request (
    owner       bytea NOT NULL,
    number_hash bytea NOT NULL,
    asked_at    timestamptz NOT NULL,
    -- Whether a code went out; a question that was refused counts only against who asked.
    sent        boolean NOT NULL
);
CREATE INDEX code_request_owner ON profile.code_request (owner, asked_at);
CREATE INDEX code_request_number ON profile.code_request (number_hash, asked_at);
CREATE INDEX code_request_asked_at ON profile.code_request (asked_at);

-- Whose number is whose: a user of an outside app has one, a number has one user.
CREATE TABLE profile.user_number (
    owner         bytea PRIMARY KEY,
    number_hash   bytea NOT NULL UNIQUE,
    number_sealed bytea NOT NULL,
    verified_at   timestamptz NOT NULL
);
