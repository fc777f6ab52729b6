"""Processes that serve due rides die in the middle of it: each thing happens once all the same."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from launcher import ports
from tests.chassis.polling import until_awaited
from tests.mesh.processes import Process, grpc_probe
from tests.trips import calls, schedule_calls
from tests.trips.schedule_calls import Clock

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ONE = NOON + timedelta(hours=1)

_WAIT = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def _replica(number: int, database_url: str, folder: Path) -> Process:
    port, prometheus = ports.choose(2)
    environ = {
        "DATABASE_URL": database_url,
        "HAILWIRE_ENV": "development",
        "HAILWIRE_HOME": str(folder / str(number)),
        "TRIPS_GRPC_PORT": str(port),
        "TRIPS_PROMETHEUS_PORT": str(prometheus),
        "TRIPS_DUE_INTERVAL_MS": "10",
        "LOCATION_FRESH_SECONDS": "10000000",
    }
    return Process(f"trips-{number}", "trips", environ, folder / f"trips-{number}.log", grpc_probe(port))


async def test_whatever_dies_each_thing_happens_once(fresh_database_url: str, open_trips: Any, tmp_path: Path) -> None:
    """A replica is killed with -9 inside its transaction, twice; two others do the rest, and nothing twice."""
    clock = Clock(fresh_database_url)
    await clock.set(NOON)
    async with open_trips(TRIPS_DUE_INTERVAL_MS="60000", LOCATION_FRESH_SECONDS="10000000") as quiet:
        crowd = await calls.drivers(quiet, 3)
        passengers = [calls.person() for _ in range(60)]
        for passenger in passengers:
            await schedule_calls.created(quiet, passenger, ONE)
        victim, *others = [_replica(number, fresh_database_url, tmp_path) for number in range(3)]
        connection = await asyncpg.connect(fresh_database_url)
        watching = await asyncpg.connect(fresh_database_url)
        # What keeps the victim in its transaction: the mailbox of somebody to be reminded, a driver to be asked.
        stops = (
            (ONE - timedelta(minutes=29), "INSERT INTO trips.mailbox (recipient_id) VALUES ($1)", passengers[30]),
            (ONE - timedelta(minutes=14), "SELECT FROM trips.participant WHERE person_id = $1 FOR UPDATE", crowd[0]),
        )
        try:
            for moment, stop, whose in stops:
                async with connection.transaction():
                    await connection.execute(stop, whose)
                    await clock.set(moment)
                    victim.start()
                    await until_awaited(lambda: _waits(watching), seconds=120)
                    victim.kill()
                for other in others:
                    other.start()
                await schedule_calls.nothing_due(fresh_database_url)
                for other in others:
                    other.kill()
        finally:
            for process in (victim, *others):
                process.kill()
        heard = Counter(await calls.heard(quiet))
        assert heard == {
            **dict.fromkeys((("SCHEDULE_REMINDER", passenger) for passenger in passengers), 1),
            **dict.fromkeys((("OFFER_MADE", driver) for driver in crowd), 60),
        }
        made = await connection.fetch("SELECT passenger_id, count(*) FROM trips.trip GROUP BY passenger_id")
        rides = await connection.fetch("SELECT state, count(*) FROM trips.occurrence GROUP BY state")
        await connection.close()
        await watching.close()
        assert {row["passenger_id"]: row["count"] for row in made} == dict.fromkeys(passengers, 1)
        assert [(row["state"], row["count"]) for row in rides] == [(4, 60)]


async def _waits(connection: Any) -> bool:
    return bool(await connection.fetchval(_WAIT))
