"""The SQL of places, each statement under the name that metrics and `analyze` know it by."""

from chassis.database import Statement

# The names that have most of a text's letter triples in order, by the index on triples: a slip of the pen spoils three
# of them. Many names have all of them where the text is a part of each: then the one that has least besides comes
# first, which is the whole name where there is one. Nine places are shown, each of which may have several names: forty
# are enough, and written out, so that the planner knows how few they are. Which are meant decides matching.py.
SEARCH = Statement(
    "profile.search_places",
    """
SELECT asked.position, near.place_id, near.folded, near.likeness
FROM unnest($1::text[]) WITH ORDINALITY AS asked (folded, position)
CROSS JOIN LATERAL (
    SELECT n.place_id, n.folded, word_similarity(asked.folded, n.folded) AS likeness
    FROM profile.place_name n
    ORDER BY n.folded <->> asked.folded, n.folded <-> asked.folded
    LIMIT 40
) AS near
ORDER BY asked.position, near.likeness DESC, near.folded, near.place_id
""",
)

FIND_PLACES = Statement(
    "profile.find_places",
    "SELECT place_id, name, latitude, longitude FROM profile.place WHERE place_id = ANY($1::bigint[])",
)

# A merged person's id leads to the survivor's places.
LIST_SAVED = Statement(
    "profile.saved_places",
    """
SELECT asked.person_id AS asked_id, s.saved_place_id, s.kind, s.name, s.latitude, s.longitude
FROM profile.person asked
JOIN profile.saved_place s ON s.person_id = coalesce(asked.merged_into, asked.person_id)
WHERE asked.person_id = ANY($1::bigint[])
ORDER BY s.saved_place_id
""",
)

LIST_RECENT = Statement(
    "profile.recent_places",
    """
SELECT asked.person_id AS asked_id, r.name, r.latitude, r.longitude
FROM profile.person asked
JOIN profile.recent_place r ON r.person_id = coalesce(asked.merged_into, asked.person_id)
WHERE asked.person_id = ANY($1::bigint[])
ORDER BY r.person_id, r.position
""",
)

# Of people who become one: under the ids themselves, of which one leads to the other by then.
OWN_SAVED = Statement(
    "profile.own_saved_places",
    """
SELECT person_id, saved_place_id, kind, name, latitude, longitude FROM profile.saved_place
WHERE person_id = ANY($1::bigint[])
ORDER BY saved_place_id
""",
)

OWN_RECENT = Statement(
    "profile.own_recent_places",
    """
SELECT person_id, name, latitude, longitude FROM profile.recent_place
WHERE person_id = ANY($1::bigint[])
ORDER BY person_id, position
""",
)

NEW_SAVED = Statement(
    "profile.insert_saved_place",
    """
INSERT INTO profile.saved_place (person_id, kind, name, latitude, longitude) VALUES ($1, $2, $3, $4, $5)
RETURNING saved_place_id
""",
)

CHANGE_SAVED = Statement(
    "profile.update_saved_places",
    """
UPDATE profile.saved_place s
SET person_id = new.person_id, kind = new.kind, name = new.name, latitude = new.latitude, longitude = new.longitude
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::double precision[], $6::double precision[])
     AS new (saved_place_id, person_id, kind, name, latitude, longitude)
WHERE s.saved_place_id = new.saved_place_id
""",
)

DELETE_SAVED = Statement(
    "profile.delete_saved_places", "DELETE FROM profile.saved_place WHERE saved_place_id = ANY($1::bigint[])"
)

DELETE_RECENT = Statement(
    "profile.delete_recent_places", "DELETE FROM profile.recent_place WHERE person_id = ANY($1::bigint[])"
)

NEW_RECENT = Statement(
    "profile.insert_recent_places",
    """
INSERT INTO profile.recent_place (person_id, position, name, latitude, longitude)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::double precision[], $5::double precision[])
""",
)

# A place of a file. The same source and key again: the file knows better by now.
UPSERT_PLACES = Statement(
    "profile.upsert_places",
    """
INSERT INTO profile.place AS p (source, source_key, name, latitude, longitude)
SELECT $1, source_key, name, latitude, longitude
FROM unnest($2::text[], $3::text[], $4::double precision[], $5::double precision[])
     AS new (source_key, name, latitude, longitude)
ORDER BY source_key
ON CONFLICT (source, source_key) DO UPDATE
SET name = excluded.name, latitude = excluded.latitude, longitude = excluded.longitude
RETURNING place_id, source_key, (xmax = 0) AS new
""",
)

DELETE_NAMES = Statement(
    "profile.delete_place_names",
    """
DELETE FROM profile.place_name n USING unnest($1::bigint[]) AS changed (place_id) WHERE n.place_id = changed.place_id
""",
)

NEW_NAMES = Statement(
    "profile.insert_place_names",
    """
INSERT INTO profile.place_name (place_id, folded)
SELECT * FROM unnest($1::bigint[], $2::text[])
ON CONFLICT (place_id, folded) DO NOTHING
""",
)
