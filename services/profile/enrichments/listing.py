"""The lists of enrichments that are served: what may be asked together, and the query of each."""

from collections.abc import Iterator
from dataclasses import field

from chassis.database import Statement
from chassis.pages import Paging
from chassis.querying.query import Query
from chassis.querying.served import Served, statements_of
from chassis.querying.table import Column, Table
from chassis.querying.values import BIGINT, SMALLINT, TIMESTAMPTZ
from chassis.records import record
from services.profile.enrichments.item import Source, Status

_COMPUTED = (
    *("kind", "name", "moment", "minute_of_day", "weekdays", "code", "place_kind", "latitude", "longitude"),
    *("decided_at", "applied_at"),
)
ITEMS = Table(
    name="profile.enrichment_item",
    alias="i",
    key="item_id",
    columns=(
        Column("item_id", BIGINT),
        Column("person_id", BIGINT),
        Column("status", SMALLINT),
        Column("source", SMALLINT),
        Column("created_at", TIMESTAMPTZ),
    ),
    computed={name: f"i.{name}" for name in _COMPUTED},
)

# A person has some dozens of items: all of theirs are read and sorted; those of a status come in their order.
SERVED = Served(("person",), ("person", "status"), ("person", "source", "status"))


@record
class Wanted:
    """Which items."""

    person_id: int
    status: Status | None = None
    source: Source | None = None
    paging: Paging = field(default_factory=Paging)

    @property
    def filters(self) -> set[str]:
        """What is asked together, in the words of SERVED."""
        given = {"person", "status" if self.status is not None else "", "source" if self.source is not None else ""}
        return given - {""}


def query(wanted: Wanted) -> Query:
    """Items, newest first; raises FiltersNotServed."""
    SERVED.check(wanted.filters)
    asked = Query(ITEMS, name="profile.enrichment_items")
    asked = asked.select(*(column.name for column in ITEMS.columns), *ITEMS.computed).eq("person_id", wanted.person_id)
    if wanted.status is not None:
        asked = asked.eq("status", wanted.status.value)
    if wanted.source is not None:
        asked = asked.eq("source", wanted.source.value)
    return asked.order_by("created_at", descending=True)


def statements() -> Iterator[Statement]:
    """Every statement that a list may come to."""
    for shape in SERVED.shapes:
        wanted = Wanted(
            1,
            Status.PENDING if "status" in shape else None,
            Source.TEXT if "source" in shape else None,
        )
        yield from statements_of(query(wanted))
