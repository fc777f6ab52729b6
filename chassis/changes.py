"""Carries out a batch of changes in one transaction without letting one item spoil or delay the others.

The walk of a batch: lock the rows concerned in id order without waiting; recall what the ledger knows; decide the rest
in the order of the request; write everything; record; commit. Items whose rows somebody else holds are run alone
afterwards, waiting. A batch that fails for its data is halved until the guilty item stands alone and fails alone.
"""

import time
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Generic, Protocol, TypeVar

import asyncpg

from chassis import deadlines, errors, logs
from chassis.database import Database, Session, Statement
from chassis.ledger import Entry, Ledger, recalled
from chassis.records import record

log = logs.get(__name__)

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Item_contra = TypeVar("Item_contra", contravariant=True)
Outcome_co = TypeVar("Outcome_co", covariant=True)

# A lone item that lost against somebody else (a deadlock, a row that moved) is tried again this often; each loss means
# that another change went through.
_TRIES_ALONE = 10
# So long, and at most half of the call's time, does a call wait for rows that somebody holds. Changes take ms:
# beyond this the holder is stuck, and the strangers in the same call should have their answers.
_PATIENCE_SECONDS = 2.0

_LOCK_TIMEOUT = Statement("changes.lock_timeout", "SELECT set_config('lock_timeout', $1, true)")


class Attempt(Protocol[Item_contra, Outcome_co]):
    """One kind of change inside one transaction; made anew for each transaction and free to remember what it locked."""

    async def lock(self, items: Sequence[Item_contra], *, wait: bool) -> Collection[int]:
        """Lock what the items concern; answers the positions that must run alone. With `wait`: none, or Conflict."""

    async def decide(self, items: Sequence[Item_contra]) -> Sequence[Outcome_co | errors.HailwireError]:
        """Decide the items in order, write what changed, answer an outcome each. Gets only items that were locked."""


Begin = Callable[[Session], Attempt[Item, Outcome]]


@record
class Request(Generic[Item]):
    """A change with the id under which its outcome is kept and the digest of what was asked."""

    request_id: str
    fingerprint: bytes
    item: Item


def behind(keys: Sequence[Collection[Hashable]], locked: Collection[Hashable]) -> set[int]:
    """Positions of the items that miss a lock, and of later ones that share a row with them: order is kept per row."""
    late: set[int] = set()
    missed: set[Hashable] = set()
    for position, concerned in enumerate(keys):
        if any(key not in locked or key in missed for key in concerned):
            late.add(position)
            missed.update(concerned)
    return late


async def carry_out(
    database: Database, begin: Begin[Item, Outcome], items: Sequence[Item]
) -> list[Outcome | errors.HailwireError]:
    """One outcome or error per item, in order: Conflict for one whose rows somebody would not let go of.

    Raises Unavailable with the database; then all, part or nothing may be done.
    """
    outcomes: dict[int, Outcome | errors.HailwireError] = {}
    batch = _Batch(database, begin, items, outcomes)
    if items:
        await batch.together(range(len(items)))
    return [outcomes[position] for position in range(len(items))]


async def carry_out_once(
    database: Database, ledger: Ledger, begin: Begin[Item, bytes], requests: Sequence[Request[Item]]
) -> list[bytes | errors.HailwireError]:
    """The same with a ledger: the first outcome of each request id for every repeat, also inside one batch."""
    first: dict[str, int] = {}
    for position, request in enumerate(requests):
        first.setdefault(request.request_id, position)
    firsts = list(first.values())
    outcomes = await carry_out(
        database,
        lambda session: _Ledgered(session, ledger, begin(session)),
        [requests[position] for position in firsts],
    )
    by_id = {requests[position].request_id: outcome for position, outcome in zip(firsts, outcomes, strict=True)}
    return [_answer(by_id[request.request_id], requests[first[request.request_id]], request) for request in requests]


def _answer(
    outcome: bytes | errors.HailwireError, original: Request[Item], request: Request[Item]
) -> bytes | errors.HailwireError:
    if isinstance(outcome, errors.HailwireError):
        return outcome
    return _recalled(Entry(original.request_id, original.fingerprint, outcome), request.fingerprint)


def _recalled(entry: Entry, asked: bytes) -> bytes | errors.HailwireError:
    try:
        return recalled(entry, asked)
    except errors.InvalidArgument as error:
        return error


