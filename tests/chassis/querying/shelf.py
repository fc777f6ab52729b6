"""A table to ask about, and a model of it in Python."""

import datetime
import fnmatch
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from chassis.querying.query import Query
from chassis.querying.table import Column, Table
from chassis.querying.values import BIGINT, BOOLEAN, FLOAT, INTEGER, SMALLINT, TEXT, TIMESTAMPTZ

CREATE = """
CREATE SCHEMA shelf;
CREATE TABLE shelf.book (
    book_id bigint PRIMARY KEY,
    title   text COLLATE "C" NOT NULL,
    shelf   smallint NOT NULL,
    pages   integer,
    price   double precision NOT NULL,
    lent    boolean NOT NULL,
    bought  timestamptz NOT NULL
);
"""

BOOKS = Table(
    name="shelf.book",
    alias="b",
    key="book_id",
    columns=(
        Column("book_id", BIGINT),
        Column("title", TEXT),
        Column("shelf", SMALLINT),
        Column("pages", INTEGER, nullable=True),
        Column("price", FLOAT),
        Column("lent", BOOLEAN),
        Column("bought", TIMESTAMPTZ),
    ),
    computed={"initial": "left(b.title, 1)"},
)
EVERYTHING = tuple(column.name for column in BOOKS.columns)
ORDERABLE = tuple(column.name for column in BOOKS.columns if not column.nullable)


def books() -> Query:
    return Query(BOOKS, name="shelf.books").select(*EVERYTHING)


@dataclass(frozen=True)
class Book:
    """A row. Few values each, so that rows are often equal in some columns."""

    book_id: int
    title: str
    shelf: int
    pages: int | None
    price: float
    lent: bool
    bought: datetime.datetime

    @property
    def row(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in EVERYTHING)


TITLES = st.sampled_from(["", "a", "A", "ab", "a%", "a_b", "a\\", "é", "'; DROP TABLE shelf.book; --"])
MOMENTS = st.sampled_from(
    [datetime.datetime(2026, 1, 1, 0, 0, 0, micro, datetime.UTC) for micro in (0, 1, 999_999)]
    + [datetime.datetime(2, 1, 1, tzinfo=datetime.UTC)]
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "book_id": st.integers(1, 40),
    "title": TITLES,
    "shelf": st.integers(-2, 2),
    "pages": st.integers(1, 3),
    "price": st.sampled_from([0.1, 0.2, 1e300, -0.1]),
    "lent": st.booleans(),
    "bought": MOMENTS,
}
LIBRARIES = st.lists(
    st.builds(Book, **{**VALUES, "pages": st.none() | VALUES["pages"]}),
    max_size=30,
    unique_by=lambda book: book.book_id,
)


def matches(how: str, value: Any, asked: Any) -> bool:
    """What a comparison says of a value; of NULL nothing but that it is NULL."""
    if how == "null":
        return value is None
    if how == "set":
        return value is not None
    if value is None:
        return False
    match how:
        case "eq":
            return bool(value == asked)
        case "neq":
            return bool(value != asked)
        case "gt":
            return bool(value > asked)
        case "gte":
            return bool(value >= asked)
        case "lt":
            return bool(value < asked)
        case "lte":
            return bool(value <= asked)
        case "in":
            return value in asked
        case "ilike":
            return _like(value.lower(), asked.lower())
    return _like(value, asked)


def _like(value: str, pattern: str) -> bool:
    """LIKE in the words of a shell pattern."""
    shell, escaped = "", False
    for character in pattern:
        if not escaped and character == "\\":
            escaped = True
            continue
        special = not escaped and character in "%_"
        shell += {"%": "*", "_": "?"}[character] if special else f"[{character}]" if character in "*?[" else character
        escaped = False
    return fnmatch.fnmatchcase(value, shell)
