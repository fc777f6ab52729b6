"""Invitations as rows: opens them, notes who came by them, and settles them when a trip is complete."""

from collections.abc import Sequence

from chassis import changes, errors
from chassis.database import Database
from chassis.ledger import Ledger
from hailwire.profile.v1 import referrals_pb2 as pb
from services.profile import statements as people_statements
from services.profile.person import PersonNotFound
from services.profile.referral import rows, statements
from services.profile.referral.messages import Messages, Ride
from services.profile.referral.opening import Opening
from services.profile.referral.recording import Note, Recording
from services.profile.referral.referral import State
from services.profile.referral.settling import Look, Settling
from services.profile.referral.terms import MONTH, Terms
from services.profile.wallet.messages import Messages as MoneyMessages
from services.profile.wallet.terms import Terms as WalletTerms

# Between looks for rewards that wait for money: operators who bring some need not wait long.
PAY_SECONDS = 30.0
# Locked and booked in one transaction.
_PAID_AT_ONCE = 50


class ReferralStore:
    """The invitations of the database."""

    def __init__(self, database: Database, terms: Terms, wallet_terms: WalletTerms) -> None:
        self._database = database
        self._terms = terms
        self._money = MoneyMessages(wallet_terms)
        self._ledger = Ledger("profile")
        self.messages = Messages(terms)

    async def open(self, person_ids: Sequence[int]) -> list[pb.Invitation | errors.HailwireError]:
        """Each person's invitation, with a code made for those who had none; without one while nothing is to be had."""
        survivors = await self._survivors(person_ids)
        codes: dict[int, str] = {}
        refused: dict[int, errors.HailwireError] = {}
        if self._terms.on:
            codes = await self._codes(person_ids)
            missing = [one for one in dict.fromkeys(person_ids) if one in survivors and one not in codes]
            opened = await changes.carry_out(self._database, Opening, missing)
            outcomes = zip(missing, opened, strict=True)
            refused = {one: outcome for one, outcome in outcomes if isinstance(outcome, errors.HailwireError)}
            codes |= await self._codes([one for one in missing if one not in refused])
        taken = await self._taken(sorted(set(survivors.values())))
        return [
            self.messages.invitation(survivors[one], codes.get(one, ""), taken.get(survivors[one], 0))
            if one in survivors and one not in refused
            else refused.get(one, PersonNotFound())
            for one in person_ids
        ]

    async def record(self, requests: Sequence[changes.Request[Note]]) -> list[bytes | errors.HailwireError]:
        """Serialized ReferralResults, the first ones for repeats."""
        return await changes.carry_out_once(
            self._database, self._ledger, lambda session: Recording(session, self.messages), requests
        )

    async def ridden(self, rides: Sequence[Ride]) -> list[int | errors.HailwireError]:
        """How many referrals each completed trip has rewarded; most rides change nothing, and lock nobody."""
        needed = await self._needed(rides)
        looks = [Look(rides[position].person_ids, rides[position].trip) for position in needed]
        done = dict(zip(needed, await self._settle(looks), strict=True))
        return [done.get(position, 0) for position in range(len(rides))]

    async def pay(self) -> int:
        """Give what was earned while there was not enough; answers how many referrals it was."""
        waiting = await self._database.fetch(statements.EARNED, _PAID_AT_ONCE)
        done = await self._settle([Look((row["referred_id"],)) for row in waiting])
        return sum(one for one in done if isinstance(one, int))

    async def _settle(self, looks: Sequence[Look]) -> list[int | errors.HailwireError]:
        return await changes.carry_out(
            self._database, lambda session: Settling(session, self._terms, self._money), looks
        )

    async def _needed(self, rides: Sequence[Ride]) -> list[int]:
        """The positions of rides with somebody whose first one it may be, as far as that matters."""
        survivors = await self._survivors([one for ride in rides for one in ride.person_ids])
        history = await rows.of_newcomers(self._database, set(survivors.values()))
        needed = {who for who, several in history.items() if any(one.state is State.WAITING for one in several)}
        if self._terms.on:
            now = await self._database.fetchval(statements.NOW)
            strangers = sorted(set(survivors.values()) - history.keys())
            found = await self._database.fetch(statements.PEOPLE, strangers) if strangers else []
            needed |= {row["person_id"] for row in found if now - row["created_at"] <= self._terms.newcomer_for}
        return [
            position
            for position, ride in enumerate(rides)
            if any(survivors.get(one) in needed for one in ride.person_ids)
        ]

    async def _survivors(self, person_ids: Sequence[int]) -> dict[int, int]:
        found = await self._database.fetch(people_statements.SURVIVORS, sorted(set(person_ids)))
        return {row["person_id"]: row["survivor_id"] for row in found}

    async def _codes(self, person_ids: Sequence[int]) -> dict[int, str]:
        found = await self._database.fetch(statements.CODES_OF, list(person_ids)) if person_ids else []
        return {row["asked_id"]: row["code"] for row in found}

    async def _taken(self, referrers: Sequence[int]) -> dict[int, int]:
        """How many rewards each has earned lately, and may still earn."""
        now = await self._database.fetchval(statements.NOW)
        found = await self._database.fetch(statements.COUNTS, list(referrers), now - MONTH, now)
        return {row["referrer_id"]: row["earned"] + row["waiting"] for row in found}
