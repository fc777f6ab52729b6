"""Two people who are one: everything of one becomes the other's."""

from chassis import errors
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips import blocking, merge_statements, messages, no_shows, schedule_statements, statements
from services.trips.board import Merge
from services.trips.whole_people import WholePeople


class Merges(WholePeople[Merge]):
    """Merges of people."""

    actors = ("from_person_id", "to_person_id")

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
        await self.session.execute(merge_statements.MOVE_SAID, *arrays)
        await blocking.move(self.session, *arrays)
        await no_shows.move(self.session, *arrays)
        await self.session.execute(merge_statements.NOTIFY_ANY_TRIP)
        # The survivors, and by now everybody who was merged into them.
        survivors = sorted({merge.to_person_id for merge in merges})
        await self.session.execute(statements.NOTIFY, ["trips_presence"] * len(survivors), survivors)
