"""Brings the places of a file into the gazetteer: new ones are added, known ones changed, none is taken out."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field

from chassis.database import Database, DatabaseSettings, open_database
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from services.profile.places import statements
from services.profile.places.reading import BadLine, Line

# A step takes some ten milliseconds and keeps nobody waiting.
_STEP = 1000


@dataclass(slots=True)
class Loaded:
    """What has been read and written so far."""

    read: int = 0
    new: int = 0
    changed: int = 0
    bad: list[BadLine] = field(default_factory=list)
    """Those of the last step."""
    bad_lines: int = 0


class Loader:
    """Writes to the gazetteer of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, source: str, lines: Iterable[Line | BadLine]) -> AsyncIterator[Loaded]:
        """Load a file step by step, each step in a transaction of its own; what has been done so far after each.

        Loading the same file again changes nothing. Of lines with one key the last counts.
        """
        done = Loaded()
        step: dict[str, Line] = {}
        for line in lines:
            done.read += 1
            if isinstance(line, BadLine):
                done.bad.append(line)
                done.bad_lines += 1
            else:
                step[line.key] = line
            if len(step) + len(done.bad) >= _STEP:
                await self._write(source, step, done)
                yield done
                step, done.bad = {}, []
        await self._write(source, step, done)
        yield done

    async def _write(self, source: str, step: Mapping[str, Line], done: Loaded) -> None:
        if not step:
            return
        places = list(step.values())
        async with self._database.transaction() as session:
            rows = await session.fetch(
                statements.UPSERT_PLACES,
                source,
                [place.key for place in places],
                [place.name for place in places],
                [place.latitude for place in places],
                [place.longitude for place in places],
            )
            await session.execute(statements.DELETE_NAMES, [row["place_id"] for row in rows])
            names = [(row["place_id"], name) for row in rows for name in step[row["source_key"]].names]
            await session.execute(
                statements.NEW_NAMES, [place_id for place_id, _ in names], [name for _, name in names]
            )
        new = sum(row["new"] for row in rows)
        done.new += new
        done.changed += len(rows) - new


@contextlib.asynccontextmanager
async def open_loader(dsn: str) -> AsyncIterator[Loader]:
    """For one command."""
    # One connection is all that it takes, and nobody collects the telemetry of a command.
    given = {"DATABASE_URL": dsn, "DATABASE_POOL_MIN": "0", "DATABASE_POOL_MAX": "1"}
    async with (
        open_telemetry("operator", load(TelemetrySettings, {})) as telemetry,
        open_database(load(DatabaseSettings, given), application="hailwire-places", telemetry=telemetry) as database,
    ):
        yield Loader(database)
