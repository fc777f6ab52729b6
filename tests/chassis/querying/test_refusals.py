"""What a caller gets wrong is an InvalidArgument with its own reason, and never reaches the database."""

import base64
import datetime
import json
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import errors
from chassis.querying import cursors, patterns
from chassis.querying.query import MAX_OFFSET, MAX_SIZE, Query
from chassis.querying.served import Served
from chassis.querying.table import Column, Table
from chassis.querying.values import TEXT
from tests.chassis.querying.shelf import BOOKS, CREATE, books

INJECTIONS = [
    "title; DROP TABLE shelf.book",
    'title"',
    "title--",
    "b.title",
    "Title",
    "title ",
    "",
    "initial",
    "1",
    "title\0",
    "pg_sleep(9)",
]


def _reason(ask: Any) -> str:
    with pytest.raises(errors.InvalidArgument) as refused:
        ask()
    return refused.value.reason


@pytest.mark.parametrize("name", INJECTIONS)
def test_only_declared_columns(name: str) -> None:
    """A name that is not declared is refused wherever a column may stand; the refusal does not repeat it."""
    for ask in (
        lambda: books().eq(name, "x"),
        lambda: books().in_(name, []),
        lambda: books().like(name, "x"),
        lambda: books().is_null(name),
        lambda: books().order_by(name),
        lambda: books().or_(lambda it: it.eq(name, "x")),
    ):
        assert _reason(ask) == "COLUMN_UNKNOWN"
    if name != "initial":
        assert _reason(lambda: books().select(name)) == "COLUMN_UNKNOWN"


@given(st.text())
def test_any_text_is_a_parameter(text: str) -> None:
    """A value changes neither text nor name of the statement; one that PostgreSQL cannot store is refused."""
    if "\0" in text or any(0xD800 <= ord(character) < 0xE000 for character in text):
        assert _reason(lambda: books().eq("title", text)) == "VALUE_INVALID"
        return
    asked = books().eq("title", text).prepared()
    assert asked.statement == books().eq("title", "x").prepared().statement
    assert asked.arguments[0] == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("book_id", "1"),
        ("book_id", 2**63),
        ("book_id", True),
        ("shelf", 2**15),
        ("pages", None),
        ("price", float("nan")),
        ("price", 1),
        ("lent", 1),
        ("title", b"x"),
        ("bought", datetime.datetime(2026, 1, 1)),  # noqa: DTZ001 - without a zone it is no moment
        ("bought", "2026-01-01"),
    ],
)
def test_values_have_the_columns_type(name: str, value: Any) -> None:
    """A value of another type, or out of range, is refused."""
    assert _reason(lambda: books().gt(name, value)) == "VALUE_INVALID"
    assert _reason(lambda: books().in_(name, [value])) == "VALUE_INVALID"


def test_patterns() -> None:
    """A pattern is text that PostgreSQL takes, for a column of text."""
    assert _reason(lambda: books().like("title", "a\\")) == "VALUE_INVALID"
    assert _reason(lambda: books().ilike("book_id", "1")) == "VALUE_INVALID"
    assert patterns.starting_with("50%_\\") == "50\\%\\_\\\\%"


@pytest.mark.parametrize("page", [0, -1, -(2**70)])
def test_pages_begin_with_one(page: int) -> None:
    """Page 0 and negative pages are refused, not taken for the first."""
    assert _reason(lambda: books().paginate(page, 10)) == "PAGE_INVALID"


