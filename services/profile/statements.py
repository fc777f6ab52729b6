"""The SQL of the profile service, each statement under the name that metrics and `analyze` know it by."""

from chassis.database import Statement

# What hangs on a person: identities in the order in which they became known, and everyone who was merged into them.
HANGING = {
    "kinds": ("ARRAY(SELECT i.kind FROM profile.identity i WHERE i.person_id = p.person_id ORDER BY i.identity_id)"),
    "hashes": (
        "ARRAY(SELECT i.value_hash FROM profile.identity i WHERE i.person_id = p.person_id ORDER BY i.identity_id)"
    ),
    "sealed": (
        "ARRAY(SELECT i.value_sealed FROM profile.identity i WHERE i.person_id = p.person_id ORDER BY i.identity_id)"
    ),
    "merged_person_ids": (
        "ARRAY(SELECT m.person_id FROM profile.person m WHERE m.merged_into = p.person_id ORDER BY m.person_id)"
    ),
}

# A person as one row.
_PERSON = """
       p.person_id, p.name, p.language, p.opt_outs, p.quiet_from, p.quiet_to, p.version, p.created_at, p.updated_at,
       """ + ",\n       ".join(f"{sql} AS {name}" for name, sql in HANGING.items())

FIND = Statement(
    "profile.find_people",
    f"""
SELECT asked.person_id AS asked_id, {_PERSON}
FROM profile.person asked
JOIN profile.person p ON p.person_id = coalesce(asked.merged_into, asked.person_id)
WHERE asked.person_id = ANY($1::bigint[]) AND p.erased_at IS NULL
""",  # noqa: S608
)

FIND_BY_IDENTITY = Statement(
    "profile.find_people_by_identity",
    f"""
SELECT {_PERSON}
FROM profile.person p
WHERE p.person_id IN (
    SELECT i.person_id
    FROM unnest($1::smallint[], $2::bytea[]) AS asked (kind, value_hash)
    JOIN profile.identity i USING (kind, value_hash))
""",  # noqa: S608
)

NOW = Statement("profile.now", "SELECT chassis.now()")

# Two first messages of one person may arrive at two replicas. Identities that nobody has yet have no row to lock, so
# they are locked by stripe: 1024 of them, because a lock for each identity of a large batch would fill the server's
# lock table. Held for the milliseconds of one transaction; everybody waits for them in the same order, before any row.
LOCK_STRIPES = Statement(
    "profile.lock_identity_stripes",
    """
SELECT pg_advisory_xact_lock(hashtext('profile.identity'), stripe)
FROM (SELECT DISTINCT (get_byte(value_hash, 0) << 2) | (get_byte(value_hash, 1) & 3) AS stripe
      FROM unnest($1::bytea[]) AS wanted (value_hash)
      ORDER BY stripe) AS stripes
""",
)

_LOCK_PEOPLE = """
SELECT person_id FROM profile.person
WHERE person_id = ANY($1::bigint[]) AND merged_into IS NULL AND erased_at IS NULL
ORDER BY person_id
FOR NO KEY UPDATE
"""
LOCK_PEOPLE = Statement("profile.lock_people", _LOCK_PEOPLE)
LOCK_FREE_PEOPLE = Statement("profile.lock_free_people", _LOCK_PEOPLE + "SKIP LOCKED")

SURVIVORS = Statement(
    "profile.survivors",
    """
SELECT person_id, coalesce(merged_into, person_id) AS survivor_id
FROM profile.person WHERE person_id = ANY($1::bigint[]) AND erased_at IS NULL
""",
)

NEW_IDS = Statement("profile.new_person_ids", "SELECT nextval('profile.person_id') FROM generate_series(1, $1)")

INSERT_PEOPLE = Statement(
    "profile.insert_people",
    """
INSERT INTO profile.person (person_id, name, created_at, updated_at)
SELECT person_id, name, $3, $3 FROM unnest($1::bigint[], $2::text[]) AS new (person_id, name)
""",
)

# opt_outs travels as text because unnest would flatten an array of arrays.
UPDATE_PEOPLE = Statement(
    "profile.update_people",
    """
UPDATE profile.person p
SET name = new.name, language = new.language, opt_outs = new.opt_outs::smallint[], version = new.version,
    updated_at = new.updated_at, quiet_from = new.quiet_from, quiet_to = new.quiet_to
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::smallint[],
            $8::smallint[])
     AS new (person_id, name, language, opt_outs, version, updated_at, quiet_from, quiet_to)
WHERE p.person_id = new.person_id
""",
)

INSERT_IDENTITIES = Statement(
    "profile.insert_identities",
    """
INSERT INTO profile.identity (kind, value_hash, value_sealed, person_id)
SELECT kind, value_hash, value_sealed, person_id
FROM unnest($1::smallint[], $2::bytea[], $3::bytea[], $4::bigint[]) WITH ORDINALITY
     AS new (kind, value_hash, value_sealed, person_id, position)
ORDER BY position
""",
)

MOVE_IDENTITIES = Statement(
    "profile.move_identities",
    """
UPDATE profile.identity i SET person_id = absorbed.survivor_id
FROM unnest($1::bigint[], $2::bigint[]) AS absorbed (person_id, survivor_id)
WHERE i.person_id = absorbed.person_id
""",
)

MOVE_SOME_IDENTITIES = Statement(
    "profile.move_some_identities",
    """
UPDATE profile.identity i SET person_id = moved.person_id
FROM unnest($1::smallint[], $2::bytea[], $3::bigint[]) AS moved (kind, value_hash, person_id)
WHERE i.kind = moved.kind AND i.value_hash = moved.value_hash
""",
)

DROP_IDENTITIES = Statement(
    "profile.drop_identities",
    """
DELETE FROM profile.identity i USING unnest($1::smallint[], $2::bytea[]) AS dropped (kind, value_hash)
WHERE i.kind = dropped.kind AND i.value_hash = dropped.value_hash
""",
)

# Also whoever was merged into the absorbed one earlier, so that merged_into always names the survivor.
ABSORB_PEOPLE = Statement(
    "profile.absorb_people",
    """
UPDATE profile.person p SET merged_into = absorbed.survivor_id, version = p.version + 1, updated_at = $3
FROM unnest($1::bigint[], $2::bigint[]) AS absorbed (person_id, survivor_id)
WHERE p.person_id = absorbed.person_id OR p.merged_into = absorbed.person_id
""",
)

# Caches of every replica forget these people when the transaction commits.
NOTIFY = Statement(
    "profile.notify_people",
    """
SELECT pg_notify('profile_people', ids || ',@' || pg_current_xact_id()::text) FROM unnest($1::text[]) AS ids
""",
)
