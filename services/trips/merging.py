"""Two people who are one: everything of one becomes the other's."""

from collections.abc import Sequence

from chassis import errors
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips import merge_statements, messages, schedule_statements, statements
from services.trips.attempts import Plan, TripsAttempt
from services.trips.board import Merge
from services.trips.trip import OPEN


class Merges(TripsAttempt[Merge]):
    """Merges of people. Those of one batch that share a person run one after the other."""

    actors = ("from_person_id", "to_person_id")
    _planned: list[tuple[set[int], Plan]]

    async def plan(self, items: Sequence[Merge]) -> list[Plan]:
        """Both people, every open trip that names or asks them, and the drivers of those."""
        self._planned = [({item.from_person_id, item.to_person_id}, Plan()) for item in items]
        plans = [plan for _, plan in self._planned]
        await self.extend(plans)
        trip_ids = sorted(set().union(*(plan.trips for plan in plans)))
        driven = await self.session.fetch(statements.DRIVERS_OF_TRIPS, trip_ids) if trip_ids else []
        drivers = {row["trip_id"]: row["driver_id"] for row in driven if row["driver_id"]}
        for both, plan in self._planned:
            plan.people = both | {drivers[trip] for trip in plan.trips if trip in drivers}
        return plans

    async def extend(self, plans: Sequence[Plan]) -> None:  # noqa: ARG002 - also of those that are late already
        """Look again: until both people were locked, either could still ask for a ride or be asked for one."""
        people = sorted(set().union(*(both for both, _ in self._planned)))
        found = await self.session.fetch(merge_statements.TRIPS_OF_PEOPLE, people)
        for both, plan in self._planned:
            plan.trips = {row["trip_id"] for row in found if row["person_id"] in both}

    def moved(self, items: Sequence[Merge], plans: Sequence[Plan]) -> set[int]:
        """Items that share a person with an earlier one, and those whose trips a driver accepted meanwhile."""
        seen: set[int] = set()
        late = set()
        for position, (item, plan) in enumerate(zip(items, plans, strict=True)):
            both = {item.from_person_id, item.to_person_id}
            trips = [trip for trip_id in plan.trips if (trip := self.board.trip(trip_id))]
            drivers = {trip.driver_id for trip in trips if trip.driver_id and trip.state in OPEN}
            if both & seen or not drivers <= plan.people:
                late.add(position)
            seen |= both
        return late

    def decide_one(self, item: Merge) -> pb.MergePeopleResult:
        """Nothing to say when it went well."""
        self.board.merge(item)
        return messages.merge_result(None)

    def refused(self, refusal: errors.HailwireError) -> pb.MergePeopleResult:
        """A refusal as an outcome."""
        return messages.merge_result(refusal)

    async def write(self) -> None:
        """First what had to be given up, then every row changes hands."""
        await super().write()
        merges = self.board.merges
        if not merges:
            return
        arrays = [[merge.from_person_id for merge in merges], [merge.to_person_id for merge in merges]]
        await self.session.execute(merge_statements.FOLLOW, *arrays)
        await self.session.execute(merge_statements.RECORD, *arrays)
        await self.session.execute(merge_statements.MERGE_STARS, *arrays)
        await self.session.execute(merge_statements.DELETE_PRESENCES, arrays[0])
        await self.session.execute(merge_statements.MOVE_CANCELLERS, *arrays)
        await self.session.execute(merge_statements.MOVE_PASSENGERS, *arrays)
        await self.session.execute(merge_statements.MOVE_DRIVERS, *arrays)
        await self.session.execute(merge_statements.MOVE_OFFERS, *arrays)
        await self.session.execute(schedule_statements.DROP_TWINS, *arrays)
        await self.session.execute(schedule_statements.MOVE_SCHEDULES, *arrays)
        await self.session.fetch(merge_statements.LOCK_MAILBOXES, [*arrays[0], *arrays[1]])
        await self.session.execute(merge_statements.MERGE_MAILBOXES, *arrays)
        await self.session.execute(merge_statements.MOVE_EVENTS, *arrays)
        await self.session.execute(merge_statements.NOTIFY_ANY_TRIP)
        # The survivors, and by now everybody who was merged into them.
        survivors = sorted({merge.to_person_id for merge in merges})
        await self.session.execute(statements.NOTIFY, ["trips_presence"] * len(survivors), survivors)
