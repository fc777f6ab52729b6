"""Batches of blocks inside one transaction, who is blocked by whom, and what becomes of blocks when people do."""

from collections.abc import Iterable, Sequence

from chassis import errors
from chassis.database import Database, Session, Statement
from hailwire.trips.v1 import blocks_pb2 as pb
from hailwire.trips.v1 import trips_pb2
from services.trips import statements
from services.trips.block import BlockSide
from services.trips.relay import other_side
from services.trips.relaying import BetweenSides

_BLOCK = Statement(
    "trips.block_sides",
    """
INSERT INTO trips.block (blocker_id, blocked_id, trip_id, created_at)
SELECT blocker_id, blocked_id, trip_id, chassis.now()
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS new (blocker_id, blocked_id, trip_id)
ON CONFLICT (blocker_id, blocked_id) DO NOTHING
""",
)
_UNBLOCK = Statement(
    "trips.unblock_sides",
    """
DELETE FROM trips.block gone USING unnest($1::bigint[], $2::bigint[]) AS old (blocker_id, blocked_id)
WHERE gone.blocker_id = old.blocker_id AND gone.blocked_id = old.blocked_id
""",
)
_LIST = Statement(
    "trips.list_blocks",
    """
SELECT b.trip_id, t.vehicle, t.created_at
FROM trips.block b JOIN trips.trip t USING (trip_id)
WHERE b.blocker_id = $1
ORDER BY b.created_at DESC, b.trip_id DESC LIMIT 100
""",
)
# Of pairs of a passenger and a driver those who are apart, whoever of them wanted it.
_APART = Statement(
    "trips.people_apart",
    """
SELECT pair.one_id, pair.other_id
FROM unnest($1::bigint[], $2::bigint[]) AS pair (one_id, other_id)
WHERE EXISTS (SELECT FROM trips.block b WHERE b.blocker_id = pair.one_id AND b.blocked_id = pair.other_id)
   OR EXISTS (SELECT FROM trips.block b WHERE b.blocker_id = pair.other_id AND b.blocked_id = pair.one_id)
""",
)
_ERASE_BLOCKERS = Statement("trips.erase_blockers", "DELETE FROM trips.block WHERE blocker_id = ANY($1::bigint[])")
_ERASE_BLOCKED = Statement("trips.erase_blocked", "DELETE FROM trips.block WHERE blocked_id = ANY($1::bigint[])")
# Two who are one are not apart from themselves, and what both had said is said once.
_DROP_BLOCKERS = Statement(
    "trips.drop_twin_blockers",
    """
DELETE FROM trips.block b USING unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id)
WHERE b.blocker_id = merged.from_id
  AND (b.blocked_id = merged.to_id
       OR EXISTS (SELECT FROM trips.block kept
                  WHERE kept.blocker_id = merged.to_id AND kept.blocked_id = b.blocked_id))
""",
)
_DROP_BLOCKED = Statement(
    "trips.drop_twin_blocked",
    """
DELETE FROM trips.block b USING unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id)
WHERE b.blocked_id = merged.from_id
  AND (b.blocker_id = merged.to_id
       OR EXISTS (SELECT FROM trips.block kept
                  WHERE kept.blocker_id = b.blocker_id AND kept.blocked_id = merged.to_id))
""",
)
# Changed where they are: somebody else may be merging the other one of the two at this moment, and finds the row again
# when we are done. Should both rows come to say the same by then, the key tells, and the merge begins anew.
_MOVE_BLOCKERS = Statement(
    "trips.move_blockers",
    """
UPDATE trips.block b SET blocker_id = merged.to_id
FROM unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id) WHERE b.blocker_id = merged.from_id
""",
)
_MOVE_BLOCKED = Statement(
    "trips.move_blocked",
    """
UPDATE trips.block b SET blocked_id = merged.to_id
FROM unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id) WHERE b.blocked_id = merged.from_id
""",
)


class Blocks(BetweenSides[BlockSide]):
    """One side of a trip blocks the other, or no longer does; nobody hears of it."""

    _wanted: dict[tuple[int, int], BlockSide]

    async def prepare(self, items: Sequence[BlockSide]) -> None:  # noqa: ARG002
        """Nothing is wanted yet."""
        self._wanted = {}

    def decide_one(self, item: BlockSide) -> pb.BlockSideResult:
        """Nothing to say when it went well; what was said last counts."""
        _, other_id, _ = other_side(self.board.trip(item.trip_id), item.person_id)
        self._wanted[item.person_id, other_id] = item
        return pb.BlockSideResult()

    def refused(self, refusal: errors.HailwireError) -> pb.BlockSideResult:
        """A refusal as an outcome."""
        return pb.BlockSideResult(error=errors.to_status(refusal))

    async def write(self) -> None:
        """The rows of the blocks; no trip has changed."""
        new = [(*pair, item.trip_id) for pair, item in sorted(self._wanted.items(), key=_pair) if item.blocked]
        old = [pair for pair, item in sorted(self._wanted.items(), key=_pair) if not item.blocked]
        if new:
            await self.session.execute(_BLOCK, *map(list, zip(*new, strict=True)))
        if old:
            await self.session.execute(_UNBLOCK, *map(list, zip(*old, strict=True)))


def _pair(entry: tuple[tuple[int, int], BlockSide]) -> tuple[int, int]:
    return entry[0]


async def listed(database: Database, person_id: int) -> list[pb.Block]:
    """Whom a person has blocked, as the contract says it, newest first."""
    async with database.session() as session:
        merged = await session.fetch(statements.MERGED, [person_id])
        rows = await session.fetch(_LIST, merged[0]["to_id"] if merged else person_id)
    blocks = []
    for row in rows:
        block = pb.Block(trip_id=row["trip_id"], vehicle=trips_pb2.Vehicle.ValueType(row["vehicle"]))
        block.trip_time.FromDatetime(row["created_at"])
        blocks.append(block)
    return blocks


async def apart(session: Session, pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of the pairs who are not to be matched."""
    asked = sorted(set(pairs))
    if not asked:
        return set()
    rows = await session.fetch(_APART, *map(list, zip(*asked, strict=True)))
    return {(row["one_id"], row["other_id"]) for row in rows}


async def erase(session: Session, people: list[int]) -> None:
    """Everything that keeps somebody away from these people."""
    for statement in (_ERASE_BLOCKERS, _ERASE_BLOCKED):
        await session.execute(statement, people)


async def move(session: Session, from_ids: list[int], to_ids: list[int]) -> None:
    """Blocks by and of those who were merged are the survivors'."""
    for statement in (_DROP_BLOCKERS, _MOVE_BLOCKERS, _DROP_BLOCKED, _MOVE_BLOCKED):
        await session.execute(statement, from_ids, to_ids)
