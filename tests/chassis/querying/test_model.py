"""Lists give what a model in Python gives: any filters, any order, any page, whatever is in the values."""

import asyncio
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.querying import patterns
from chassis.querying.query import Query
from chassis.querying.refusals import ColumnUnknown
from tests.chassis.querying.shelf import (
    BOOKS,
    CREATE,
    EVERYTHING,
    LIBRARIES,
    ORDERABLE,
    TITLES,
    VALUES,
    Book,
    books,
    matches,
)
from tests.conftest import Dsn, _database

COMPARED = ("eq", "neq", "gt", "gte", "lt", "lte")


@dataclass(frozen=True)
class Filter:
    """One comparison, for the query and for the model."""

    name: str
    how: str
    value: Any = None

    def on(self, query: Any) -> Any:
        match self.how:
            case "null":
                return query.is_null(self.name)
            case "set":
                return query.is_not_null(self.name)
            case "in":
                return query.in_(self.name, self.value)
        return getattr(query, self.how)(self.name, self.value)

    def holds(self, book: Book) -> bool:
        return matches(self.how, getattr(book, self.name), self.value)


def _compared(name: str) -> st.SearchStrategy[Filter]:
    return st.builds(Filter, st.just(name), st.sampled_from(COMPARED), VALUES[name])


PATTERNS = TITLES.map(patterns.literal) | TITLES.map(patterns.starting_with) | TITLES.map(patterns.containing)
FILTERS = (
    st.sampled_from(EVERYTHING).flatmap(_compared)
    | st.sampled_from(EVERYTHING).flatmap(
        lambda name: st.builds(Filter, st.just(name), st.just("in"), st.lists(VALUES[name], max_size=3))
    )
    | st.builds(Filter, st.just("pages"), st.sampled_from(["null", "set"]))
    | st.builds(Filter, st.just("title"), st.sampled_from(["like", "ilike"]), PATTERNS | st.just("a_%"))
)
ORDERS = st.lists(st.tuples(st.sampled_from(ORDERABLE), st.booleans()), max_size=3, unique_by=lambda order: order[0])


@dataclass(frozen=True)
class Asked:
    """Everything that a list may be asked for."""

    filters: list[Filter]
    alternatives: list[list[Filter]]
    orders: list[tuple[str, bool]]

    def query(self) -> Query:
        query = books()
        for one in self.filters:
            query = one.on(query)
        if self.alternatives:
            query = query.or_(*(lambda it, each=each: _all(it, each) for each in self.alternatives))
        for name, descending in self.orders:
            query = query.order_by(name, descending=descending)
        return query

    def model(self, library: list[Book]) -> list[tuple[Any, ...]]:
        found = [book for book in library if all(one.holds(book) for one in self.filters)]
        if self.alternatives:
            found = [book for book in found if any(all(f.holds(book) for f in each) for each in self.alternatives)]
        # The key comes last and in the direction of what is before it; sorting is stable, so the last order goes first.
        orders = [*self.orders, ("book_id", self.orders[-1][1] if self.orders else False)]
        for name, descending in reversed(orders):
            found.sort(key=lambda book: getattr(book, name), reverse=descending)
        return [book.row for book in found]


def _all(it: Any, each: list[Filter]) -> Any:
    for one in each:
        it = one.on(it)
    return it


ASKED = st.builds(
    Asked, st.lists(FILTERS, max_size=3), st.lists(st.lists(FILTERS, min_size=1, max_size=2), max_size=2), ORDERS
)


