"""Batches of yes and no to showing one's number, inside one transaction; the other side hears of a yes."""

from collections.abc import Sequence
from dataclasses import replace

from chassis import errors
from chassis.database import Database, Statement
from hailwire.trips.v1 import relay_pb2 as pb
from services.trips import rows, statements
from services.trips.attempts import write_board
from services.trips.exchange import Exchange, ShareNumber, check_may_agree, standing
from services.trips.relaying import AGREED, BetweenSides
from services.trips.tidings import EventKind, Tiding

_AGREE = Statement(
    "trips.agree_exchange",
    """
INSERT INTO trips.exchange (trip_id, by_driver, agreed_at)
SELECT trip_id, by_driver, chassis.now() FROM unnest($1::bigint[], $2::boolean[]) AS yes (trip_id, by_driver)
ON CONFLICT (trip_id, by_driver) DO NOTHING
""",
)
_WITHDRAW = Statement(
    "trips.withdraw_exchange",
    """
DELETE FROM trips.exchange gone USING unnest($1::bigint[], $2::boolean[]) AS no (trip_id, by_driver)
WHERE gone.trip_id = no.trip_id AND gone.by_driver = no.by_driver
""",
)


class Exchanges(BetweenSides[ShareNumber]):
    """One side of a trip agrees to show their number, or no longer does."""

    _agreed: set[tuple[int, bool]]
    _agreed_before: frozenset[tuple[int, bool]]

    async def prepare(self, items: Sequence[ShareNumber]) -> None:
        """Who had agreed."""
        found = await self.session.fetch(AGREED, sorted({item.trip_id for item in items}))
        self._agreed = {(row["trip_id"], row["by_driver"]) for row in found}
        self._agreed_before = frozenset(self._agreed)

    def decide_one(self, item: ShareNumber) -> pb.ExchangeResult:
        """How it stands now; the first yes asks the other side, the second tells them that both may know."""
        before = standing(self.board.trip(item.trip_id), item.person_id, self._agreed)
        if item.agreed:
            check_may_agree(before, self.board.now, self.terms.relay_after)
        after = replace(before, mine=item.agreed)
        side = (item.trip_id, after.by_driver)
        if item.agreed and not before.mine:
            self._agreed.add(side)
            kind = EventKind.NUMBERS_EXCHANGED if after.both else EventKind.NUMBER_OFFERED
            # With the time of the yes: the trip may have changed last long before.
            trip = replace(after.trip, updated_at=self.board.now)
            self.board.tidings.append(Tiding(kind, after.other_id, trip))
        elif not item.agreed:
            self._agreed.discard(side)
        return pb.ExchangeResult(exchange=exchange_message(after))

    def refused(self, refusal: errors.HailwireError) -> pb.ExchangeResult:
        """A refusal as an outcome."""
        return pb.ExchangeResult(error=errors.to_status(refusal))

    async def write(self) -> None:
        """What has changed, and who must hear of it."""
        yes, no = self._agreed - self._agreed_before, self._agreed_before - self._agreed
        for statement, sides in ((_AGREE, yes), (_WITHDRAW, no)):
            if sides:
                listed = sorted(sides)
                await self.session.execute(statement, [trip for trip, _ in listed], [driver for _, driver in listed])
        await write_board(self.session, self.board)


async def read(database: Database, person_id: int, trip_id: int) -> Exchange:
    """How it stands now. Raises TripNotFound or RelayClosed."""
    async with database.session() as session:
        merged = await session.fetch(statements.MERGED, [person_id])
        found = rows.trips(await session.fetch(statements.TRIPS, [trip_id]))
        agreed = await session.fetch(AGREED, [trip_id])
    return standing(
        found[0] if found else None,
        merged[0]["to_id"] if merged else person_id,
        {(row["trip_id"], row["by_driver"]) for row in agreed},
    )


def exchange_message(exchange: Exchange) -> pb.Exchange:
    """As the contract says it."""
    return pb.Exchange(
        trip_id=exchange.trip.trip_id,
        other_id=exchange.other_id,
        by_driver=exchange.by_driver,
        both=exchange.both,
    )