class _Ledgered(Generic[Item]):
    """An attempt whose outcomes are recorded with the change, and recalled instead of decided again."""

    def __init__(self, session: Session, ledger: Ledger, attempt: Attempt[Item, bytes]) -> None:
        self._session = session
        self._ledger = ledger
        self._attempt = attempt

    async def lock(self, items: Sequence[Request[Item]], *, wait: bool) -> Collection[int]:
        return await self._attempt.lock([request.item for request in items], wait=wait)

    async def decide(self, items: Sequence[Request[Item]]) -> list[bytes | errors.HailwireError]:
        known = await self._ledger.recall(self._session, [request.request_id for request in items])
        fresh = [request for request in items if request.request_id not in known]
        decided = await self._attempt.decide([request.item for request in fresh]) if fresh else []
        outcomes = {request.request_id: outcome for request, outcome in zip(fresh, decided, strict=True)}
        await self._ledger.record(
            self._session,
            [
                Entry(request.request_id, request.fingerprint, outcome)
                for request in fresh
                if isinstance(outcome := outcomes[request.request_id], bytes)
            ],
        )
        return [
            _recalled(known[request.request_id], request.fingerprint)
            if request.request_id in known
            else outcomes[request.request_id]
            for request in items
        ]


class _Batch(Generic[Item, Outcome]):
    """A batch on its way; outcomes are filled in as transactions commit."""

    def __init__(
        self,
        database: Database,
        begin: Begin[Item, Outcome],
        items: Sequence[Item],
        outcomes: dict[int, Outcome | errors.HailwireError],
    ) -> None:
        self._database = database
        self._begin = begin
        self._items = items
        self._outcomes = outcomes
        self._patient_until = time.monotonic() + min(_PATIENCE_SECONDS, deadlines.remaining() / 2)

    async def together(self, positions: Sequence[int]) -> None:
        """One transaction for all; what is left over alone, in order."""
        try:
            late: Sequence[int] = await self._transaction(positions, wait=False)
        except (errors.Conflict, asyncpg.UniqueViolationError):
            # Another transaction was first with a request id or a row; alone each item finds out what is true now.
            late = positions
        except errors.HailwireError:
            raise  # the database is out of reach: nothing is known against the items
        except Exception as error:  # noqa: BLE001 - bisected until it stands alone, where it is logged
            if len(positions) == 1:
                self._blame(positions[0], error)
                return
            middle = len(positions) // 2
            await self.together(positions[:middle])
            await self.together(positions[middle:])
            return
        for position in late:
            await self._alone(position)

    async def _alone(self, position: int) -> None:
        for tries_left in reversed(range(_TRIES_ALONE)):
            try:
                await self._transaction([position], wait=True)
                return
            except errors.Conflict as error:
                if not tries_left or time.monotonic() >= self._patient_until:
                    self._outcomes[position] = error
                    return
            except asyncpg.UniqueViolationError as error:
                if not tries_left:
                    self._blame(position, error)
            except errors.HailwireError:
                raise
            except Exception as error:  # noqa: BLE001 - told as this item's outcome and logged
                self._blame(position, error)
                return

    async def _transaction(self, positions: Sequence[int], *, wait: bool) -> list[int]:
        async with self._database.transaction() as session:
            # Only for who waits for rows: it is a round trip of its own. A batch passes over rows that are held;
            # it can only wait for a key that another transaction is inserting, or for what an attempt locks outside
            # rows. Either ends with that transaction: after ms, or, were its process stuck, when the server ends its
            # session for idling in a transaction (5 s, chassis/database.py).
            if wait:
                left = max(0.001, self._patient_until - time.monotonic())
                await session.fetchval(_LOCK_TIMEOUT, f"{left * 1000:.0f}ms")
            attempt = self._begin(session)
            items = [self._items[position] for position in positions]
            late = await attempt.lock(items, wait=wait)
            ready = [index for index in range(len(items)) if index not in late]
            decided = await attempt.decide([items[index] for index in ready]) if ready else []
        for index, outcome in zip(ready, decided, strict=True):
            self._outcomes[positions[index]] = outcome
        return [positions[index] for index in sorted(late)]

    def _blame(self, position: int, error: Exception) -> None:
        log.exception("a change failed for its data", error)
        self._outcomes[position] = errors.Internal("internal error")
