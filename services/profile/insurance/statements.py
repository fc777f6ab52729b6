"""The SQL of insurance, each statement under the name that metrics and `analyze` know it by."""

from chassis.database import Statement

NOW = Statement("profile.insurance_now", "SELECT chassis.now()")

# A merged person's id leads to the survivor; erased people are nobody.
COVERS = Statement(
    "profile.insurance_covers",
    """
SELECT asked.person_id AS asked_id, who.person_id, cover.expires_at AS covered_until, latest.*,
       coalesce(claims.open, 0) AS open_claims
FROM profile.person asked
CROSS JOIN LATERAL (SELECT coalesce(asked.merged_into, asked.person_id) AS person_id) AS who
LEFT JOIN LATERAL (
    SELECT max(c.expires_at) AS expires_at FROM profile.certificate c
    WHERE c.person_id = who.person_id AND c.state = 2 AND c.expires_at > chassis.now()
) AS cover ON true
LEFT JOIN LATERAL (
    SELECT c.certificate_id, c.state, c.reason, c.submitted_at, c.expires_at,
           (SELECT count(*) FROM profile.document d WHERE d.certificate_id = c.certificate_id) AS document_count
    FROM profile.certificate c WHERE c.person_id = who.person_id
    ORDER BY c.certificate_id DESC LIMIT 1
) AS latest ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS open FROM profile.claim WHERE claim.person_id = who.person_id AND claim.state IN (1, 2)
) AS claims ON true
WHERE asked.person_id = ANY($1::bigint[]) AND asked.erased_at IS NULL
""",
)

# A part of a document that belongs to nothing yet; no row where there is nobody, or where the document is whole.
PUT_PART = Statement(
    "profile.document_put_part",
    """
WITH owner AS (
    SELECT coalesce(merged_into, person_id) AS person_id FROM profile.person
    WHERE person_id = $2::bigint AND erased_at IS NULL
), known AS (
    INSERT INTO profile.document (document_key, person_id)
    SELECT $1::text, person_id FROM owner
    ON CONFLICT (document_key) DO UPDATE SET document_key = EXCLUDED.document_key
        WHERE document.person_id = EXCLUDED.person_id
          AND document.certificate_id IS NULL AND document.claim_id IS NULL
    RETURNING document_id
)
INSERT INTO profile.document_part (document_id, position, content)
SELECT document_id, $3::integer, $4::bytea FROM known
ON CONFLICT (document_id, position) DO UPDATE SET content = EXCLUDED.content
""",
)

# Why no part was put: whether there is somebody, and whether they have the document already.
OWNER = Statement(
    "profile.document_owner",
    """
SELECT p.person_id,
       EXISTS (SELECT FROM profile.document d
               WHERE d.document_key = $1 AND d.person_id = coalesce(p.merged_into, p.person_id)) AS theirs
FROM profile.person p WHERE p.person_id = $2 AND p.erased_at IS NULL
""",
)

# What was stored of documents, as far as they belong to nothing yet.
STORED = Statement(
    "profile.document_stored",
    """
SELECT d.document_key, d.document_id, count(*) AS parts, max(p.position) AS last_position,
       sum(length(p.content)) AS size, sha256(string_agg(p.content, ''::bytea ORDER BY p.position)) AS sha256
FROM profile.document d JOIN profile.document_part p USING (document_id)
WHERE d.document_key = ANY($1::text[]) AND d.person_id = $2
  AND d.certificate_id IS NULL AND d.claim_id IS NULL
GROUP BY d.document_id
""",
)

ATTACH = Statement(
    "profile.document_attach",
    """
UPDATE profile.document d
SET certificate_id = $3, claim_id = $4, mime_type = described.mime_type, size = described.size
FROM unnest($1::bigint[], $2::text[], $5::bigint[]) AS described (document_id, mime_type, size)
WHERE d.document_id = described.document_id
""",
)

_CERTIFICATE = """
SELECT c.certificate_id, c.person_id, c.state, c.reason, c.submitted_at, c.expires_at,
       (SELECT count(*) FROM profile.document d WHERE d.certificate_id = c.certificate_id) AS document_count
FROM profile.certificate c
"""

# What is handed in while one waits for review belongs to that one.
WAITING = Statement(
    "profile.certificate_waiting",
    _CERTIFICATE + "WHERE c.person_id = $1 AND c.state = 1 ORDER BY c.certificate_id DESC LIMIT 1",
)

INSERT_CERTIFICATE = Statement(
    "profile.certificate_insert",
    "INSERT INTO profile.certificate (person_id, state, submitted_at) VALUES ($1, 1, $2) RETURNING certificate_id",
)

GET_CERTIFICATE = Statement("profile.certificate_get", _CERTIFICATE + "WHERE c.certificate_id = $1")

LOCK_CERTIFICATE = Statement("profile.certificate_lock", _CERTIFICATE + "WHERE c.certificate_id = $1 FOR UPDATE OF c")

