"""The wallets of a town: the rules and messages of the service itself, over accounts in memory."""

import datetime
import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hailwire.profile.v1 import wallet_pb2
from hailwire.trips.v1 import events_pb2
from services.profile.wallet import codes
from services.profile.wallet.account import REWARD, Account, Booked, Kind, PayeeUnknown, Transfer
from services.profile.wallet.book import Book, Found
from services.profile.wallet.messages import Messages, payee
from services.profile.wallet.money import Currency
from services.profile.wallet.terms import DAY, Terms

TERMS = Terms(
    currency=Currency("RWF", 0),
    minimum=Decimal(100),
    limit=Decimal(100_000),
    daily_limit=Decimal(200_000),
    confirm_above=Decimal(5000),
    new_for=datetime.timedelta(hours=24),
)


class Bank:
    """Accounts by person, and everything that was booked."""

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.booked: list[Booked] = []
        self.events: list[events_pb2.Event] = []
        self._ids = itertools.count(1)
        self._messages = Messages(TERMS)

    def account(self, person_id: int, now: datetime.datetime, name: str = "") -> Account:
        """Found or opened."""
        if person_id not in self.accounts:
            self.accounts[person_id] = Account(person_id, person_id, None, "RWF", Decimal(0), codes.draw(), now, name)
        return self.accounts[person_id]

    @property
    def codes(self) -> dict[str, int]:
        return {account.code: person_id for person_id, account in self.accounts.items()}

    def endow(self, person_id: int, amount: int, now: datetime.datetime, name: str = "") -> Account:
        """Somebody who has had a wallet for long, and so much in it."""
        account = self.account(person_id, now - 2 * DAY, name)
        self.accounts[person_id] = replace(account, balance=account.balance + amount)
        return self.accounts[person_id]

    def wallet(self, person_id: int, now: datetime.datetime) -> wallet_pb2.Wallet:
        return self._messages.wallet(self.account(person_id, now))

    def payee(self, typed: str) -> wallet_pb2.Party:
        person_id = self.codes.get(codes.read(typed) or "")
        if person_id is None:
            raise PayeeUnknown
        return payee(self.accounts[person_id])

    def send(
        self, person_id: int, code: str, amount: wallet_pb2.Money, now: datetime.datetime, *, confirmed: bool
    ) -> wallet_pb2.Transaction:
        sent = sum(one.amount for one in self.booked if one.payer.person_id == person_id and one.created_at > now - DAY)
        found = Found({one: one for one in self.accounts}, self.codes, {}, {})
        book = Book(now, TERMS, found, self.accounts.values(), {person_id: Decimal(sent)}, self._ids)
        exact = TERMS.currency.amount(amount.amount, amount.currency_code)
        done = book.book(Transfer(person_id, codes.read(code), exact, confirmed))
        for side in (done.payer, done.payee):
            self.accounts[side.account_id] = side
        self.booked.append(done)
        self.events += self._messages.told([done])
        return self._messages.transaction_result(done).transaction

    def reward(self, person_id: int, amount: Decimal, reason: str, now: datetime.datetime) -> None:
        """From what operators set aside, of which there is enough."""
        account = self.account(person_id, now)
        payee = self.accounts[person_id] = replace(account, balance=account.balance + amount)
        aside = Account(0, None, REWARD, "RWF", Decimal(0), "", now)
        done = Booked(next(self._ids), Kind.REWARD, aside, payee, amount, now, "system", reason)
        self.booked.append(done)
        self.events += self._messages.told([done])

    def entries(self, person_id: int, page_token: str, page_size: int) -> wallet_pb2.ListEntriesResponse:
        """Tokens are how many lines were before."""
        rows: list[dict[str, Any]] = [
            {
                "transaction_id": one.transaction_id,
                "kind": one.kind,
                "amount": sign * one.amount,
                "other_name": other.name,
                "reversed": False,
                "created_at": one.created_at,
            }
            for one in reversed(self.booked)
            for sign, side, other in ((-1, one.payer, one.payee), (1, one.payee, one.payer))
            if side.person_id == person_id
        ]
        before = int(page_token or 0)
        page = rows[before : before + page_size]
        more = str(before + page_size) if len(rows) > before + page_size else ""
        return wallet_pb2.ListEntriesResponse(entries=map(self._messages.entry, page), next_page_token=more)
