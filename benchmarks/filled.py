"""Whether a town with history is as fast as a new one: full turns with millions of rows behind them, and with none."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.contender import CONTENDERS, TURNED
from benchmarks.endtoend import Run, Size, new_town, run_on
from benchmarks.figures import Figure, ratio
from launcher import databases
from launcher.embedded import Cluster

NEW, OLD = "new town", "old town"
_TARGET = 0.9
# Above whatever the sequences give, so that nobody meets somebody.
_FIRST = 10**12

_KEYS = """
INSERT INTO gateway.inbox_key (key, stored_at)
SELECT decode(md5(n::text), 'hex'), chassis.now() - make_interval(secs => n * 86400.0 * 8 / $1::bigint)
FROM generate_series(1, $1::bigint) AS n
"""
_PEOPLE = """
WITH made AS (
    INSERT INTO profile.person (person_id, name, language, created_at, updated_at)
    SELECT $2::bigint + n, 'Neighbour ' || n, 'en', chassis.now(), chassis.now()
    FROM generate_series(1, $1::bigint) AS n
    RETURNING person_id
)
INSERT INTO profile.identity (kind, value_hash, value_sealed, person_id)
SELECT 1, sha256(int8send(person_id)), repeat('x', 48)::bytea, person_id FROM made
"""
_TRIPS = """
INSERT INTO trips.trip (trip_id, state, passenger_id, driver_id, vehicle, latitude, longitude,
                        created_at, updated_at, expires_at)
SELECT $2::bigint + n, 6, $2::bigint + 1 + n % 600000, $2::bigint + 600001 + n % 400000, 1 + n % 5,
       -2.8 + 1.7 * random(), 28.9 + 1.9 * random(), at, at, at
FROM generate_series(1, $1::bigint) AS n, LATERAL (SELECT chassis.now() - make_interval(secs => n)) AS made (at)
"""


@dataclass(frozen=True)
class History:
    """How many rows lie behind."""

    keys: int
    people: int
    trips: int


async def measure(
    size: Size, history: History, cluster: Cluster, folder: Path, tell: Callable[[str], None]
) -> tuple[dict[str, Any], list[Figure]]:
    """The suite for the results file, and what is judged."""
    names = {NEW: "benchmark_new", OLD: "benchmark_old"}
    runs: dict[str, list[Run]] = {NEW: [], OLD: []}
    try:
        for which, name in names.items():
            await new_town(cluster, name, folder / which.replace(" ", "-"), size.riders)
        tell(f"  {history.keys} keys, {history.people} people and {history.trips} trips are put into the old town")
        await _fill(cluster.dsn(names[OLD]), history)
        for name in names.values():  # whatever else differs, both are tidy
            await _tidy(cluster.dsn(name))
        for number in range(size.rounds):
            for which in (NEW, OLD) if number % 2 else (OLD, NEW):
                place = folder / f"{which.replace(' ', '-')}-{number}"
                run = await run_on(cluster.dsn(names[which]), CONTENDERS[0], TURNED, size, cluster, place)
                runs[which].append(run)
                tell(f"  {which}           {run.per_second:6.0f}/s {run.cpu_us:5.0f} us CPU")
    finally:
        for name in names.values():
            await databases.drop(cluster.dsn("postgres"), name)
    speeds = {name: [run.per_second for run in runs[name]] for name in runs}
    suite = {
        "name": "history",
        "rows": vars(history),
        "runs": {name: [run.told() for run in runs[name]] for name in runs},
    }
    return suite, [ratio("full turn: messages per second, old town / new town", speeds[OLD], speeds[NEW], _TARGET)]


async def _fill(dsn: str, history: History) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_KEYS, history.keys)
        await connection.execute(_PEOPLE, history.people, _FIRST)
        await connection.execute(_TRIPS, history.trips, _FIRST)
    finally:
        await connection.close()


async def _tidy(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
