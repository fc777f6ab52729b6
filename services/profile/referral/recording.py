"""Referrals that newcomers tell, inside one transaction with their request ids."""

from collections.abc import Sequence

from chassis import changes, errors
from chassis.database import Session
from chassis.records import record
from services.profile import audit
from services.profile import statements as people_statements
from services.profile.audit import Entry
from services.profile.person import PersonNotFound
from services.profile.referral import referral as rules
from services.profile.referral import rows, statements
from services.profile.referral.messages import Messages
from services.profile.referral.referral import Known, Referral
from services.profile.referral.terms import MONTH


@record
class Note:
    """Somebody tells a code."""

    person_id: int
    code: str | None
    """As codes.read gave it."""


class Recording:
    """Both sides of each are locked: whoever comes has one referral, whoever invites no more than the limit."""

    def __init__(self, session: Session, messages: Messages) -> None:
        self._session = session
        self._messages = messages
        self._owners: dict[str, int] = {}
        self._survivors: dict[int, int] = {}

    async def lock(self, items: Sequence[Note], *, wait: bool) -> set[int]:
        """The newcomers and those whose codes they tell, in the order of their ids."""
        await self._find(items)
        wanted = sorted(set().union(*map(self._concerned, items)))
        statement = people_statements.LOCK_PEOPLE if wait else people_statements.LOCK_FREE_PEOPLE
        locked = {row["person_id"] for row in await self._session.fetch(statement, wanted)} if wanted else set()
        # Found again: until the locks were ours, either could be merged or erased.
        await self._find(items)
        late = changes.behind(list(map(self._concerned, items)), locked)
        if late and wait:
            raise errors.Conflict("the people changed meanwhile")
        return late

    async def _find(self, items: Sequence[Note]) -> None:
        told = sorted({item.code for item in items if item.code is not None})
        owners = await self._session.fetch(statements.WHOSE, told) if told else []
        self._owners = {row["code"]: row["person_id"] for row in owners}
        people = sorted({*(item.person_id for item in items), *self._owners.values()})
        found = await self._session.fetch(people_statements.SURVIVORS, people)
        self._survivors = {row["person_id"]: row["survivor_id"] for row in found}

    def _referrer(self, item: Note) -> int | None:
        return self._survivors.get(self._owners.get(item.code or "", 0))

    def _concerned(self, item: Note) -> set[int]:
        return {one for one in (self._survivors.get(item.person_id), self._referrer(item)) if one is not None}

    async def decide(self, items: Sequence[Note]) -> list[bytes | errors.HailwireError]:
        """Decide in order; a refusal is an outcome like any other."""
        terms = self._messages.terms
        now = await self._session.fetchval(statements.NOW)
        newcomers = {self._survivors[item.person_id] for item in items if item.person_id in self._survivors}
        people = {
            row["person_id"]: Known(row["person_id"], row["created_at"])
            for row in await self._session.fetch(statements.PEOPLE, sorted(newcomers))
        }
        history = await rows.of_newcomers(self._session, newcomers)
        referrers = sorted({one for item in items if (one := self._referrer(item)) is not None})
        counted = await self._session.fetch(statements.COUNTS, referrers, now - MONTH, now) if referrers else []
        taken = {row["referrer_id"]: row["earned"] + row["waiting"] for row in counted}
        outcomes: list[bytes | errors.HailwireError] = []
        new: list[Referral] = []
        for item in items:
            try:
                newcomer = people.get(self._survivors.get(item.person_id, 0))
                if newcomer is None:
                    raise PersonNotFound
                referrer_id = self._referrer(item)
                before = history.setdefault(newcomer.person_id, [])
                found = rules.noted(newcomer, referrer_id, before, taken.get(referrer_id or 0, 0), terms, now)
            except errors.HailwireError as refusal:
                outcomes.append(self._messages.kept(refusal))
                continue
            if found not in before:
                new.append(found)
                before.append(found)
                taken[referrer_id or 0] = taken.get(referrer_id or 0, 0) + 1
            outcomes.append(self._messages.kept(found))
        await rows.insert(self._session, new)
        await audit.write(
            self._session,
            [Entry("referral.noted", one.referred_id, audit.PERSON, {"referrer": one.referrer_id or 0}) for one in new],
        )
        return outcomes
