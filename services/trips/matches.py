"""Who was looked at for trips, as rows: kept with the trip, read for operators and for drivers who ask, forgotten."""

import datetime
import itertools
from collections.abc import Sequence
from typing import Any

from chassis.database import Database, Session, Statement
from services.trips.match import Candidate, Match, Reason
from services.trips.presence import Vehicle

# The drivers of all matches one after the other; each match has those from `first` to `last`.
INSERT_MATCHES = Statement(
    "trips.insert_matches",
    """
INSERT INTO trips.match (trip_id, vehicle, made_at, driver_ids, reasons, meters, ages)
SELECT trip_id, vehicle, made_at, ($6::bigint[])[first:last], ($7::smallint[])[first:last],
       ($8::float8[])[first:last]::real[], ($9::float8[])[first:last]::real[]
FROM unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::int[], $5::int[])
     AS new (trip_id, vehicle, made_at, first, last)
ON CONFLICT DO NOTHING
""",
)

MATCH = Statement(
    "trips.get_match",
    """
SELECT match.trip_id, match.vehicle, match.made_at, coalesce(merged.to_id, looked.driver_id) AS driver_id,
       looked.reason, looked.meters, looked.age
FROM trips.match
CROSS JOIN LATERAL unnest(match.driver_ids, match.reasons, match.meters, match.ages) WITH ORDINALITY
     AS looked (driver_id, reason, meters, age, position)
LEFT JOIN trips.merged ON merged.from_id = looked.driver_id
WHERE match.trip_id = $1::bigint
ORDER BY match.made_at, looked.position
""",
)

# Of the latest thousand with the driver's vehicle, and of the last day: seldom asked, and never more than that is read.
MISSED = Statement(
    "trips.missed_trips",
    """
WITH me AS MATERIALIZED (
    SELECT coalesce((SELECT to_id FROM trips.merged WHERE from_id = $1::bigint), $1::bigint) AS person_id
), mine AS MATERIALIZED (
    SELECT person_id FROM me
    UNION ALL
    SELECT from_id FROM trips.merged WHERE to_id = (SELECT person_id FROM me)
)
SELECT latest.made_at, (SELECT person_id FROM me) AS driver_id, looked.reason, looked.meters, looked.age
FROM (
    SELECT made_at, driver_ids, reasons, meters, ages FROM trips.match
    WHERE vehicle = (SELECT vehicle FROM trips.presence WHERE person_id = (SELECT person_id FROM me))
      AND made_at > chassis.now() - interval '1 day'
    ORDER BY made_at DESC LIMIT 1000
) AS latest
CROSS JOIN LATERAL unnest(latest.driver_ids, latest.reasons, latest.meters, latest.ages)
     AS looked (driver_id, reason, meters, age)
WHERE latest.driver_ids && ARRAY(SELECT person_id FROM mine)
  AND looked.driver_id = ANY(ARRAY(SELECT person_id FROM mine)) AND looked.reason NOT IN (1, 2, 9)
ORDER BY latest.made_at DESC LIMIT $2
""",
)

# Ids grow with time: the oldest are at the front of the primary key.
EXPIRE_MATCHES = Statement(
    "trips.expire_matches",
    """
DELETE FROM trips.match WHERE trip_id = ANY(ARRAY(
    SELECT trip_id FROM (SELECT trip_id, made_at FROM trips.match ORDER BY trip_id, made_at LIMIT $2) AS oldest
    WHERE made_at < chassis.now() - make_interval(days => $1)))
""",
)
_AT_ONCE = 1000


async def keep(session: Session, matches: Sequence[Match]) -> None:
    """All of a batch in one statement."""
    if not matches:
        return
    firsts: list[int] = []
    lasts: list[int] = []
    candidates: list[Candidate] = []
    for match in matches:
        firsts.append(len(candidates) + 1)
        candidates += match.candidates
        lasts.append(len(candidates))
    await session.execute(
        INSERT_MATCHES,
        [match.trip_id for match in matches],
        [match.vehicle.value for match in matches],
        [match.made_at for match in matches],
        firsts,
        lasts,
        [candidate.person_id for candidate in candidates],
        [candidate.reason.value for candidate in candidates],
        [candidate.meters for candidate in candidates],
        [candidate.age_seconds for candidate in candidates],
    )


class MatchStore:
    """The matches of the database."""

    def __init__(self, database: Database, retention_days: int) -> None:
        self._database = database
        self._retention_days = retention_days

    async def matches(self, trip_id: int) -> list[Match]:
        """Who was looked at for a trip, each time; empty when nothing is known of it any more."""
        return of_rows(await self._database.fetch(MATCH, trip_id))

    async def missed(self, person_id: int, most: int) -> list[tuple[datetime.datetime, Candidate]]:
        """When a driver was looked at and not asked, newest first, and as what."""
        rows = await self._database.fetch(MISSED, person_id, most)
        return [(row["made_at"], _candidate(row)) for row in rows]

    async def expire(self) -> int:
        """Forget a step of what is too old; answers how many matches went."""
        return await self._database.execute(EXPIRE_MATCHES, self._retention_days, _AT_ONCE)


def of_rows(rows: Sequence[Any]) -> list[Match]:
    """The matches in rows of MATCH."""
    return [
        Match(trip_id, Vehicle(vehicle), made_at, tuple(map(_candidate, looked)))
        for (trip_id, vehicle, made_at), looked in itertools.groupby(
            rows, lambda row: (row["trip_id"], row["vehicle"], row["made_at"])
        )
    ]


def _candidate(row: Any) -> Candidate:
    return Candidate(row["driver_id"], Reason(row["reason"]), row["meters"], row["age"])
