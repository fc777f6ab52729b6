"""Two sides of a trip who want to know each other's number: who has agreed, and until when. Nothing is awaited.

Numbers are no business of this service: it only knows that both said yes.
"""

import datetime
from collections.abc import Collection

from chassis.records import record
from services.trips.relay import check_open, other_side
from services.trips.trip import Trip


@record
class ShareNumber:
    """Who agrees that the other side of which trip learns their number, or no longer; not yet checked."""

    person_id: int
    trip_id: int
    agreed: bool


@record
class Exchange:
    """How it stands for one side."""

    trip: Trip
    other_id: int
    by_driver: bool
    mine: bool
    others: bool

    @property
    def both(self) -> bool:
        """Whether each may be told the other's number."""
        return self.mine and self.others


def standing(trip: Trip | None, person_id: int, agreed: Collection[tuple[int, bool]]) -> Exchange:
    """How it stands; `agreed` are (trip, whether its driver) of who said yes. Raises TripNotFound or RelayClosed."""
    trip, other_id, by_driver = other_side(trip, person_id)
    return Exchange(
        trip, other_id, by_driver, (trip.trip_id, by_driver) in agreed, (trip.trip_id, not by_driver) in agreed
    )


def check_may_agree(exchange: Exchange, now: datetime.datetime, after: datetime.timedelta) -> None:
    """Raise RelayClosed when it is too late to say yes; to take it back it never is."""
    check_open(exchange.trip, now, after)
