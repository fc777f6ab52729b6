"""What may be asked of a table: its columns with their types, declared once, in the code that owns it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.querying.refusals import ColumnUnknown
from chassis.querying.values import Type

# Declared by us and yet checked: nothing that reaches the text of a statement needs quoting.
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True)
class Column:
    """A column that can be selected, compared and ordered by. A nullable one orders no cursor: NULL has no place."""

    name: str
    type: Type
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """`schema.table` under an alias. `key` is unique and never NULL: it decides between rows that order equal.

    `computed` are expressions of our own that can be selected and nothing else, such as what hangs on a row.
    """

    name: str
    alias: str
    key: str
    columns: tuple[Column, ...]
    computed: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [*self.name.split("."), self.alias, *(column.name for column in self.columns), *self.computed]
        wrong = [name for name in names if not _IDENTIFIER.fullmatch(name)]
        if wrong:
            raise ValueError(f"not plain identifiers: {wrong}")
        if self.column(self.key).nullable:
            raise ValueError(f"{self.key} decides between rows and cannot be NULL")

    def column(self, name: str) -> Column:
        """Raises ColumnUnknown for anything that is not declared, whatever it looks like."""
        for column in self.columns:
            if column.name == name:
                return column
        raise ColumnUnknown(metadata={"known": ",".join(column.name for column in self.columns)})

    def qualified(self, column: Column) -> str:
        """As it stands in SQL."""
        return f"{self.alias}.{column.name}"

    def selectable(self, name: str) -> str:
        """The SQL that gives it under its name; raises ColumnUnknown."""
        if name in self.computed:
            return f"{self.computed[name]} AS {name}"
        return self.qualified(self.column(name))
