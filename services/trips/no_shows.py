"""Who did not come, as rows: written with the change that says so, counted for the next request and for operators."""

import datetime
from collections.abc import Collection, Sequence

from chassis.database import Database, Session, Statement
from services.trips.no_show import NoShow, refused_until
from services.trips.terms import Terms

_KEEP = Statement(
    "trips.keep_no_shows",
    """
INSERT INTO trips.no_show (trip_id, person_id, as_driver, noted_at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::timestamptz[])
""",
)

# Of each passenger the no-show before which there are $2 newer ones: as long as it counts, so do as many as the limit.
AT_LIMIT = Statement(
    "trips.no_shows_at_limit",
    """
SELECT asked.person_id, missed.noted_at
FROM unnest($1::bigint[]) AS asked (person_id)
CROSS JOIN LATERAL (
    SELECT n.noted_at FROM trips.no_show n
    WHERE n.person_id = asked.person_id AND NOT n.as_driver
    ORDER BY n.noted_at DESC OFFSET $2 LIMIT 1
) AS missed
""",
)

# For operators: whoever was waited for in vain most often in so many days.
COUNT = Statement(
    "trips.count_no_shows",
    """
SELECT n.person_id, n.as_driver, count(*) AS lately, max(n.noted_at) AS last_at
FROM trips.no_show n
WHERE n.noted_at >= (SELECT chassis.now()) - make_interval(days => $1)
GROUP BY n.person_id, n.as_driver
ORDER BY lately DESC, last_at DESC, n.person_id LIMIT $2
""",
    example=("7", "50"),
    scans="an operator asks now and then, and counts everything of those days",
)

# For operators: one person in either role, with the latest trips.
COUNT_OF_PERSON = Statement(
    "trips.count_no_shows_of_person",
    """
SELECT n.person_id, n.as_driver, count(*) AS noted, max(n.noted_at) AS last_at,
       count(*) FILTER (WHERE n.noted_at >= chassis.now() - make_interval(days => $2)) AS lately,
       (array_agg(n.trip_id ORDER BY n.noted_at DESC))[1:10] AS trip_ids
FROM trips.no_show n
WHERE n.person_id = coalesce((SELECT to_id FROM trips.merged WHERE from_id = $1::bigint), $1::bigint)
GROUP BY n.person_id, n.as_driver
ORDER BY n.as_driver
""",
    example=("1", "7"),
)

_MOVE = Statement(
    "trips.move_no_shows",
    """
UPDATE trips.no_show n SET person_id = merged.to_id
FROM unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id)
WHERE n.person_id = merged.from_id
""",
)
_ERASE = Statement("trips.erase_no_shows", "DELETE FROM trips.no_show WHERE person_id = ANY($1::bigint[])")

# Nothing counts for more than a year. An array keeps the planner on the index.
_EXPIRE = Statement(
    "trips.expire_no_shows",
    """
DELETE FROM trips.no_show WHERE trip_id = ANY(ARRAY(
    SELECT trip_id FROM trips.no_show WHERE noted_at < chassis.now() - interval '1 year' ORDER BY noted_at LIMIT $1))
""",
)
_STEP = 1000


async def keep(session: Session, no_shows: Sequence[NoShow]) -> None:
    """All of a batch in one statement."""
    if no_shows:
        await session.execute(
            _KEEP,
            [one.trip_id for one in no_shows],
            [one.person_id for one in no_shows],
            [one.as_driver for one in no_shows],
            [one.noted_at for one in no_shows],
        )


async def refused(
    session: Session, passengers: Collection[int], terms: Terms, now: datetime.datetime
) -> dict[int, datetime.datetime]:
    """Those of the passengers who may not ask for a ride now, and until when."""
    if not (terms.no_show_limit and passengers):
        return {}
    rows = await session.fetch(AT_LIMIT, sorted(passengers), terms.no_show_limit - 1)
    found = {row["person_id"]: refused_until(row["noted_at"], terms, now) for row in rows}
    return {person_id: until for person_id, until in found.items() if until is not None}


async def move(session: Session, from_ids: list[int], to_ids: list[int]) -> None:
    """What was noted of those who were merged is the survivors'."""
    await session.execute(_MOVE, from_ids, to_ids)


async def erase(session: Session, people: list[int]) -> None:
    """Everything that was noted of these people."""
    await session.execute(_ERASE, people)


async def expire(database: Database) -> int:
    """Forget a step of what is too old to count; answers how much went."""
    return await database.execute(_EXPIRE, _STEP)