class Source:
    """As much of a session as a list needs, over a connection of a loop of its own."""

    def __init__(self, dsn: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.connection = self.run(asyncpg.connect(dsn))
        self.run(self.connection.execute(CREATE))

    def run(self, awaited: Any) -> Any:
        return self.loop.run_until_complete(awaited)

    async def fetch(self, statement: Any, *arguments: Any) -> Any:
        return await self.connection.fetch(statement.sql, *arguments)

    async def fetchval(self, statement: Any, *arguments: Any) -> Any:
        return await self.connection.fetchval(statement.sql, *arguments)

    def fill(self, library: list[Book]) -> None:
        self.run(self.connection.execute("TRUNCATE shelf.book"))
        self.add(library)

    def add(self, library: list[Book]) -> None:
        places = ", ".join(f"${number}" for number in range(1, len(EVERYTHING) + 1))
        self.run(
            self.connection.executemany(f"INSERT INTO shelf.book VALUES ({places})", [book.row for book in library])
        )

    def page(self, query: Query) -> Any:
        return self.run(query.execute(self))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def source(server_dsn: Dsn) -> Iterator[Source]:
    """A library of this module."""
    with _database(server_dsn, "template1") as name:
        source = Source(server_dsn(name))
        yield source
        source.run(source.connection.close())
        source.loop.close()


def _rows(page: Any) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in EVERYTHING) for row in page.rows]


@given(library=LIBRARIES, asked=ASKED, page=st.integers(1, 4), size=st.integers(1, 8))
def test_a_page_by_number_is_the_models(
    source: Source, library: list[Book], asked: Asked, page: int, size: int
) -> None:
    """Filters, order, page and total are those of the model, whatever is asked for."""
    source.fill(library)
    found = source.page(asked.query().paginate(page, size).with_count())
    expected = asked.model(library)
    assert _rows(found) == expected[(page - 1) * size : page * size]
    assert found.total == len(expected)
    assert bool(found.next_token) == (len(expected) > page * size)


@given(library=LIBRARIES, asked=ASKED, size=st.integers(1, 5))
def test_all_pages_by_token_are_the_models_rows_once_each(
    source: Source, library: list[Book], asked: Asked, size: int
) -> None:
    """Walking from token to token gives the model's rows in its order, each once."""
    source.fill(library)
    walked, token = [], ""
    while True:
        page = source.page(asked.query().limit(size).after(token))
        walked += _rows(page)
        token = page.next_token
        if not token:
            break
    assert walked == asked.model(library)


@given(library=LIBRARIES, newcomers=LIBRARIES, asked=ASKED, size=st.integers(1, 5))
def test_rows_that_come_during_the_walk_disturb_no_other(
    source: Source, library: list[Book], newcomers: list[Book], asked: Asked, size: int
) -> None:
    """Who was there before the walk is seen exactly once, who comes during it at most once, all in order."""
    there = {book.book_id for book in library}
    waiting = [book for book in newcomers if book.book_id not in there]
    came: list[Book] = []
    source.fill(library)
    walked, token = [], ""
    while True:
        page = source.page(asked.query().limit(size).after(token))
        walked += _rows(page)
        token = page.next_token
        if not token:
            break
        if waiting:
            came.append(waiting.pop())
            source.add(came[-1:])
    assert len(set(walked)) == len(walked)
    assert [row for row in walked if row[0] in there] == asked.model(library)
    assert walked == [row for row in asked.model([*library, *came]) if row in walked]


@given(asked=ASKED, shuffled=st.randoms())
def test_equal_shapes_are_one_statement(asked: Asked, shuffled: Any) -> None:
    """In whatever order filters are added, the text and the name are the same, and values never are in them."""
    mixed = list(asked.filters)
    shuffled.shuffle(mixed)
    other = Asked(mixed, asked.alternatives[::-1], asked.orders)
    assert asked.query().prepared().statement == other.query().prepared().statement
    assert "DROP" not in asked.query().prepared().statement.sql


def test_computed_columns_are_selected(source: Source) -> None:
    """What hangs on a row comes with it, and nothing else may be asked about it."""
    bought = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    source.fill([Book(1, "Emma", 1, None, 0.5, lent=False, bought=bought)])
    page = source.page(Query(BOOKS, name="shelf.initials").select("initial").limit(1))
    assert [row["initial"] for row in page.rows] == ["E"]
    with pytest.raises(ColumnUnknown):
        books().eq("initial", "E")
