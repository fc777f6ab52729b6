"""Changes of whole people: they concern every open trip that names or asks those whom an item names."""

import abc
from collections.abc import Sequence

from services.trips import merge_statements, statements
from services.trips.attempts import Item, Plan, TripsAttempt
from services.trips.trip import OPEN


class WholePeople(TripsAttempt[Item], abc.ABC):
    """Those of one batch that share a person run one after the other."""

    _planned: list[tuple[set[int], Plan]]

    async def plan(self, items: Sequence[Item]) -> list[Plan]:
        """The people, every open trip that names or asks them, and the drivers of those."""
        self._planned = [(self.named(item), Plan()) for item in items]
        plans = [plan for _, plan in self._planned]
        await self.extend(plans)
        trip_ids = sorted(set().union(*(plan.trips for plan in plans)))
        driven = await self.session.fetch(statements.DRIVERS_OF_TRIPS, trip_ids) if trip_ids else []
        drivers = {row["trip_id"]: row["driver_id"] for row in driven if row["driver_id"]}
        for named, plan in self._planned:
            plan.people = named | {drivers[trip] for trip in plan.trips if trip in drivers}
        return plans

    async def extend(self, plans: Sequence[Plan]) -> None:  # noqa: ARG002 - also of those that are late already
        """Look again: until the people were locked, any could still ask for a ride or be asked for one."""
        people = sorted(set().union(*(named for named, _ in self._planned)))
        found = await self.session.fetch(merge_statements.TRIPS_OF_PEOPLE, people)
        for named, plan in self._planned:
            plan.trips = {row["trip_id"] for row in found if row["person_id"] in named}

    def moved(self, items: Sequence[Item], plans: Sequence[Plan]) -> set[int]:
        """Items that share a person with an earlier one, and those whose trips a driver accepted meanwhile."""
        seen: set[int] = set()
        late = set()
        for position, (item, plan) in enumerate(zip(items, plans, strict=True)):
            named = self.named(item)
            trips = [trip for trip_id in plan.trips if (trip := self.board.trip(trip_id))]
            drivers = {trip.driver_id for trip in trips if trip.driver_id and trip.state in OPEN}
            if named & seen or not drivers <= plan.people:
                late.add(position)
            seen |= named
        return late
