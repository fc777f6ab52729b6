"""The invitations of a town: the rules and messages of the service itself, over referrals in memory."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hailwire.profile.v1 import referrals_pb2
from hailwire.trips.v1 import trips_pb2
from services.profile.referral import referral as rules
from services.profile.referral.messages import Messages
from services.profile.referral.opening import PREFIX
from services.profile.referral.referral import Known, Referral, State, Trip
from services.profile.referral.terms import Terms
from services.profile.wallet import codes
from services.profile.wallet.account import FOR_COMING, FOR_INVITING
from tests.gateway.conversations.bank import TERMS as WALLET_TERMS
from tests.gateway.conversations.bank import Bank

OFF = Terms(
    currency=WALLET_TERMS.currency,
    referrer_amount=Decimal(0),
    newcomer_amount=Decimal(0),
    newcomer_for=datetime.timedelta(hours=72),
    trip_within=datetime.timedelta(days=30),
    monthly_limit=3,
)
ON = replace(OFF, referrer_amount=Decimal(1000), newcomer_amount=Decimal(500))


class GuestBook:
    """Who may invite, and who came by whose invitation. Off, as by default, until a test sets other terms."""

    def __init__(self, bank: Bank) -> None:
        self.terms = OFF
        self.codes: dict[int, str] = {}
        self.referrals: dict[int, Referral] = {}
        # Who first wrote when; whoever is not here is new.
        self.first_written: dict[int, datetime.datetime] = {}
        self._bank = bank

    def code(self, person_id: int) -> str:
        return self.codes.setdefault(person_id, codes.draw(PREFIX))

    def known(self, person_id: int, now: datetime.datetime) -> Known:
        return Known(person_id, self.first_written.setdefault(person_id, now))

    def taken(self, person_id: int) -> int:
        open_or_given = [one for one in self.referrals.values() if one.state is not State.CLOSED]
        return sum(one.referrer_id == person_id for one in open_or_given)

    def note(self, person_id: int, typed: str, now: datetime.datetime) -> Referral:
        told = codes.read(typed, PREFIX)
        referrer = next((one for one, code in self.codes.items() if code == told), None)
        history = [self.referrals[person_id]] if person_id in self.referrals else []
        newcomer, taken = self.known(person_id, now), self.taken(referrer or 0)
        self.referrals[person_id] = rules.noted(newcomer, referrer, history, taken, self.terms, now)
        return self.referrals[person_id]

    def ridden(self, trip: trips_pb2.Trip, now: datetime.datetime) -> None:
        done = Trip(trip.trip_id, trip.end_time.ToDatetime(tzinfo=datetime.UTC))
        for person_id in (trip.passenger_id, trip.driver_id):
            known, waiting = self.known(person_id, now), self.referrals.get(person_id)
            if waiting is None:
                first = rules.rode_before(known, self.terms, now)
                if first is not None:
                    self.referrals[person_id] = first
            elif waiting.state is State.WAITING:
                made = rules.after_trip(waiting, known, done, 0, self.terms)
                if made.state is State.EARNED and made.referrer_id is not None:
                    self._bank.reward(made.referrer_id, made.referrer_amount, FOR_INVITING, now)
                    self._bank.reward(person_id, made.newcomer_amount, FOR_COMING, now)
                    made = replace(made, state=State.REWARDED)
                self.referrals[person_id] = made


class PersonsInvitations:
    """One person's, for one message; `once` is the ledger."""

    def __init__(
        self, book: GuestBook, me: int, now: datetime.datetime, once: Callable[[str, object, Callable[[], Any]], Any]
    ) -> None:
        self._book = book
        self._me = me
        self._now = now
        self._once = once

    async def own(self) -> referrals_pb2.Invitation:
        code = self._book.code(self._me) if self._book.terms.on else ""
        return Messages(self._book.terms).invitation(self._me, code, self._book.taken(self._me))

    async def accept(self, step: str, code: str) -> referrals_pb2.Referral:
        noted: Referral = self._once(step, ("invitation", code), lambda: self._book.note(self._me, code, self._now))
        return Messages(self._book.terms).referral_result(noted).referral

    async def ridden(self, trip: trips_pb2.Trip) -> None:
        self._book.ridden(trip, self._now)
