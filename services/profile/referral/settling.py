"""What completed trips make of referrals, and the rewards that are given for it, inside one transaction."""

import datetime
from collections.abc import Iterable, Mapping, Sequence

from chassis import changes, errors
from chassis.database import Session
from chassis.records import record
from services.profile import audit
from services.profile import statements as people_statements
from services.profile.audit import Entry
from services.profile.referral import referral as rules
from services.profile.referral import rows, statements
from services.profile.referral.paying import Due, pay
from services.profile.referral.referral import Known, Referral, State, Trip
from services.profile.referral.terms import MONTH, Terms
from services.profile.wallet.messages import Messages

_OPEN = frozenset({State.WAITING, State.EARNED})


@record
class Look:
    """People whose referrals are to be looked at, and the trip that they completed; without one for money alone."""

    person_ids: tuple[int, ...]
    trip: Trip | None = None


class Settling:
    """Newcomers and their referrers are locked, then accounts: nothing is earned or given twice."""

    def __init__(self, session: Session, terms: Terms, messages: Messages) -> None:
        self._session = session
        self._terms = terms
        self._messages = messages
        self._survivors: dict[int, int] = {}
        self._history: dict[int, list[Referral]] = {}

    async def lock(self, items: Sequence[Look], *, wait: bool) -> set[int]:
        """Whoever rode, and whoever invited them, in the order of their ids."""
        await self._find(items)
        wanted = sorted(set().union(*map(self._concerned, items)))
        statement = people_statements.LOCK_PEOPLE if wait else people_statements.LOCK_FREE_PEOPLE
        locked = {row["person_id"] for row in await self._session.fetch(statement, wanted)} if wanted else set()
        # Found again: until the locks were ours, somebody could be merged, erased or invited.
        await self._find(items)
        late = changes.behind(list(map(self._concerned, items)), locked)
        if late and wait:
            raise errors.Conflict("the people changed meanwhile")
        return late

    async def _find(self, items: Sequence[Look]) -> None:
        asked = sorted({person_id for item in items for person_id in item.person_ids})
        self._survivors = await self._alive(asked)
        # Whoever was erased has their referral under their own id: somebody else may be waiting for money.
        self._history = await rows.of_newcomers(self._session, {self._survivors.get(one, one) for one in asked})
        self._survivors |= await self._alive(
            {one.referrer_id for several in self._history.values() for one in several if one.referrer_id is not None}
        )

    async def _alive(self, person_ids: Iterable[int]) -> dict[int, int]:
        found = await self._session.fetch(people_statements.SURVIVORS, sorted(person_ids))
        return {row["person_id"]: row["survivor_id"] for row in found}

    def _people(self, item: Look) -> list[int]:
        """Whose referrals an item is about, each once."""
        return list(dict.fromkeys(self._survivors.get(one, one) for one in item.person_ids))

    def _concerned(self, item: Look) -> set[int]:
        referrers = {
            one.referrer_id for who in self._people(item) for one in self._history.get(who, ()) if one.state in _OPEN
        }
        alive = {self._survivors.get(one) for one in {*item.person_ids, *referrers} if one is not None}
        return {one for one in alive if one is not None}

    async def decide(self, items: Sequence[Look]) -> list[int | errors.HailwireError]:
        """How many referrals are rewarded now, for each."""
        now = await self._session.fetchval(statements.NOW)
        concerned = {who for item in items for who in self._people(item)}
        found = await self._session.fetch(statements.PEOPLE, sorted(concerned))
        people = {row["person_id"]: Known(row["person_id"], row["created_at"]) for row in found}
        before = {one.referred_id: one for who in concerned for one in self._history.get(who, ())}
        after = dict(before)
        earned = await self._earned(before.values(), now)
        for item in items:
            if item.trip is None:
                continue
            for who in self._people(item):
                if who in people:
                    self._ride(people[who], item.trip, after, earned, now)
        new = [one for one in after.values() if one.referred_id not in before]
        await rows.insert(self._session, new)
        transactions = await self._pay(after, people, now)
        changed = [one for one in after.values() if one.referred_id in before and one != before[one.referred_id]]
        await rows.settle(self._session, changed, transactions, now)
        await audit.write(self._session, closings(changed))
        rewarded = {one.referred_id for one in changed if one.state is State.REWARDED}
        return [
            len(rewarded & {one.referred_id for who in self._people(item) for one in self._history.get(who, ())})
            for item in items
        ]

    def _ride(
        self, rider: Known, trip: Trip, after: dict[int, Referral], earned: dict[int, int], now: datetime.datetime
    ) -> None:
        """One side of a completed trip."""
        own = self._history.get(rider.person_id, [])
        if not own:
            first = rules.rode_before(rider, self._terms, now)
            if first is not None:
                after.setdefault(first.referred_id, first)
            return
        for one in own:
            waiting = after[one.referred_id]
            if waiting.state is not State.WAITING:
                continue
            referrer_id = waiting.referrer_id or 0
            made = rules.after_trip(waiting, rider, trip, earned.get(referrer_id, 0), self._terms)
            after[one.referred_id] = made
            if made.state is State.EARNED:
                earned[referrer_id] = earned.get(referrer_id, 0) + 1

    async def _earned(self, referrals: Iterable[Referral], now: datetime.datetime) -> dict[int, int]:
        """How many rewards each referrer of somebody who waits has earned lately."""
        referrers = sorted({one.referrer_id or 0 for one in referrals if one.state is State.WAITING})
        found = await self._session.fetch(statements.COUNTS, referrers, now - MONTH, now) if referrers else []
        return {row["referrer_id"]: row["earned"] for row in found}

    async def _pay(
        self, after: dict[int, Referral], people: Mapping[int, Known], now: datetime.datetime
    ) -> dict[int, tuple[int | None, int | None]]:
        """Give what is earned and due still, and note it in `after`; the transactions by newcomer."""
        owners = {one.referred_id: who for who, several in self._history.items() for one in several}
        for one in [one for one in after.values() if one.state is State.EARNED]:
            after[one.referred_id] = rules.still_due(one, people.get(owners[one.referred_id]), self._terms)
        dues = [
            Due(one, self._survivors.get(one.referrer_id or 0), owner if owner in people else None)
            for one in sorted(after.values(), key=lambda one: one.created_at)
            if one.state is State.EARNED and (owner := owners[one.referred_id])
        ]
        settled = await pay(self._session, dues, self._messages, now) if dues else []
        after |= {one.referral.referred_id: one.referral for one in settled}
        return {one.referral.referred_id: one.transactions for one in settled}


def closings(referrals: Iterable[Referral]) -> list[Entry]:
    """What the audit log says of referrals that came to nothing."""
    return [
        Entry("referral.closed", one.referred_id, audit.SYSTEM, {"reason": one.reason.name.lower()})
        for one in referrals
        if one.state is State.CLOSED
    ]
