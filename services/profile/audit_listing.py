"""The lists of audit entries that are served: what may be asked together, and the query of each."""

from collections.abc import Iterator
from dataclasses import field

from chassis.database import Statement
from chassis.pages import Created, Paging
from chassis.querying.query import Query
from chassis.querying.served import Served, statements_of
from chassis.querying.table import Column, Table
from chassis.querying.values import BIGINT, TEXT, TIMESTAMPTZ
from chassis.records import record

AUDIT = Table(
    name="profile.audit",
    alias="a",
    key="audit_id",
    columns=(
        Column("audit_id", BIGINT),
        Column("person_id", BIGINT),
        Column("action", TEXT),
        Column("actor", TEXT),
        Column("created_at", TIMESTAMPTZ),
    ),
    computed={"detail": "a.detail"},
)

# A person has few entries: with an action as well, theirs are read and the others left out.
SERVED = Served(
    *(
        (*whose, *what, *when)
        for whose in ((), ("person",))
        for what in ((), ("action",))
        for when in ((), ("created",))
    )
)  # fmt: skip


@record
class Wanted:
    """Which entries."""

    person_id: int | None = None
    action: str = ""
    created: Created | None = None
    paging: Paging = field(default_factory=Paging)


def query(wanted: Wanted) -> Query:
    """Entries, newest first; raises ValueInvalid."""
    asked = Query(AUDIT, name="profile.audit_list")
    asked = asked.select("audit_id", "person_id", "action", "actor", "created_at", "detail")
    if wanted.person_id is not None:
        asked = asked.eq("person_id", wanted.person_id)
    if wanted.action:
        asked = asked.eq("action", wanted.action)
        if wanted.person_id is None:
            # Part of the order although it is one and the same: a place in it is then found by the action's index
            # alone, however seldom the action is.
            asked = asked.order_by("action", descending=True)
    if wanted.created:
        asked = asked.gte("created_at", wanted.created.since).lt("created_at", wanted.created.before)
    return asked.order_by("created_at", descending=True)


def statements() -> Iterator[Statement]:
    """Every statement that a list may come to."""
    for shape in SERVED.shapes:
        wanted = Wanted(
            person_id=1 if "person" in shape else None,
            action="person.created" if "action" in shape else "",
            created=Created() if "created" in shape else None,
        )
        yield from statements_of(query(wanted))
