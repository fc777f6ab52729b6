"""Asks PostgreSQL how it would answer a named statement, and never changes anything by asking.

Reads are run to measure them, in a READ ONLY transaction that is rolled back. Everything else is only planned. What is
a read is decided narrowly: a SELECT without any word that changes or locks rows, and without a volatile function, since
nextval, pg_notify or pg_terminate_backend would act inside a rolled back transaction, too.

The plan is the generic one, which does not look at the arguments: a connection that has prepared a statement once
settles on it.
"""

import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.connections import PLANNING
from chassis.database import Statement

# Rows from which on it matters that a table is read from end to end: that takes some 10 ms then. Of a smaller one
# PostgreSQL may read all for a batch although there is an index.
BIG = 100_000

_PREPARED = "hailwire_analyze"
# Also in comments and strings: a read that is taken for a write is only not run.
_CHANGING = re.compile(
    r"\b(insert|update|delete|merge|truncate|into|share|lock|call|do|copy|create|drop|alter|grant|set|listen|notify)\b",
    re.IGNORECASE,
)
_BEGINNING = re.compile(r"[\s(]*(select|with)\b", re.IGNORECASE)
_CALLED = re.compile(r'([a-z_][a-z0-9_$]*)"?\s*\(', re.IGNORECASE)
# Volatile, and yet they do nothing but answer.
_HARMLESS = frozenset({"clock_timestamp", "timeofday", "random"})
_VOLATILE = "SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v' AND proname = ANY($1::text[])"

# What a parameter of a type could be, in the text form of a literal.
_EXAMPLES = {
    "smallint": "1",
    "integer": "1",
    "bigint": "1",
    "double precision": "0",
    "numeric": "0",
    "boolean": "true",
    "text": "",
    "bytea": "\\x00",
    "date": "today",
    "timestamp with time zone": "now",
    "interval": "30 seconds",
}

_TYPES = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = $1"
_ROWS = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass($1)"


class ArgumentsWrong(Exception):
    """Too many or too few for the statement's parameters."""


@dataclass(frozen=True)
class Explanation:
    """How a statement is answered. `plan` is PostgreSQL's text, with times, buffers and rows when it was run."""

    run: bool
    arguments: tuple[str, ...]
    plan: str
    # Tables that are read from end to end, with the rows that they are believed to have.
    scanned: dict[str, int]
    indexes: frozenset[str]

    @property
    def missing(self) -> dict[str, int]:
        """The big ones among the tables that are read from end to end."""
        return {table: rows for table, rows in self.scanned.items() if rows >= BIG}


async def is_read(connection: Any, sql: str) -> bool:
    """Whether running it could do nothing but answer."""
    if not _BEGINNING.match(sql) or _CHANGING.search(sql):
        return False
    called = {name.lower() for name in _CALLED.findall(sql)} - _HARMLESS
    return not await connection.fetch(_VOLATILE, sorted(called))


async def explain(
    connection: Any,
    statement: Statement,
    arguments: Sequence[str] | None = None,
    *,
    run: bool = True,
    seconds: int = 30,
) -> Explanation:
    """The plan of a statement; a read is run for at most so many seconds unless `run` says otherwise.

    `arguments` are literals in text form ("null" for none); without them the statement's own example, or else values
    made up from the types. Raises ArgumentsWrong, or what PostgreSQL has against them.
    """
    run = run and await is_read(connection, statement.sql)
    async with _prepared(connection, statement, seconds):
        types = await connection.fetchval(_TYPES, _PREPARED)
        given = tuple(statement.example or map(_example, types) if arguments is None else arguments)
        if len(given) != len(types):
            raise ArgumentsWrong(f"it takes {len(types)}: {', '.join(types) or 'none'}")
        execute = f"EXECUTE {_PREPARED}({', '.join(map(_literal, given))})" if given else f"EXECUTE {_PREPARED}"
        ((tree,),) = await connection.fetch(f"EXPLAIN (VERBOSE, FORMAT JSON) {execute}")
        nodes = list(_nodes(json.loads(tree)[0]["Plan"]))
        scanned = {f"{node['Schema']}.{node['Relation Name']}" for node in nodes if node["Node Type"] == "Seq Scan"}
        sizes = {table: await connection.fetchval(_ROWS, table) for table in sorted(scanned)}
        lines = await connection.fetch(f"EXPLAIN {'(ANALYZE, BUFFERS) ' if run else ''}{execute}")
    return Explanation(
        run=run,
        arguments=given,
        plan="\n".join(line[0] for line in lines),
        scanned=sizes,
        indexes=frozenset(name for node in nodes for name in _indexes(node)),
    )


@contextlib.asynccontextmanager
async def _prepared(connection: Any, statement: Statement, seconds: int) -> AsyncIterator[None]:
    """A READ ONLY transaction that has prepared the statement, and is rolled back."""
    transaction = connection.transaction(readonly=True)
    await transaction.start()
    try:
        for setting in (
            f"statement_timeout = '{seconds}s'",
            "lock_timeout = '2s'",
            *(f"{name} = {value}" for name, value in PLANNING.items()),
            "standard_conforming_strings = on",  # what _literal relies on
        ):
            await connection.execute(f"SET LOCAL {setting}")
        # By fetch: PostgreSQL then takes one command and no second one behind it.
        await connection.fetch(f"PREPARE {_PREPARED} AS {statement.sql}")
        yield
    finally:
        await transaction.rollback()
        if await connection.fetchval("SELECT true FROM pg_prepared_statements WHERE name = $1", _PREPARED):
            await connection.execute(f"DEALLOCATE {_PREPARED}")


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _indexes(node: dict[str, Any]) -> Iterator[str]:
    """What a step looks in, and what ON CONFLICT asks."""
    if "Index Name" in node:
        yield node["Index Name"]
    yield from node.get("Conflict Arbiter Indexes", ())


def _literal(text: str) -> str:
    return "NULL" if text.lower() == "null" else "'" + text.replace("'", "''") + "'"


def _example(sql_type: str) -> str:
    if sql_type.endswith("[]"):
        element = _EXAMPLES.get(sql_type.removesuffix("[]"), "").replace("\\", "\\\\")
        return f'{{"{element}"}}'
    return _EXAMPLES.get(sql_type, "null")
