"""Batches of changes inside one transaction: which rows each kind of change locks, loads and writes.

The order of locks is the same for all: participants in id order, then trips in id order. In a batch nothing is waited
for; a lone change waits. People are locked under the ids into which they were merged; when the locks are ours we look
whether anybody was merged meanwhile, and a change that concerns them starts again.
"""

import abc
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from google.protobuf.message import Message

from chassis import changes, errors, logs
from chassis.database import Session, Statement
from services.trips import matches, messages, no_shows, rows, statements
from services.trips.board import Board
from services.trips.eta import Leg, Route
from services.trips.terms import Terms

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

log = logs.get(__name__)

# Frozen dataclasses that name who acts (`actors`).
Item = TypeVar("Item", bound="DataclassInstance")


@dataclass(slots=True)
class Plan:
    """What one item concerns. `asked` are drivers whom it only offers something."""

    people: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    trips: set[int] = field(default_factory=set)

    def participants(self) -> set[tuple[str, int]]:
        """The rows of people."""
        return {("person", person_id) for person_id in self.people | self.asked}

    def keys(self) -> set[tuple[str, int]]:
        """All rows, told apart."""
        return self.participants() | {("trip", trip_id) for trip_id in self.trips}


class TripsAttempt(abc.ABC, Generic[Item]):
    """What all kinds of change have in common; a kind says what it concerns and what it decides."""

    actors: ClassVar[tuple[str, ...]]  # the fields of an item that name who acts
    board: Board  # from lock() on
    _survivors: Mapping[int, int]  # from lock() on: of the people named, those who were merged into somebody

    def __init__(self, session: Session, terms: Terms) -> None:
        self.session = session
        self.terms = terms
        self.routes: dict[Leg, Route] = {}  # from plan() on

    @abc.abstractmethod
    async def plan(self, items: Sequence[Item]) -> list[Plan]:
        """What each item concerns that exists, as far as it is known without locks."""

    async def ask_for_ways(self, legs: Iterable[Leg]) -> None:
        """Ask the router while nothing is locked yet: it may have to ask somebody else."""
        asked = list(dict.fromkeys(legs))
        if asked:
            self.routes |= zip(asked, await self.terms.router.routes(asked), strict=True)

    async def extend(self, plans: Sequence[Plan]) -> None:
        """Add trips that are known only once the people are locked."""

    def named(self, item: Item) -> set[int]:
        """Everyone whom an item names."""
        return {getattr(item, actor) for actor in self.actors}

    def as_survivors(self, item: Item, survivors: Mapping[int, int]) -> Item:
        """The item with everyone under the id into which they were merged."""
        return replace(item, **{actor: survivors.get(was := getattr(item, actor), was) for actor in self.actors})

    def moved(self, items: Sequence[Item], plans: Sequence[Plan]) -> set[int]:  # noqa: ARG002
        """Positions whose plan turned out wrong once everything was read under locks."""
        return set()

    @abc.abstractmethod
    def decide_one(self, item: Item) -> Message:
        """The outcome; raises refusals."""

    async def prepare(self, items: Sequence[Item]) -> None:
        """Whatever the decisions need besides the board."""

    def refused(self, refusal: errors.HailwireError) -> Message:
        """A refusal as an outcome."""
        return messages.trip_result(refusal)

    async def lock(self, items: Sequence[Item], *, wait: bool) -> set[int]:
        """People first, then trips, each in id order; then read everything under the locks."""
        self._survivors = await self._merged(set().union(*(self.named(item) for item in items)))
        items = [self.as_survivors(item, self._survivors) for item in items]
        plans = await self.plan(items)
        locked = await self._lock_people(plans, wait=wait)
        # Under the locks: whoever is still themselves stays so, and with them everybody who was merged into them.
        merged = await self._merged(person_id for _, person_id in locked)
        locked -= {("person", person_id) for person_id in merged}
        late = changes.behind([plan.participants() for plan in plans], locked)
        ready = [plan for position, plan in enumerate(plans) if position not in late]
        await self.extend(ready)
        trip_ids = sorted(set().union(*(plan.trips for plan in ready)))
        if trip_ids:
            statement = statements.LOCK_TRIPS if wait else statements.LOCK_FREE_TRIPS
            locked |= {("trip", trip_id) for trip_id in await self._ids(statement, trip_ids)}
        held = sorted(number for kind, number in locked if kind == "trip")
        people = set().union(*(plan.people | plan.asked for plan in ready))
        self.board = await self.load(held, people)
        keys = [plan.keys() for plan in plans]
        for position in self.moved(items, plans) - late:
            keys[position].add(("moved", position))
        late |= changes.behind(keys, locked)
        if late and wait:
            raise errors.Conflict("what the change concerns has changed meanwhile")
        return late

    async def _lock_people(self, plans: Sequence[Plan], *, wait: bool) -> set[tuple[str, int]]:
        people = set().union(*(plan.people for plan in plans))
        asked = set().union(*(plan.asked for plan in plans)) - people
        if wait:
            # One statement for both keeps the order; nobody but this one change holds them that much stronger.
            locked = await self._ids(statements.LOCK_PARTICIPANTS, people | asked)
        else:
            locked = await self._ids(statements.LOCK_FREE_PARTICIPANTS, people)
            locked |= await self._ids(statements.SHARE_FREE_PARTICIPANTS, asked)
        return {("person", person_id) for person_id in locked}

    async def _merged(self, people: Iterable[int]) -> dict[int, int]:
        rows = await self.session.fetch(statements.MERGED, sorted(people))
        return {row["from_id"]: row["to_id"] for row in rows}

    async def _ids(self, statement: Statement, wanted: Iterable[int]) -> set[int]:
        ids = sorted(wanted)
        return {row["id"] for row in await self.session.fetch(statement, ids)} if ids else set()

    async def load(self, trip_ids: Collection[int], people: Collection[int]) -> Board:
        """The board: trips in full, and of people their presence and open trips."""
        now = await self.session.fetchval(statements.NOW)
        trips = await self.session.fetch(statements.TRIPS, list(trip_ids)) if trip_ids else []
        presences = await self.session.fetch(statements.PRESENCES, list(people)) if people else []
        open_trips = await self.session.fetch(statements.OPEN_TRIPS, list(people)) if people else []
        return Board(
            now,
            self.terms,
            rows.trips(trips),
            [rows.presence(row) for row in presences],
            [(row["person_id"], row["trip_id"]) for row in open_trips],
            self.routes,
        )

    async def decide(self, items: Sequence[Item]) -> list[bytes | errors.HailwireError]:
        """Decide in order, then write."""
        items = [self.as_survivors(item, self._survivors) for item in items]
        await self.prepare(items)
        outcomes: list[bytes | errors.HailwireError] = []
        for item in items:
            try:
                outcome = self.decide_one(item)
            except errors.HailwireError as refusal:
                outcome = self.refused(refusal)
            outcomes.append(outcome.SerializeToString(deterministic=True))
        await self.write()
        return outcomes

    async def write(self) -> None:
        """Everything that the board says has changed."""
        await write_board(self.session, self.board)


