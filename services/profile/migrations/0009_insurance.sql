-- Insurance (services/profile/insurance/): certificates that drivers hand in, claims, and the documents of both.

CREATE TABLE profile.certificate (
    certificate_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id      bigint NOT NULL REFERENCES profile.person,
    -- As in the contract: 1 submitted, 2 approved, 3 rejected, 4 expired.
    state          smallint NOT NULL,
    -- Why it was rejected, as in the contract.
    reason         smallint NOT NULL DEFAULT 0,
    submitted_at   timestamptz NOT NULL,
    -- Until when it is good, as an operator read it.
    expires_at     timestamptz,
    -- When its person is to be told something next: that it expires soon, or that it has.
    due_at         timestamptz,
    CONSTRAINT certificate_good_expires CHECK (state NOT IN (2, 4) OR expires_at IS NOT NULL),
    CONSTRAINT certificate_due_is_approved CHECK (due_at IS NULL OR state = 2)
);
CREATE INDEX certificate_person ON profile.certificate (person_id, certificate_id);
CREATE INDEX certificate_person_state ON profile.certificate (person_id, state, expires_at);
CREATE INDEX certificate_state ON profile.certificate (state, certificate_id);
CREATE INDEX certificate_submitted ON profile.certificate (submitted_at, certificate_id);
CREATE INDEX certificate_due ON profile.certificate (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE profile.claim (
    claim_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id    bigint NOT NULL REFERENCES profile.person,
    -- As in the contract: 1 submitted, 2 in review, 3 accepted, 4 rejected.
    state        smallint NOT NULL,
    -- The person's own words.
    description  text NOT NULL CHECK (char_length(description) BETWEEN 1 AND 4096),
    submitted_at timestamptz NOT NULL
);
CREATE INDEX claim_person ON profile.claim (person_id, submitted_at, claim_id);
CREATE INDEX claim_person_state ON profile.claim (person_id, state);
CREATE INDEX claim_state ON profile.claim (state, claim_id);
CREATE INDEX claim_submitted ON profile.claim (submitted_at, claim_id);

-- Photos and PDFs. One belongs to a certificate or a claim, or, while its parts come in, to neither.
CREATE TABLE profile.document (
    document_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_key   text NOT NULL CHECK (char_length(document_key) BETWEEN 1 AND 128),
    person_id      bigint NOT NULL REFERENCES profile.person,
    certificate_id bigint REFERENCES profile.certificate ON DELETE CASCADE,
    claim_id       bigint REFERENCES profile.claim ON DELETE CASCADE,
    mime_type      text NOT NULL DEFAULT '',
    size           bigint NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT chassis.now(),
    CONSTRAINT document_belongs_once CHECK (certificate_id IS NULL OR claim_id IS NULL)
);
CREATE UNIQUE INDEX document_key ON profile.document (document_key);
CREATE INDEX document_person ON profile.document (person_id);
CREATE INDEX document_certificate ON profile.document (certificate_id) WHERE certificate_id IS NOT NULL;
CREATE INDEX document_claim ON profile.document (claim_id) WHERE claim_id IS NOT NULL;
CREATE INDEX document_loose ON profile.document (created_at) WHERE certificate_id IS NULL AND claim_id IS NULL;

-- A document in pieces, so that nobody on the way holds more than one of them.
CREATE TABLE profile.document_part (
    document_id bigint NOT NULL REFERENCES profile.document ON DELETE CASCADE,
    position    integer NOT NULL CHECK (position >= 0),
    content     bytea NOT NULL CHECK (length(content) BETWEEN 1 AND 1048576),
    PRIMARY KEY (document_id, position)
);
-- Photos and PDFs are compressed already.
ALTER TABLE profile.document_part ALTER COLUMN content SET STORAGE EXTERNAL;
