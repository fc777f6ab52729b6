"""A list as it is asked for, step by step, and the statement that it comes to.

    page = await (
        Query(TRIPS, name="trips.list")
        .select("trip_id", "state")
        .eq("driver_id", 7)
        .in_("state", [6, 7])
        .order_by("created_at", descending=True)
        .limit(50)
        .after(page_token)
        .execute(database)
    )

Each step answers a new object. What a caller got wrong is an InvalidArgument (refusals.py); what its author got wrong
is a ValueError. Without an order rows come in that of the key, which also decides between rows that order equal: a list
has one order, and its pages neither miss a row nor show one twice.
"""

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from chassis.database import Database, Session, Statement
from chassis.querying import cursors, keyset
from chassis.querying.conditions import Alternatives, Condition, Parameters, Where
from chassis.querying.keyset import Order
from chassis.querying.refusals import ColumnUnknown, NotSingle, PageInvalid, PageSizeInvalid

if TYPE_CHECKING:
    import asyncpg

DEFAULT_SIZE = 50
MAX_SIZE = 1000
# Rows that are skipped are read all the same, and rows that are counted too: further away a page is reached by its
# token, and more are told as "more".
MAX_OFFSET = 10_000
MAX_COUNTED = 10_000


@dataclass(frozen=True)
class Prepared:
    """A statement and what its parameters are this time."""

    statement: Statement
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Page:
    """Some rows; the token of the page behind them, empty on the last; how many there are in all, if that was asked.

    A total of MAX_COUNTED + 1 means "more than MAX_COUNTED".
    """

    rows: "list[asyncpg.Record]"
    next_token: str = ""
    total: int | None = None


