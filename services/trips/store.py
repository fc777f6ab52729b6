"""Trips and presences as rows: reads them, and carries out batches of changes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from chassis import changes, errors
from chassis.database import Database
from chassis.ledger import Ledger
from chassis.querying.query import Page
from hailwire.trips.v1 import blocks_pb2
from services.trips import attempts, blocking, exchanging, kinds, listing, rows, search, statements
from services.trips.block import BlockSide
from services.trips.blocking import Blocks
from services.trips.board import Cancellation, Merge, NewTrip, OfferAnswer, Step
from services.trips.exchange import Exchange, ShareNumber
from services.trips.exchanging import Exchanges
from services.trips.lapses import Lapses
from services.trips.listing import Wanted
from services.trips.merging import Merges
from services.trips.presence import Presence, PresenceUpdate
from services.trips.rating import RateTrip
from services.trips.rating_changes import Ratings
from services.trips.relay import RelayMessage
from services.trips.relaying import Relays
from services.trips.retiring import SILENT_DRIVERS, Retirements
from services.trips.search import Nearby, Search
from services.trips.terms import Terms
from services.trips.trip import Trip, TripState

Change = (
    PresenceUpdate
    | NewTrip
    | OfferAnswer
    | Step
    | Cancellation
    | Merge
    | RateTrip
    | RelayMessage
    | ShareNumber
    | BlockSide
)
Item = TypeVar("Item", bound=Change)
Outcomes = list[bytes | errors.HailwireError]

# Trips whose time has run out, per transaction.
_DUE_AT_ONCE = 100


class TripStore:
    """The trips of the database. Changes answer serialized results, the first ones for repeats."""

    def __init__(self, database: Database, terms: Terms) -> None:
        self._database = database
        self._terms = terms
        self._ledger = Ledger("trips")
        self._lapsed = database.telemetry.counter("trips_lapsed", "trips that time changed, by what they became")

    async def trips(self, trip_ids: Sequence[int]) -> dict[int, Trip]:
        """Those that exist."""
        found = rows.trips(await self._database.fetch(statements.TRIPS, list(trip_ids)))
        return {trip.trip_id: trip for trip in found}

    async def open_trips(self, person_ids: Sequence[int]) -> dict[int, Trip]:
        """The open trip of each person who has one, in either role, by the id asked for."""
        found = await self._database.fetch(statements.OPEN_TRIPS_IN_FULL, list(person_ids))
        trips = {trip.trip_id: trip for trip in rows.trips(found)}
        return {row["person_id"]: trips[row["trip_id"]] for row in found}

    async def page(self, wanted: Wanted) -> tuple[list[Trip], Page]:
        """The trips of a page of a list, newest first, and the page itself. Raises FiltersNotServed."""
        async with self._database.session() as session:
            if wanted.person_id is not None:
                merged = await session.fetch(statements.MERGED, [wanted.person_id])
                wanted = replace(wanted, person_id=merged[0]["to_id"] if merged else wanted.person_id)
            page = await wanted.paging.of(listing.query(wanted)).execute(session)
            ids = [row["trip_id"] for row in page.rows]
            found = {one.trip_id: one for one in rows.trips(await session.fetch(statements.TRIPS, ids))} if ids else {}
        return [found[trip_id] for trip_id in ids], page

    async def presences(self, person_ids: Sequence[int]) -> dict[int, Presence]:
        """Those that exist, by the id asked for; a merged person's id gives the survivor's."""
        found = await self._database.fetch(statements.PRESENCES_ASKED_FOR, list(person_ids))
        return {row["asked_id"]: rows.presence(row) for row in found}

    async def search(self, searches: Sequence[Search]) -> list[list[Nearby]]:
        """For each search the nearest available drivers, nearest first."""
        return await search.nearest(self._database, searches, self._terms)

    async def update_presences(self, requests: Sequence[changes.Request[PresenceUpdate]]) -> Outcomes:
        """PresenceResults."""
        return await self._change(kinds.PresenceUpdates, requests)

    async def create(self, requests: Sequence[changes.Request[NewTrip]]) -> Outcomes:
        """TripResults."""
        return await self._change(kinds.NewTrips, requests)

    async def answer(self, requests: Sequence[changes.Request[OfferAnswer]]) -> Outcomes:
        """TripResults."""
        return await self._change(kinds.OfferAnswers, requests)

    async def advance(self, requests: Sequence[changes.Request[Step]]) -> Outcomes:
        """TripResults."""
        return await self._change(kinds.Steps, requests)

    async def cancel(self, requests: Sequence[changes.Request[Cancellation]]) -> Outcomes:
        """TripResults."""
        return await self._change(kinds.Cancellations, requests)

    async def merge(self, requests: Sequence[changes.Request[Merge]]) -> Outcomes:
        """MergePeopleResults."""
        return await self._change(Merges, requests)

    async def rate(self, requests: Sequence[changes.Request[RateTrip]]) -> Outcomes:
        """RatingResults."""
        return await self._change(Ratings, requests)

    async def relay(self, requests: Sequence[changes.Request[RelayMessage]]) -> Outcomes:
        """RelayResults."""
        return await self._change(Relays, requests)

    async def share_numbers(self, requests: Sequence[changes.Request[ShareNumber]]) -> Outcomes:
        """ExchangeResults."""
        return await self._change(Exchanges, requests)

    async def exchange(self, person_id: int, trip_id: int) -> Exchange:
        """Whether both sides of a trip agree to know each other's number. Raises TripNotFound or RelayClosed."""
        return await exchanging.read(self._database, person_id, trip_id)

    async def block(self, requests: Sequence[changes.Request[BlockSide]]) -> Outcomes:
        """BlockSideResults."""
        return await self._change(Blocks, requests)

    async def blocks(self, person_id: int) -> list[blocks_pb2.Block]:
        """Whom a person has blocked, newest first."""
        return await blocking.listed(self._database, person_id)

    async def _change(
        self,
        kind: type[attempts.TripsAttempt[Item]],
        requests: Sequence[changes.Request[Item]],
    ) -> Outcomes:
        if not requests:
            return []
        # Outside the transaction: rows that are new in it could not be locked by others, only waited for.
        # Whoever these people were merged into has a row since then.
        concerned = {getattr(request.item, actor) for request in requests for actor in kind.actors}
        await self._database.execute(statements.ENSURE_PARTICIPANTS, sorted(concerned))
        return await changes.carry_out_once(
            self._database, self._ledger, lambda session: kind(session, self._terms), requests
        )

    async def lapse(self) -> int:
        """Close offers and trips whose time has run out; answers how many trips. Safe in every replica at once."""
        due = [row["trip_id"] for row in await self._database.fetch(statements.DUE_TRIPS, _DUE_AT_ONCE)]
        # One whose row makes no sense is left as it is; the others lapse without it.
        outcomes = await changes.carry_out(self._database, lambda session: Lapses(session, self._terms), due)
        lapsed = [outcome for outcome in outcomes if isinstance(outcome, TripState)]
        for state in lapsed:
            self._lapsed.add(1, state=state.name.lower())
        return len(lapsed)

    async def retire(self) -> int:
        """Take off the map who has been silent for long; answers how many. Safe in every replica at once."""
        terms = self._terms
        silent = await self._database.fetch(SILENT_DRIVERS, terms.silent_after, _DUE_AT_ONCE, terms.zone.key)
        ids = [row["person_id"] for row in silent]
        gone = await changes.carry_out(self._database, lambda session: Retirements(session, self._terms), ids)
        return sum(outcome is True for outcome in gone)

    async def expire_requests(self) -> int:
        """Forget outcomes that nothing can ask for again, a step at a time; answers how many."""
        return await self._ledger.expire(self._database)
