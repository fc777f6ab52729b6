"""One shape, one prepared statement: what a list costs a connection is paid once."""

from chassis.database import Statement
from chassis.telemetry import Telemetry
from tests.chassis.pools import page, pool
from tests.chassis.querying.shelf import CREATE, books

PREPARED = Statement(
    "test.prepared",
    "SELECT count(*) AS statements, sum(generic_plans + custom_plans) AS runs "
    "FROM pg_prepared_statements WHERE statement ~ 'FROM shelf[.]book AS'",
)


async def test_equal_shapes_are_prepared_once(traced: Telemetry, empty_database_url: str) -> None:
    """Ten lists of one shape, with other values and filters in another order, are one statement run ten times."""
    async with pool(empty_database_url, traced) as database:
        async with database.session() as session:
            await session.connection.execute(CREATE)
        for number in range(5):
            await books().eq("shelf", number).gt("price", float(number)).limit(1 + number).execute(database)
            await books().gt("price", -1.0).eq("shelf", -number).execute(database)
        assert tuple(await database.fetchrow(PREPARED) or ()) == (1, 10)
        # A total is a statement of its own, and nobody pays for it who does not ask.
        await books().eq("shelf", 1).gt("price", 1.0).with_count().execute(database)
        assert tuple(await database.fetchrow(PREPARED) or ()) == (2, 12)
    name = "shelf.books[price:gt,shelf;book_id]"
    assert f'hailwire_database_statement_seconds_count{{statement="{name}"}} 11.0' in page(traced)
