"""The combinations of filters that a list serves: each one is a statement whose plan was looked at."""

import datetime
from collections.abc import Collection, Iterator
from dataclasses import replace
from enum import IntEnum
from typing import Any

from chassis.database import Statement
from chassis.querying.query import Prepared, Query
from chassis.querying.refusals import FiltersNotServed


class Served:
    """An enumerated set of shapes; any other combination is refused by name, not answered slowly."""

    def __init__(self, *shapes: Collection[str]) -> None:
        self.shapes = tuple(frozenset(shape) for shape in shapes)

    def check(self, filters: Collection[str]) -> None:
        """Raises FiltersNotServed, which says what is served."""
        if frozenset(filters) not in self.shapes:
            raise FiltersNotServed(
                f"not served together: {_worded(filters)}; served are {'; '.join(map(_worded, self.shapes))}"
            )


def _worded(filters: Collection[str]) -> str:
    return " + ".join(sorted(filters)) or "no filter"


def statements_of(query: Query) -> Iterator[Statement]:
    """Every statement that a list of this shape comes to: its first page, one by token, one by number, its total."""
    anywhere = {column.name: column.type.example for column in query.table.columns}
    for one in (query, query.after(query.token(anywhere)), query.offset(1)):
        yield _exemplary(one.prepared())
    yield _exemplary(query.counting())


def _exemplary(prepared: Prepared) -> Statement:
    return replace(prepared.statement, example=tuple(map(_literal, prepared.arguments)))


def _literal(value: Any) -> str:
    """As PostgreSQL writes it."""
    match value:
        case tuple():
            return "{" + ",".join(map(_literal, value)) + "}"
        case datetime.datetime():
            return value.isoformat()
        case IntEnum():
            return str(int(value))
    return str(value)