UPDATE_CERTIFICATES = Statement(
    "profile.certificate_update",
    """
UPDATE profile.certificate c
SET state = changed.state, reason = changed.reason, expires_at = changed.expires_at, due_at = changed.due_at
FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::timestamptz[], $5::timestamptz[])
     AS changed (certificate_id, state, reason, expires_at, due_at)
WHERE c.certificate_id = changed.certificate_id
""",
)

# Approved certificates whose person is to hear of them, or that are over. Each replica takes what no other is at. A
# reminder waits until the person's quiet hours are over (fewer minutes have passed since they began than they have);
# that a certificate is over does not.
DUE = Statement(
    "profile.certificate_due",
    """
WITH clock AS MATERIALIZED (
    SELECT now, extract(hour FROM now AT TIME ZONE $2::text)::int * 60
                + extract(minute FROM now AT TIME ZONE $2::text)::int AS minute
    FROM (SELECT chassis.now() AS now) AS read
)
SELECT c.certificate_id, c.person_id, c.state, c.reason, c.submitted_at, c.expires_at,
       (SELECT count(*) FROM profile.document d WHERE d.certificate_id = c.certificate_id) AS document_count,
       (SELECT now FROM clock) AS now,
       (SELECT max(o.expires_at) FROM profile.certificate o
        WHERE o.person_id = c.person_id AND o.state = 2 AND o.certificate_id <> c.certificate_id) AS other_until
FROM profile.certificate c
WHERE c.due_at <= (SELECT now FROM clock)
  AND (c.expires_at <= (SELECT now FROM clock)
       OR NOT coalesce((SELECT ((SELECT minute FROM clock) - p.quiet_from + 1440) % 1440
                               < (p.quiet_to - p.quiet_from + 1440) % 1440
                        FROM profile.person p WHERE p.person_id = c.person_id), false))
ORDER BY c.due_at LIMIT $1
FOR UPDATE OF c SKIP LOCKED
""",
    example=("200", "Africa/Kigali"),
)

_CLAIM = """
SELECT c.claim_id, c.person_id, c.state, c.submitted_at,
       (SELECT count(*) FROM profile.document d WHERE d.claim_id = c.claim_id) AS document_count
FROM profile.claim c
"""

OPEN_CLAIMS = Statement(
    "profile.claims_open", "SELECT count(*) FROM profile.claim WHERE person_id = $1 AND state IN (1, 2)"
)

INSERT_CLAIM = Statement(
    "profile.claim_insert",
    """
INSERT INTO profile.claim (person_id, state, description, submitted_at) VALUES ($1, 1, $2, $3) RETURNING claim_id
""",
)

GET_CLAIM = Statement("profile.claim_get", _CLAIM + "WHERE c.claim_id = $1")

LOCK_CLAIM = Statement("profile.claim_lock", _CLAIM + "WHERE c.claim_id = $1 FOR UPDATE OF c")

MOVE_CLAIM = Statement("profile.claim_move", "UPDATE profile.claim SET state = $2 WHERE claim_id = $1")

# What belongs to nothing a day after its first part came never will.
EXPIRE_LOOSE = Statement(
    "profile.document_expire_loose",
    """
DELETE FROM profile.document WHERE document_id = ANY(ARRAY(
    SELECT document_id FROM profile.document
    WHERE certificate_id IS NULL AND claim_id IS NULL AND created_at < chassis.now() - interval '1 day'
    ORDER BY created_at LIMIT $1))
""",
)

# Two people who are one: everything goes to the survivor.
MERGE_CERTIFICATES = Statement(
    "profile.certificate_merge",
    """
UPDATE profile.certificate c SET person_id = merged.to_id
FROM unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id) WHERE c.person_id = merged.from_id
""",
)
MERGE_CLAIMS = Statement(
    "profile.claim_merge",
    """
UPDATE profile.claim c SET person_id = merged.to_id
FROM unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id) WHERE c.person_id = merged.from_id
""",
)
MERGE_DOCUMENTS = Statement(
    "profile.document_merge",
    """
UPDATE profile.document d SET person_id = merged.to_id
FROM unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id) WHERE d.person_id = merged.from_id
""",
)

# What `hailwire insurance` shows; documents are told by number, their content by READ_PART.

DOCUMENTS_OF = Statement(
    "profile.documents_of_certificate",
    "SELECT document_id, mime_type, size FROM profile.document WHERE certificate_id = $1 ORDER BY document_id",
)
DOCUMENTS_OF_CLAIM = Statement(
    "profile.documents_of_claim",
    "SELECT document_id, mime_type, size FROM profile.document WHERE claim_id = $1 ORDER BY document_id",
)
DESCRIPTION = Statement("profile.claim_description", "SELECT description FROM profile.claim WHERE claim_id = $1")
GET_DOCUMENT = Statement(
    "profile.document_get",
    "SELECT document_id, person_id, mime_type, size FROM profile.document WHERE document_id = $1",
)
READ_PART = Statement(
    "profile.document_read_part",
    "SELECT content FROM profile.document_part WHERE document_id = $1 AND position = $2",
)
