"""The lists of people that are served: what may be asked together, and the query of each."""

from collections.abc import Iterator
from dataclasses import field

from chassis.database import Statement
from chassis.pages import Created, Paging
from chassis.querying.query import Query
from chassis.querying.served import Served, statements_of
from chassis.querying.table import Column, Table
from chassis.querying.values import BIGINT, TEXT, TIMESTAMPTZ
from chassis.records import record
from services.profile.statements import HANGING

PEOPLE = Table(
    name="profile.person",
    alias="p",
    key="person_id",
    columns=(
        Column("person_id", BIGINT),
        Column("language", TEXT),
        Column("merged_into", BIGINT, nullable=True),
        Column("created_at", TIMESTAMPTZ),
    ),
    computed={
        **{name: f"p.{name}" for name in ("name", "opt_outs", "quiet_from", "quiet_to", "version", "updated_at")},
        **HANGING,
    },
)

SERVED = Served((), ("language",), ("created",), ("language", "created"))


@record
class Wanted:
    """Which people."""

    language: str | None = None
    created: Created | None = None
    paging: Paging = field(default_factory=Paging)

    @property
    def filters(self) -> set[str]:
        """What is asked together, in the words of SERVED."""
        return {
            *(["language"] if self.language is not None else ()),
            *(["created"] if self.created else ()),
        }


def query(wanted: Wanted) -> Query:
    """People as store.py reads them, without those who were merged into others."""
    SERVED.check(wanted.filters)
    asked = Query(PEOPLE, name="profile.list")
    asked = asked.select("person_id", "language", "created_at", *PEOPLE.computed).is_null("merged_into")
    if wanted.language is not None:
        # Part of the order although it is one and the same: a place in it is then found by the language's index alone.
        asked = asked.eq("language", wanted.language).order_by("language")
    if wanted.created:
        asked = asked.gte("created_at", wanted.created.since).lt("created_at", wanted.created.before)
    return asked.order_by("created_at") if wanted.filters else asked


def statements() -> Iterator[Statement]:
    """Every statement that a list may come to."""
    for shape in SERVED.shapes:
        wanted = Wanted(
            language="en" if "language" in shape else None, created=Created() if "created" in shape else None
        )
        yield from statements_of(query(wanted))