async def write_board(session: Session, board: Board) -> None:
    """A constant number of statements, however many trips."""
    if added := board.new_trips:
        await session.execute(statements.INSERT_TRIPS, *rows.new_trip_arrays(added))
    if offers := board.new_offers:
        await session.execute(statements.INSERT_OFFERS, *rows.new_offer_arrays(offers))
    await matches.keep(session, board.matches)
    await no_shows.keep(session, board.no_shows)
    if changed := board.changed_trips:
        await session.execute(statements.UPDATE_TRIPS, *rows.trip_arrays(changed))
    if closed := board.changed_offers:
        await session.execute(
            statements.UPDATE_OFFERS, [offer.offer_id for offer in closed], [offer.state.value for offer in closed]
        )
    if moved := board.changed_presences:
        await session.execute(statements.UPSERT_PRESENCES, *rows.presence_arrays(moved))
    if tidings := board.tidings:
        await session.execute(
            statements.INSERT_EVENTS,
            [tiding.recipient_id for tiding in tidings],
            [tiding.kind.value for tiding in tidings],
            [messages.event_message(tiding).SerializeToString() for tiding in tidings],
        )
    await _notify(session, board)
    if log.detailed:
        _tell(board)


async def _notify(session: Session, board: Board) -> None:
    """Let everybody who waits for events look, and the caches of every replica forget, when the transaction commits."""
    changed: list[tuple[str, int | None]] = [("trips_event", None)] if board.tidings else []
    changed += [("trips_trip", trip.trip_id) for trip in (*board.new_trips, *board.changed_trips)]
    changed += [("trips_presence", presence.person_id) for presence in board.changed_presences]
    if changed:
        await session.execute(statements.NOTIFY, [channel for channel, _ in changed], [one for _, one in changed])


def _tell(board: Board) -> None:
    """Inside the transaction, which commits next: a change that is carried out again is told again."""
    for trip in board.new_trips:
        log.debug("trip requested", trip_id=trip.trip_id, drivers_asked=len(trip.offers))
    for trip in board.moved_trips:
        event = f"trip {trip.state.name.lower().replace('_', ' ')}"
        log.debug(event, trip_id=trip.trip_id)
    for presence in board.switched_presences:
        log.debug("driver online" if presence.online else "driver offline", person_id=presence.person_id)
