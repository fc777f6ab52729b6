"""The SQL of enrichments, each statement under the name that metrics and `analyze` know it by."""

from chassis.database import Statement

_VALUE = "kind, name, moment, minute_of_day, weekdays, code"
_ITEM = (
    f"item_id, person_id, status, source, {_VALUE}, place_kind, latitude, longitude, created_at, decided_at, applied_at"
)

NEW_IDS = Statement(
    "profile.enrichment_new_ids", "SELECT nextval('profile.enrichment_item_id') FROM generate_series(1, $1)"
)

# Everything that the messages of a whole batch said.
INSERT = Statement(
    "profile.enrichment_insert",
    f"""
INSERT INTO profile.enrichment_item
       (item_id, person_id, status, source, {_VALUE}, place_kind, latitude, longitude, created_at)
SELECT item_id, person_id, 1, source, {_VALUE}, place_kind, latitude, longitude, $13::timestamptz
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::text[], $6::timestamptz[], $7::smallint[],
            $8::smallint[], $9::text[], $10::smallint[], $11::double precision[], $12::double precision[])
     AS new (item_id, person_id, source, {_VALUE}, place_kind, latitude, longitude)
""",  # noqa: S608 - our own column lists
)

# By the index on what is pending alone, of which a person has few.
PENDING = Statement(
    "profile.enrichment_pending",
    f"""
SELECT {_ITEM} FROM profile.enrichment_item WHERE person_id = ANY($1::bigint[]) AND status = 1 ORDER BY item_id
""",  # noqa: S608
)

FIND = Statement(
    "profile.enrichment_find",
    f"SELECT {_ITEM} FROM profile.enrichment_item WHERE item_id = ANY($1::bigint[])",  # noqa: S608
)

# Only from the status that was read: whatever else happened, an item is applied by one transaction.
UPDATE = Statement(
    "profile.enrichment_update",
    """
UPDATE profile.enrichment_item i SET status = new.status, decided_at = new.decided_at, applied_at = new.applied_at
FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::timestamptz[], $5::timestamptz[])
     AS new (item_id, before, status, decided_at, applied_at)
WHERE i.item_id = new.item_id AND i.status = new.before
""",
)

DELETE = Statement("profile.enrichment_delete", "DELETE FROM profile.enrichment_item WHERE item_id = ANY($1::bigint[])")

EXPIRE = Statement(
    "profile.enrichment_expire",
    """
DELETE FROM profile.enrichment_item WHERE item_id = ANY(ARRAY(
    SELECT item_id FROM profile.enrichment_item
    WHERE created_at < chassis.now() - make_interval(days => $1) ORDER BY created_at LIMIT $2))
""",
)

MERGE = Statement(
    "profile.enrichment_merge",
    """
UPDATE profile.enrichment_item i SET person_id = merged.to_id
FROM unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id) WHERE i.person_id = merged.from_id
""",
)

# Under the ids themselves, for whoever holds the locks of these people.
NOTES = Statement(
    "profile.notes",
    f"SELECT note_id, person_id, {_VALUE} FROM profile.note WHERE person_id = ANY($1::bigint[]) ORDER BY note_id",  # noqa: S608
)

# A merged person's id leads to the survivor's notes; what is over is none any more.
LIST_NOTES = Statement(
    "profile.list_notes",
    """
SELECT asked.person_id AS asked_id, n.note_id, n.kind, n.name, n.moment, n.minute_of_day, n.weekdays, n.code
FROM profile.person asked
JOIN profile.note n ON n.person_id = coalesce(asked.merged_into, asked.person_id)
WHERE asked.person_id = ANY($1::bigint[]) AND (n.moment IS NULL OR n.moment > chassis.now())
ORDER BY n.note_id
""",
)

INSERT_NOTE = Statement(
    "profile.note_insert",
    f"""
INSERT INTO profile.note (person_id, {_VALUE}) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING note_id
""",  # noqa: S608
)

DELETE_NOTES = Statement("profile.note_delete", "DELETE FROM profile.note WHERE note_id = ANY($1::bigint[])")

MOVE_NOTES = Statement(
    "profile.note_move",
    """
UPDATE profile.note n SET person_id = moved.person_id
FROM unnest($1::bigint[], $2::bigint[]) AS moved (note_id, person_id) WHERE n.note_id = moved.note_id
""",
)

EXPIRE_NOTES = Statement(
    "profile.note_expire",
    """
DELETE FROM profile.note WHERE note_id = ANY(ARRAY(
    SELECT note_id FROM profile.note
    WHERE moment < chassis.now() - interval '1 day' ORDER BY moment LIMIT $1))
""",
)

# Whose wallet a code leads to: the survivor's, where it was merged.
PAYEES = Statement(
    "profile.note_payees",
    """
SELECT told.code, a.person_id
FROM profile.account told JOIN profile.account a ON a.account_id = coalesce(told.merged_into, told.account_id)
WHERE told.code = ANY($1::text[])
""",
)
