"""Decides orders one after the other, on copies of accounts in memory: who holds the Book holds the rows behind it."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from chassis.records import record
from services.profile import audit
from services.profile.wallet.account import (
    EXTERNAL,
    REWARD,
    Account,
    AccountTooNew,
    AlreadyReversed,
    AmountTooLarge,
    AmountTooSmall,
    BalanceTooLow,
    Booked,
    ConfirmationRequired,
    Credit,
    DailyLimitReached,
    Kind,
    Order,
    PayeeUnknown,
    Reversal,
    Reward,
    TransactionNotFound,
    Transfer,
    TransferToSelf,
    WalletNotFound,
)
from services.profile.wallet.terms import Terms


@record
class Past:
    """A transaction that was booked before, with the accounts that its two sides have become."""

    transaction_id: int
    kind: Kind
    payer_id: int
    payee_id: int
    amount: Decimal
    reversed: bool


@record
class Found:
    """What orders may name, by the name that they use; values are the ids of accounts."""

    people: Mapping[int, int]
    codes: Mapping[str, int]
    systems: Mapping[str, int]
    past: Mapping[int, Past]

    def sides(self, order: Order) -> tuple[int | None, int | None]:
        """The accounts that pay and are paid, None for one that there is not."""
        match order:
            case Transfer():
                return self.people.get(order.person_id), self.codes.get(order.code or "")
            case Credit(person_id=None):
                return self.systems.get(EXTERNAL), self.systems.get(REWARD)
            case Credit():
                return self.systems.get(EXTERNAL), self.people.get(order.person_id or 0)
            case Reward():
                return self.systems.get(REWARD), self.people.get(order.person_id)
            case Reversal():
                past = self.past.get(order.transaction_id)
                return (past.payee_id, past.payer_id) if past is not None else (None, None)

    def concerned(self, order: Order) -> set[int]:
        """The accounts that have to be locked."""
        return {side for side in self.sides(order) if side is not None}


class Book:
    """Accounts as they are now; `booked` is what to write."""

    def __init__(
        self,
        now: datetime.datetime,
        terms: Terms,
        found: Found,
        accounts: Iterable[Account],
        sent: Mapping[int, Decimal],
        new_ids: Iterator[int],
    ) -> None:
        """`sent` is what each account has sent within the last day."""
        self._now = now
        self._terms = terms
        self._found = found
        self._accounts = {account.account_id: account for account in accounts}
        self._sent = dict(sent)
        self._new_ids = new_ids
        self._reversed: set[int] = set()
        self.booked: list[Booked] = []

    def book(self, order: Order) -> Booked:
        """Carry an order out; raises what stands against it."""
        payer_id, payee_id = self._found.sides(order)
        payer, payee = self._accounts.get(payer_id or 0), self._accounts.get(payee_id or 0)
        match order:
            case Transfer():
                if payer is None:
                    raise WalletNotFound
                if payee is None:
                    raise PayeeUnknown
                self._check(order, payer, payee)
                self._sent[payer.account_id] = self._sent.get(payer.account_id, Decimal(0)) + order.amount
                return self._put(Kind.TRANSFER, payer, payee, order.amount, audit.PERSON)
            case Credit():
                if payer is None or payee is None:
                    raise WalletNotFound
                return self._put(Kind.CREDIT, payer, payee, order.amount, order.actor, order.reason)
            case Reward():
                if payer is None or payee is None:
                    raise WalletNotFound
                return self._put(Kind.REWARD, payer, payee, order.amount, audit.SYSTEM, order.reason)
            case Reversal():
                past = self._found.past.get(order.transaction_id)
                if past is None or payer is None or payee is None:
                    raise TransactionNotFound
                if past.reversed or past.kind is Kind.REVERSAL or past.transaction_id in self._reversed:
                    raise AlreadyReversed
                if payer.account_id == payee.account_id:
                    raise TransferToSelf  # both sides are one person by now
                taken_back = self._put(
                    Kind.REVERSAL, payer, payee, past.amount, order.actor, order.reason, past.transaction_id
                )
                self._reversed.add(past.transaction_id)
                return taken_back

    @property
    def set_aside(self) -> Decimal:
        """What there is for rewards by now."""
        account = self._accounts.get(self._found.systems.get(REWARD, 0))
        return account.balance if account is not None else Decimal(0)

    def _check(self, order: Transfer, payer: Account, payee: Account) -> None:
        """What forbids a transfer; that it wants confirming is said last, of what nothing else stands against."""
        terms = self._terms
        if payer.account_id == payee.account_id:
            raise TransferToSelf
        if order.amount < terms.minimum:
            raise AmountTooSmall(metadata=self._told(minimum=terms.minimum))
        if order.amount > terms.limit:
            raise AmountTooLarge(metadata=self._told(limit=terms.limit))
        wait = payer.created_at + terms.new_for - self._now
        if wait > datetime.timedelta(0):
            hours = -(-wait // datetime.timedelta(hours=1))
            raise AccountTooNew(metadata={"hours": str(hours)})
        left = max(Decimal(0), terms.daily_limit - self._sent.get(payer.account_id, Decimal(0)))
        if order.amount > left:
            raise DailyLimitReached(metadata=self._told(limit=terms.daily_limit, left=left))
        if order.amount > payer.balance:
            raise BalanceTooLow
        if order.amount > terms.confirm_above and not order.confirmed:
            raise ConfirmationRequired

    def _told(self, **amounts: Decimal) -> dict[str, str]:
        currency = self._terms.currency
        return {name: currency.written(amount) for name, amount in amounts.items()} | {"currency": currency.code}

    def _put(
        self,
        kind: Kind,
        payer: Account,
        payee: Account,
        amount: Decimal,
        actor: str,
        reason: str = "",
        reverses: int | None = None,
    ) -> Booked:
        if not payer.external and amount > payer.balance:
            raise BalanceTooLow
        payer = self._accounts[payer.account_id] = replace(payer, balance=payer.balance - amount)
        payee = self._accounts[payee.account_id] = replace(payee, balance=payee.balance + amount)
        booked = Booked(next(self._new_ids), kind, payer, payee, amount, self._now, actor, reason, reverses)
        self.booked.append(booked)
        return booked
