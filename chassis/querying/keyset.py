"""The order of a list, and the condition that begins behind a place in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.querying.conditions import Parameters
from chassis.querying.table import Column, Table


@dataclass(frozen=True)
class Order:
    """By a column that is never NULL."""

    column: Column
    descending: bool = False

    @property
    def label(self) -> str:
        """Part of the shape's name."""
        return f"-{self.column.name}" if self.descending else self.column.name

    def sql(self, table: Table) -> str:
        """Its text."""
        return table.qualified(self.column) + (" DESC" if self.descending else "")


def behind(table: Table, orders: Sequence[Order], place: Sequence[Any], parameters: Parameters) -> str:
    """What holds for the rows behind a place and for no others.

    With one direction it is a comparison of rows, which an index answers by going straight there.
    """
    columns = [table.qualified(order.column) for order in orders]
    values = [
        parameters.add(value, order.column.type.sql) for order, value in zip(orders, place, strict=True)
    ]  # fmt: skip
    signs = ["<" if order.descending else ">" for order in orders]
    if len(set(signs)) == 1:
        if len(columns) == 1:
            return f"{columns[0]} {signs[0]} {values[0]}"
        return f"({', '.join(columns)}) {signs[0]} ({', '.join(values)})"
    return _stepwise(columns, signs, values)


def _stepwise(columns: Sequence[str], signs: Sequence[str], values: Sequence[str]) -> str:
    """Further by the first column, or as far and further by the rest. The first part alone is what an index can use."""
    column, sign, value = columns[0], signs[0], values[0]
    if len(columns) == 1:
        return f"{column} {sign} {value}"
    rest = _stepwise(columns[1:], signs[1:], values[1:])
    return f"({column} {sign}= {value} AND ({column} {sign} {value} OR {rest}))"