@dataclass(frozen=True)
class Query(Where):
    """A list over one table. `name` begins the names of its statements; one name, one choice of columns."""

    name: str = field(kw_only=True)
    selected: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    size: int = DEFAULT_SIZE
    skipped: int = 0
    page_token: str = ""
    counted: bool = False

    def select(self, *names: str) -> Self:
        """These columns, by name; raises ColumnUnknown."""
        for name in names:
            self.table.selectable(name)
        return replace(self, selected=names)

    def order_by(self, name: str, *, descending: bool = False) -> Self:
        """By this column after those given before; raises ColumnUnknown, also when it may be NULL."""
        column = self.table.column(name)
        if column.nullable:
            raise ColumnUnknown(f"{name} may be NULL, which has no place in an order")
        return replace(self, orders=(*self.orders, Order(column, descending)))

    def limit(self, size: int) -> Self:
        """At most so many rows, 1 to MAX_SIZE."""
        if not 1 <= size <= MAX_SIZE:
            raise PageSizeInvalid(f"a page holds 1 to {MAX_SIZE} rows")
        return replace(self, size=size)

    def offset(self, rows: int) -> Self:
        """Behind so many rows, 0 to MAX_OFFSET."""
        if not 0 <= rows <= MAX_OFFSET:
            raise PageInvalid(f"0 to {MAX_OFFSET} rows can be skipped; go on by page token instead")
        return replace(self, skipped=rows)

    def paginate(self, page: int, page_size: int) -> Self:
        """The page with this number; the first is 1."""
        limited = self.limit(page_size)
        if page < 1:
            raise PageInvalid("pages are counted from 1")
        return limited.offset((page - 1) * page_size)

    def after(self, page_token: str) -> Self:
        """Behind the page that gave this token; with an empty one from the start."""
        return replace(self, page_token=page_token)

    def with_count(self) -> Self:
        """Also how many rows there are in all, up to MAX_COUNTED: a statement of its own, paid only when asked."""
        return replace(self, counted=True)

    def single(self) -> "Single":
        """The one row that there is."""
        return Single(self)

    def prepared(self) -> Prepared:
        """The statement of the page; it looks one row ahead to know whether there is another page."""
        orders = self._orders()
        parameters = Parameters()
        clauses = [one.sql(self.table, parameters) for one in self.conditions]
        if self.page_token:
            if self.skipped:
                raise PageInvalid("a page is named by its token or by its number, not by both")
            place = cursors.place([one.column.type for one in orders], self.page_token, self._identity())
            clauses.append(keyset.behind(self.table, orders, place, parameters))
        columns = [*self.selected, *(one.column.name for one in orders if one.column.name not in self.selected)]
        lines = [
            f"SELECT {', '.join(map(self.table.selectable, columns))}",
            f"FROM {self.table.name} AS {self.table.alias}",
            *([f"WHERE {' AND '.join(clauses)}"] if clauses else ()),
            f"ORDER BY {', '.join(one.sql(self.table) for one in orders)}",
            f"LIMIT {parameters.add(self.size + 1, 'bigint')}",
            *([f"OFFSET {parameters.add(self.skipped, 'bigint')}"] if self.skipped else ()),
        ]
        suffix = ";after" if self.page_token else ";offset" if self.skipped else ""
        shape = f"{_labels(self.conditions)};{','.join(one.label for one in orders)}{suffix}"
        return Prepared(Statement(f"{self.name}[{shape}]", "\n".join(lines)), tuple(parameters.values))

    def counting(self) -> Prepared:
        """The statement of the total."""
        parameters = Parameters()
        clauses = [one.sql(self.table, parameters) for one in self.conditions]
        where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        most = parameters.add(MAX_COUNTED + 1, "bigint")
        rows = f"SELECT FROM {self.table.name} AS {self.table.alias}{where} LIMIT {most}"
        sql = f"SELECT count(*) AS total\nFROM ({rows}) AS counted"
        name = f"{self.name}[{_labels(self.conditions)};count]"
        return Prepared(Statement(name, sql, scans=f"stops at {MAX_COUNTED + 1} rows"), tuple(parameters.values))

    async def execute(self, source: Database | Session) -> Page:
        """Run it. The total, if asked for, is counted a moment later than the page is read."""
        asked = self.prepared()
        rows = await source.fetch(asked.statement, *asked.arguments)
        total: int | None = None
        if self.counted:
            count = self.counting()
            total = await source.fetchval(count.statement, *count.arguments)
        return Page(rows[: self.size], self.token(rows[self.size - 1]) if len(rows) > self.size else "", total)

    def token(self, row: Any) -> str:
        """The place behind a row of this list."""
        orders = self._orders()
        values = [row[one.column.name] for one in orders]
        return cursors.token([one.column.type for one in orders], values, self._identity())

    def _orders(self) -> tuple[Order, ...]:
        """With the key at the end, in the direction of what is before it."""
        if any(one.column.name == self.table.key for one in self.orders):
            return self.orders
        descending = self.orders[-1].descending if self.orders else False
        return (*self.orders, Order(self.table.column(self.table.key), descending))

    def _identity(self) -> bytes:
        """What makes it this list and no other: a token leads nowhere else."""
        asked = [self.name, [one.label for one in self._orders()], _values(self.conditions)]
        return json.dumps(asked, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Single:
    """A list that should have one row."""

    query: Query

    def prepared(self) -> Prepared:
        """The statement; it looks for a second row, so that nobody silently takes the first of many."""
        return self.query.limit(1).prepared()

    async def execute(self, source: Database | Session) -> "asyncpg.Record | None":
        """The row, None when there is none; raises NotSingle when there are two."""
        asked = self.prepared()
        rows = await source.fetch(asked.statement, *asked.arguments)
        if len(rows) > 1:
            raise NotSingle("several rows are meant")
        return rows[0] if rows else None


def _labels(conditions: tuple[Condition, ...]) -> str:
    return ",".join(one.label for one in conditions)


def _values(conditions: tuple[Condition, ...]) -> list[Any]:
    """Every condition with what it compares with, in a form that JSON holds."""
    found: list[Any] = []
    for one in conditions:
        if isinstance(one, Alternatives):
            found.append([one.label, [_values(together) for together in one.each]])
        elif one.how == "in":
            found.append([one.label, sorted(map(one.column.type.carried, one.value))])
        else:
            found.append([one.label, None if one.value is None else one.column.type.carried(one.value)])
    return found
