"""The SQL of numbers that are proved, each statement under the name that metrics and `analyze` know it by."""

from chassis.database import Statement

# Two calls about one owner or one number take turns. What nobody has yet has no row to lock, so it is locked by stripe:
# 1024 of them for owners, then 1024 for numbers, always in that order.
LOCK = Statement(
    "profile.number_lock",
    """
SELECT pg_advisory_xact_lock(hashtext($1::text), (get_byte($2::bytea, 0) << 2) | (get_byte($2::bytea, 1) & 3))
""",
    example=("profile.verification.owner", "\\x0000"),
)
OWNERS = "profile.verification.owner"
NUMBERS = "profile.verification.number"

LINKED = Statement(
    "profile.number_linked",
    """
SELECT owner = $1 AS by_owner, number_hash = $2 AS to_number
FROM profile.user_number WHERE owner = $1::bytea OR number_hash = $2::bytea
""",
)

ASKED = Statement(
    "profile.code_asked",
    """
SELECT asked_at, owner = $1 AS by_owner, number_hash = $2 AS to_number, sent
FROM profile.code_request
WHERE (owner = $1::bytea OR number_hash = $2::bytea) AND asked_at > $3::timestamptz
""",
)

ASK = Statement(
    "profile.code_ask",
    """
INSERT INTO profile.code_request (owner, number_hash, asked_at, sent)
VALUES ($1::bytea, $2::bytea, $3::timestamptz, $4::boolean)
""",
)

# Whoever writes SMS from the number: identities of kind 3.
WRITER = Statement(
    "profile.number_writer",
    """
SELECT p.person_id, p.language, p.opt_outs
FROM profile.identity i JOIN profile.person p USING (person_id)
WHERE i.kind = 3 AND i.value_hash = $1::bytea
""",
)

BEGIN = Statement(
    "profile.verification_begin",
    """
INSERT INTO profile.verification (owner, number_hash, number_sealed, salt, code_hash, expires_at)
VALUES ($1::bytea, $2::bytea, $3::bytea, $4::bytea, $5::bytea, $6::timestamptz)
ON CONFLICT (owner) DO UPDATE
SET number_hash = excluded.number_hash, number_sealed = excluded.number_sealed, salt = excluded.salt,
    code_hash = excluded.code_hash, attempts = 0, expires_at = excluded.expires_at
""",
)

PENDING = Statement(
    "profile.verification_pending",
    """
SELECT number_hash, number_sealed, salt, code_hash, attempts, expires_at, expires_at > chassis.now() AS open
FROM profile.verification WHERE owner = $1::bytea
""",
)

COUNT = Statement(
    "profile.verification_count",
    "UPDATE profile.verification SET attempts = least(attempts + 1, 1000) WHERE owner = $1::bytea",
)

END = Statement("profile.verification_end", "DELETE FROM profile.verification WHERE owner = $1::bytea")

LINK = Statement(
    "profile.number_link",
    """
INSERT INTO profile.user_number (owner, number_hash, number_sealed, verified_at)
VALUES ($1::bytea, $2::bytea, $3::bytea, $4::timestamptz)
""",
)

UNLINK = Statement(
    "profile.number_unlink",
    "DELETE FROM profile.user_number WHERE owner = $1::bytea RETURNING number_hash, number_sealed",
)

# Whoever has it: a number has one user at the most.
FREE = Statement("profile.number_free", "DELETE FROM profile.user_number WHERE number_hash = $1::bytea RETURNING owner")

FIND = Statement(
    "profile.number_find",
    """
SELECT owner, number_hash, number_sealed, verified_at
FROM profile.user_number WHERE owner = ANY($1::bytea[])
""",
)

# Caches of every replica forget what this owner has when the transaction commits.
NOTIFY = Statement("profile.number_notify", "SELECT pg_notify('profile_numbers', $1::text)")

# Rows are only ever inserted, so that a row's place is its name.
FORGET_ASKED = Statement(
    "profile.code_request_expire",
    """
DELETE FROM profile.code_request WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM profile.code_request
    WHERE asked_at < chassis.now() - interval '1 day' ORDER BY asked_at LIMIT $1))
""",
)

FORGET_PENDING = Statement(
    "profile.verification_expire",
    """
DELETE FROM profile.verification WHERE owner = ANY(ARRAY(
    SELECT owner FROM profile.verification
    WHERE expires_at < chassis.now() ORDER BY expires_at LIMIT $1)) AND expires_at < chassis.now()
""",
)
