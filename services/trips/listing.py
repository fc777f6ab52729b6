"""The lists of trips that are served: what may be asked together, and the query of each."""

from collections.abc import Iterator
from dataclasses import field
from enum import IntEnum

from chassis.database import Statement
from chassis.pages import Created, Paging
from chassis.querying.query import Query
from chassis.querying.served import Served, statements_of
from chassis.querying.table import Column, Table
from chassis.querying.values import BIGINT, SMALLINT, TIMESTAMPTZ
from chassis.records import record
from services.trips import schedule_listing
from services.trips.presence import Vehicle
from services.trips.trip import TripState

TRIPS = Table(
    name="trips.trip",
    alias="t",
    key="trip_id",
    columns=(
        Column("trip_id", BIGINT),
        Column("state", SMALLINT),
        Column("passenger_id", BIGINT),
        Column("driver_id", BIGINT, nullable=True),
        Column("vehicle", SMALLINT),
        Column("created_at", TIMESTAMPTZ),
    ),
)

# Of everybody's trips a vehicle's are in the order of one index, state by state: of several states, or of all, they
# would have to be sorted, however many there are.
SERVED = Served(
    ("person",),
    ("person", "states"),
    ("person", "created"),
    ("person", "states", "created"),
    ("everyone",),
    ("everyone", "created"),
    ("everyone", "vehicle", "one state"),
    ("everyone", "vehicle", "one state", "created"),
)


class Role(IntEnum):
    """As in the contract."""

    EITHER = 0
    PASSENGER = 1
    DRIVER = 2


@record
class Wanted:
    """Whose trips (None: everybody's) and which of them."""

    person_id: int | None
    role: Role = Role.EITHER
    states: tuple[TripState, ...] = ()
    vehicle: Vehicle | None = None
    created: Created | None = None
    paging: Paging = field(default_factory=Paging)

    @property
    def filters(self) -> set[str]:
        """What is asked together, in the words of SERVED."""
        everyone = self.person_id is None
        return {
            "everyone" if everyone else "person",
            *(["role"] if everyone and self.role else ()),
            *(["states" if not everyone else "one state" if len(self.states) == 1 else "several states"]
              if self.states else ()),
            *(["vehicle"] if self.vehicle else ()),
            *(["created"] if self.created else ()),
        }  # fmt: skip


def query(wanted: Wanted) -> Query:
    """The ids of the trips, newest first; raises FiltersNotServed."""
    SERVED.check(wanted.filters)
    asked = Query(TRIPS, name="trips.list").select("trip_id")
    if (person_id := wanted.person_id) is not None:
        asked = {
            Role.EITHER: asked.or_(
                lambda it: it.eq("passenger_id", person_id), lambda it: it.eq("driver_id", person_id)
            ),
            Role.PASSENGER: asked.eq("passenger_id", person_id),
            Role.DRIVER: asked.eq("driver_id", person_id),
        }[wanted.role]
        if wanted.states:
            asked = asked.in_("state", wanted.states)
    elif wanted.states:
        asked = asked.eq("state", wanted.states[0])
    if wanted.vehicle:
        asked = asked.eq("vehicle", wanted.vehicle)
    if wanted.created:
        asked = asked.gte("created_at", wanted.created.since).lt("created_at", wanted.created.before)
    return asked.order_by("created_at", descending=True)


def statements() -> Iterator[Statement]:
    """Every statement that a list may come to."""
    for shape in SERVED.shapes:
        for role in Role if "person" in shape else [Role.EITHER]:
            wanted = Wanted(
                person_id=1 if "person" in shape else None,
                role=role,
                states=(TripState.COMPLETED,) if shape & {"states", "one state"} else (),
                vehicle=Vehicle.MOTO if "vehicle" in shape else None,
                created=Created() if "created" in shape else None,
            )
            yield from statements_of(query(wanted))
    yield from schedule_listing.statements()
