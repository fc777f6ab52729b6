"""The list of a person's schedules, and the query behind it."""

from collections.abc import Iterator
from dataclasses import field

from chassis.database import Statement
from chassis.pages import Paging
from chassis.querying.query import Query
from chassis.querying.served import statements_of
from chassis.querying.table import Column, Table
from chassis.querying.values import BIGINT, SMALLINT, TIMESTAMPTZ
from chassis.records import record
from services.trips.schedule import ScheduleState

SCHEDULES = Table(
    name="trips.schedule",
    alias="s",
    key="schedule_id",
    columns=(
        Column("schedule_id", BIGINT),
        Column("state", SMALLINT),
        Column("passenger_id", BIGINT),
        Column("created_at", TIMESTAMPTZ),
    ),
)


@record
class Wanted:
    """Whose schedules and which of them: in any of these states, or (none named) all."""

    person_id: int
    states: tuple[ScheduleState, ...] = ()
    paging: Paging = field(default_factory=Paging)


def query(wanted: Wanted) -> Query:
    """The ids of the schedules, the newest first. Nobody has so many that an index of their states would pay."""
    asked = Query(SCHEDULES, name="trips.list_schedules").select("schedule_id").eq("passenger_id", wanted.person_id)
    if wanted.states:
        asked = asked.in_("state", wanted.states)
    return asked.order_by("created_at", descending=True)


def statements() -> Iterator[Statement]:
    """Every statement that the list may come to."""
    for states in ((), (ScheduleState.ACTIVE,)):
        yield from statements_of(query(Wanted(1, states)))
