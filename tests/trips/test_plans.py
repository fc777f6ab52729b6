"""Every index is there for a named statement, and every statement finds its rows by an index: shown by their plans."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import pytest

from services.trips import events, geo, merge_statements, search, statements

_NOW = datetime.datetime.now(datetime.UTC)
_LOOK = geo.windows(geo.Location(-1.5, 30.5), 10_000)[0]

# Statement, arguments, the indexes that its plan must name.
PLANS = [
    (statements.LOCK_PARTICIPANTS, [[5]], {"participant_pkey"}),
    (statements.MERGED, [[5]], {"merged_pkey"}),
    (
        statements.OPEN_TRIPS_IN_FULL,
        [[5]],
        {"merged_pkey", "trip_open_of_passenger", "trip_open_of_driver", "offer_of_trip"},
    ),
    (statements.PRESENCES_ASKED_FOR, [[5]], {"merged_pkey", "presence_pkey"}),
    (statements.NOTIFY, [["trips_presence"], [5]], {"merged_to_id"}),
    (statements.LOCK_TRIPS, [[5]], {"trip_pkey"}),
    (statements.TRIPS, [[5, 6]], {"trip_pkey", "offer_of_trip"}),
    (statements.OPEN_TRIPS, [[5]], {"trip_open_of_passenger", "trip_open_of_driver"}),
    (statements.LIST_TRIPS, [5, 2**62, 50], {"merged_pkey", "trip_of_passenger", "trip_of_driver"}),
    (statements.PRESENCES, [[5]], {"presence_pkey"}),
    (statements.OFFERED_TRIPS, [[5]], {"offer_pkey"}),
    (statements.OPEN_OFFERS, [[5]], {"offer_open_of_driver"}),
    (statements.DUE_TRIPS, [100], {"trip_due", "offer_due"}),
    (statements.UPDATE_OFFERS, [[5], [2]], {"offer_pkey"}),
    (
        merge_statements.TRIPS_OF_PEOPLE,
        [[5]],
        {"trip_open_of_passenger", "trip_open_of_driver", "offer_open_of_driver"},
    ),
    (merge_statements.FOLLOW, [[5], [6]], {"merged_to_id"}),
    (merge_statements.MOVE_CANCELLERS, [[5], [6]], {"trip_of_passenger", "trip_of_driver"}),
    (merge_statements.MOVE_OFFERS, [[5], [6]], {"offer_of_driver"}),
    (merge_statements.MOVE_EVENTS, [[5], [6]], {"event_of_recipient"}),
    (merge_statements.LOCK_MAILBOXES, [[5]], {"mailbox_pkey"}),
    (events.TAKE, ["a", 100, datetime.timedelta(seconds=30)], {"mailbox_pkey", "event_of_recipient"}),
    (
        search.NEAREST_DRIVERS,
        [[0], [0], [1], *([edge] for edge in _LOOK), [26], datetime.timedelta(minutes=30)],
        {"merged_pkey", "presence_available", "trip_open_of_passenger"},
    ),
]


async def _fill(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        """
        INSERT INTO trips.participant SELECT n FROM generate_series(1, 20000) n;
        INSERT INTO trips.merged SELECT n, n - 20000 FROM generate_series(20001, 40000) n;
        INSERT INTO trips.presence (person_id, online, vehicle, latitude, longitude, located_at)
        SELECT n, n % 2 = 0, 1 + n % 5, -2 + random(), 30 + random(), now() FROM generate_series(1, 20000) n;
        INSERT INTO trips.trip (trip_id, state, passenger_id, driver_id, vehicle, latitude, longitude, created_at,
                                updated_at, expires_at)
        SELECT n, CASE WHEN n % 50 = 0 THEN 2 WHEN n % 50 = 1 THEN 3 ELSE 6 END, n,
               CASE WHEN n % 50 > 0 THEN n + 1 END, 1, -1.5, 30.5, now(), now(), now() + n * interval '1 minute'
        FROM generate_series(1, 20000) n;
        INSERT INTO trips.offer (offer_id, trip_id, driver_id, state, distance_meters, expires_at)
        SELECT n, n, n + 1, CASE WHEN n % 50 = 0 THEN 1 ELSE 2 END, 5, now() + n * interval '1 minute'
        FROM generate_series(1, 20000) n;
        INSERT INTO trips.mailbox SELECT n FROM generate_series(1, 20000) n;
        INSERT INTO trips.event (recipient_id, kind, payload) SELECT n, 1, '' FROM generate_series(1, 20000) n;
        ANALYZE;
        """
    )
    await connection.close()


@pytest.fixture(scope="module")
def filled(database_url: str) -> str:
    """A database with twenty thousand of everything, most of it long over."""
    with ThreadPoolExecutor(1) as thread:  # a loop of its own, because the tests' loops are younger than the module
        thread.submit(asyncio.run, _fill(database_url)).result()
    return database_url


@pytest.fixture
async def connection(filled: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(filled, server_settings={"jit": "off"})
    yield connection
    await connection.close()


@pytest.mark.parametrize(("statement", "arguments", "indexes"), PLANS, ids=[plan[0].name for plan in PLANS])
async def test_a_statement_is_answered_from_its_indexes(
    connection: Any, statement: Any, arguments: list[Any], indexes: set[str]
) -> None:
    """The plan names the indexes that were made for it and reads no table from end to end."""
    plan = "\n".join(row[0] for row in await connection.fetch("EXPLAIN " + statement.sql, *arguments))
    assert [index for index in indexes if index not in plan] == [], plan
    assert "Seq Scan on" not in plan.replace("Seq Scan on clock", ""), plan


async def test_every_index_is_wanted_by_a_statement(connection: Any) -> None:
    """No index that only costs."""
    wanted = set().union(*(indexes for _, _, indexes in PLANS))
    rows = await connection.fetch("SELECT indexname FROM pg_indexes WHERE schemaname = 'trips'")
    spare = {row["indexname"] for row in rows} - wanted
    assert spare == {"event_pkey", "request_pkey", "request_created_at"}  # acknowledging and the ledger
