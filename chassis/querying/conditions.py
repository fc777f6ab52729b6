"""Conditions on rows: comparisons of a column with a value, and alternatives of them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

from chassis.querying import patterns
from chassis.querying.refusals import ValueInvalid
from chassis.querying.table import Column, Table
from chassis.querying.values import TEXT

# A list of values longer than this is no filter any more.
MAX_VALUES = 1000

# What stands between column and value, by the name of the comparison.
_COMPARISONS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "LIKE",
    "ilike": "ILIKE",
}


class Parameters:
    """Values in the order in which the text names them."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def add(self, value: Any, sql_type: str) -> str:
        """What the text says in its place. The type is written out: a parameter never takes it from its neighbours."""
        self.values.append(value)
        return f"${len(self.values)}::{sql_type}"


@dataclass(frozen=True)
class Comparison:
    """A column compared; `how` is a name of _COMPARISONS, or in, null or set, of which the last two have no value."""

    column: Column
    how: str
    value: Any = None

    @property
    def label(self) -> str:
        """Part of the shape's name."""
        return self.column.name if self.how == "eq" else f"{self.column.name}:{self.how}"

    def sql(self, table: Table, parameters: Parameters) -> str:
        """Its text."""
        column = table.qualified(self.column)
        match self.how:
            case "null":
                return f"{column} IS NULL"
            case "set":
                return f"{column} IS NOT NULL"
            case "in":
                return f"{column} = ANY({parameters.add(self.value, self.column.type.sql + '[]')})"
        return f"{column} {_COMPARISONS[self.how]} {parameters.add(self.value, self.column.type.sql)}"


@dataclass(frozen=True)
class Alternatives:
    """At least one of these holds, each of which may be several conditions together."""

    each: tuple[tuple["Condition", ...], ...]

    @property
    def label(self) -> str:
        """Part of the shape's name."""
        return f"({'|'.join('&'.join(one.label for one in together) for together in self.each)})"

    def sql(self, table: Table, parameters: Parameters) -> str:
        """Its text."""
        alternatives = (
            "(" + " AND ".join(one.sql(table, parameters) for one in together) + ")" if len(together) > 1
            else together[0].sql(table, parameters)
            for together in self.each
        )  # fmt: skip
        return f"({' OR '.join(alternatives)})"


Condition: TypeAlias = Comparison | Alternatives


@dataclass(frozen=True)
class Where:
    """Conditions that all hold, gathered one by one; each method answers a new object."""

    table: Table
    conditions: tuple[Condition, ...] = ()

    def _with(self, condition: Condition) -> Self:
        """The same with one more, in an order of its own: asked for in any order, a shape is one statement."""
        gathered = sorted((*self.conditions, condition), key=lambda one: one.label)
        return replace(self, conditions=tuple(gathered))

    def _compared(self, name: str, how: str, value: Any) -> Self:
        column = self.table.column(name)
        if not column.type.holds(value):
            raise ValueInvalid(f"{column.name} is compared with {column.type.sql}", metadata={"column": column.name})
        return self._with(Comparison(column, how, value))

    def _matched(self, name: str, how: str, pattern: str) -> Self:
        column = self.table.column(name)
        if column.type is not TEXT or not TEXT.holds(pattern) or not patterns.is_whole(pattern):
            raise ValueInvalid(f"{column.name} matches no such pattern", metadata={"column": column.name})
        return self._with(Comparison(column, how, pattern))

    def eq(self, name: str, value: Any) -> Self:
        """Equal."""
        return self._compared(name, "eq", value)

    def neq(self, name: str, value: Any) -> Self:
        """Another value; NULL is none."""
        return self._compared(name, "neq", value)

    def gt(self, name: str, value: Any) -> Self:
        """Greater."""
        return self._compared(name, "gt", value)

    def gte(self, name: str, value: Any) -> Self:
        """Greater or equal."""
        return self._compared(name, "gte", value)

    def lt(self, name: str, value: Any) -> Self:
        """Less."""
        return self._compared(name, "lt", value)

    def lte(self, name: str, value: Any) -> Self:
        """Less or equal."""
        return self._compared(name, "lte", value)

    def in_(self, name: str, values: Collection[Any]) -> Self:
        """One of these values; of none, no row."""
        column = self.table.column(name)
        if len(values) > MAX_VALUES or not all(map(column.type.holds, values)):
            raise ValueInvalid(
                f"{column.name} is one of at most {MAX_VALUES} {column.type.sql}", metadata={"column": column.name}
            )
        return self._with(Comparison(column, "in", tuple(values)))

    def like(self, name: str, pattern: str) -> Self:
        """The text matches a pattern (patterns.py)."""
        return self._matched(name, "like", pattern)

    def ilike(self, name: str, pattern: str) -> Self:
        """The same, whatever the case."""
        return self._matched(name, "ilike", pattern)

    def is_null(self, name: str) -> Self:
        """There is no value."""
        return self._with(Comparison(self.table.column(name), "null"))

    def is_not_null(self, name: str) -> Self:
        """There is a value."""
        return self._with(Comparison(self.table.column(name), "set"))

    def or_(self, *alternatives: Callable[["Where"], "Where"]) -> Self:
        """At least one of several holds: `.or_(lambda it: it.eq("a", 1), lambda it: it.eq("b", 1))`."""
        each = tuple(alternative(Where(self.table)).conditions for alternative in alternatives)
        if not each or not all(each):
            raise ValueError("an alternative without a condition holds always")
        return self._with(Alternatives(tuple(sorted(each, key=lambda those: [one.label for one in those]))))