def test_far_pages_need_a_token() -> None:
    """Skipping is bounded: it reads what it skips."""
    assert books().paginate(MAX_OFFSET // 10 + 1, 10).skipped == MAX_OFFSET
    assert _reason(lambda: books().paginate(MAX_OFFSET // 10 + 2, 10)) == "PAGE_INVALID"
    assert _reason(lambda: books().offset(-1)) == "PAGE_INVALID"
    assert _reason(lambda: books().paginate(2, 10).after("x").prepared()) == "PAGE_INVALID"


@pytest.mark.parametrize("size", [0, -1, MAX_SIZE + 1])
def test_the_size_of_a_page_has_bounds(size: int) -> None:
    """No rows, less, or more than are served at once."""
    assert _reason(lambda: books().limit(size)) == "PAGE_SIZE_INVALID"
    assert _reason(lambda: books().paginate(1, size)) == "PAGE_SIZE_INVALID"


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_a_token_of_nobody(token: str) -> None:
    """Any text that we did not give is PAGE_TOKEN_INVALID."""
    if token:
        assert _reason(lambda: books().after(token).prepared()) == "PAGE_TOKEN_INVALID"


ROW = {"book_id": 7, "bought": datetime.datetime(2026, 1, 1, 0, 0, 0, 1, datetime.UTC), "title": "é"}


def _list() -> Query:
    return books().eq("shelf", 1).order_by("bought", descending=True)


def test_a_token_leads_back() -> None:
    """The values of the last row, to the microsecond, are the parameters of the next page."""
    arguments = _list().after(_list().token(ROW)).prepared().arguments
    assert arguments[:3] == (1, ROW["bought"], 7)


@pytest.mark.parametrize(
    "other",
    [
        books().eq("shelf", 2).order_by("bought", descending=True),
        books().eq("shelf", 1).order_by("bought"),
        books().eq("shelf", 1).order_by("title", descending=True),
        books().order_by("bought", descending=True),
        Query(BOOKS, name="shelf.others").eq("shelf", 1).order_by("bought", descending=True),
    ],
)
def test_a_token_of_another_list(other: Query) -> None:
    """A token goes with its filters, their values and the order."""
    assert _reason(lambda: other.after(_list().token(ROW)).prepared()) == "PAGE_TOKEN_INVALID"


@given(st.integers(0, 60), st.integers(0, 255))
def test_a_token_that_somebody_changed(position: int, byte: int) -> None:
    """A byte changed, a token cut short or made longer is refused."""
    token = _list().token(ROW)
    raw = bytearray(base64.urlsafe_b64decode(token))
    changed = raw.copy()
    changed[position % len(raw)] = byte
    for other in (bytes(changed), bytes(raw[: position % len(raw)]), bytes([*raw, byte])):
        text = base64.urlsafe_b64encode(other).decode()
        if text and text != token:
            assert _reason(lambda text=text: _list().after(text).prepared()) == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    "values", [[1, 2**70], ["x", 7], [10**30, 7], [1.5, 7], [True, 7], [1], {}, None, [None, None]]
)
def test_a_token_forged_with_the_right_seal(values: Any) -> None:
    """Whoever knows how tokens are sealed gets no further than a place in the list."""
    payload = json.dumps(values, separators=(",", ":")).encode()
    seal = cursors._seal(_list()._identity(), payload)
    token = base64.urlsafe_b64encode(b"\x02" + seal + payload).decode()
    assert _reason(lambda: _list().after(token).prepared()) == "PAGE_TOKEN_INVALID"


def test_shapes_that_are_not_served() -> None:
    """A refusal says which combinations there are."""
    served = Served((), ("person", "role"))
    served.check(["role", "person"])
    with pytest.raises(errors.InvalidArgument) as refused:
        served.check(["role"])
    assert refused.value.reason == "FILTERS_NOT_SERVED"
    assert refused.value.message == "not served together: role; served are no filter; person + role"


def test_mistakes_of_an_author() -> None:
    """Declarations are checked as well: identifiers are plain, keys are never NULL, alternatives say something."""
    with pytest.raises(ValueError, match="plain identifiers"):
        Table('shelf."book', "b", "title", (Column("title", TEXT),))
    with pytest.raises(ValueError, match="cannot be NULL"):
        Table("shelf.book", "b", "title", (Column("title", TEXT, nullable=True),))
    with pytest.raises(ValueError, match="holds always"):
        books().or_(lambda it: it)
    assert _reason(lambda: books().order_by("pages")) == "COLUMN_UNKNOWN"


async def test_single(empty_database_url: str) -> None:
    """None of none, the one of one, and of two an error instead of the first."""

    class Source:
        fetch = staticmethod(lambda statement, *arguments: connection.fetch(statement.sql, *arguments))

    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute(CREATE)
        insert = "INSERT INTO shelf.book VALUES ($1, 'a', 1, NULL, 0, false, now())"
        asked = books().eq("title", "a").single()
        assert await asked.execute(Source()) is None  # type: ignore[arg-type]
        await connection.execute(insert, 1)
        row = await asked.execute(Source())  # type: ignore[arg-type]
        assert row is not None
        assert row["book_id"] == 1
        await connection.execute(insert, 2)
        with pytest.raises(errors.InvalidArgument) as refused:
            await asked.execute(Source())  # type: ignore[arg-type]
        assert refused.value.reason == "NOT_SINGLE"
    finally:
        await connection.close()
