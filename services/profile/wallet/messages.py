"""The wallet between the contract's messages and our own values."""

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from chassis import errors, pages
from chassis.pages import Paging
from chassis.records import record
from hailwire.profile.v1 import wallet_pb2 as pb
from hailwire.trips.v1 import events_pb2
from services.profile.wallet import codes
from services.profile.wallet.account import FOR_INVITING, Account, Booked, Kind, Transfer
from services.profile.wallet.money import Currency
from services.profile.wallet.terms import Terms


@record
class Messages:
    """Makes messages of values and values of messages, in the currency of the terms."""

    terms: Terms

    @property
    def _currency(self) -> Currency:
        return self.terms.currency

    def money(self, amount: Decimal) -> pb.Money:
        """An amount as the contract says it."""
        return pb.Money(amount=self._currency.written(amount), currency_code=self._currency.code)

    def wallet(self, account: Account) -> pb.Wallet:
        """A person's account."""
        message = pb.Wallet(person_id=account.person_id or 0, code=account.code, balance=self.money(account.balance))
        message.create_time.FromDatetime(account.created_at)
        message.send_time.FromDatetime(account.created_at + self.terms.new_for)
        return message

    def wallet_result(self, outcome: Account | errors.HailwireError) -> pb.WalletResult:
        """A value or an error."""
        if isinstance(outcome, Account):
            return pb.WalletResult(wallet=self.wallet(outcome))
        return pb.WalletResult(error=errors.to_status(outcome))

    def transfer(self, request: pb.TransferRequest) -> Transfer:
        """A transfer, not yet decided; raises CurrencyUnknown or AmountInvalid."""
        return Transfer(
            person_id=request.person_id,
            code=codes.read(request.payee_code),
            amount=self._currency.amount(request.amount.amount, request.amount.currency_code),
            confirmed=request.confirmed,
        )

    def transaction_result(self, outcome: Booked | errors.HailwireError) -> pb.TransactionResult:
        """A value or an error."""
        if not isinstance(outcome, Booked):
            return pb.TransactionResult(error=errors.to_status(outcome))
        message = pb.Transaction(
            transaction_id=outcome.transaction_id,
            kind=pb.TransactionKind.ValueType(outcome.kind),
            amount=self.money(outcome.amount),
            payee=payee(outcome.payee),
            payer_balance=self.money(outcome.payer.balance),
        )
        message.create_time.FromDatetime(outcome.created_at)
        return pb.TransactionResult(transaction=message)

    def kept(self, outcome: Booked | errors.HailwireError) -> bytes:
        """An outcome as the ledger of request ids keeps it."""
        return self.transaction_result(outcome).SerializeToString(deterministic=True)

    def result_from(self, outcome: bytes | errors.HailwireError) -> pb.TransactionResult:
        """What was kept, or an error that was not."""
        if isinstance(outcome, bytes):
            return pb.TransactionResult.FromString(outcome)
        return self.transaction_result(outcome)

    def entry(self, row: Any) -> pb.Entry:
        """A line of a statement."""
        created_at: datetime.datetime = row["created_at"]
        message = pb.Entry(
            transaction_id=row["transaction_id"],
            kind=pb.TransactionKind.ValueType(row["kind"]),
            amount=self.money(row["amount"]),
            other=pb.Party(initial=initial(row["other_name"] or "")),
            reversed=row["reversed"],
        )
        message.create_time.FromDatetime(created_at)
        return message

    def told(self, booked: Iterable[Booked]) -> list[events_pb2.Event]:
        """What people must hear of whose money somebody else moved: payees, and both sides of what was taken back."""
        return [
            self._moved(one, side, other, amount)
            for one in booked
            for side, other, amount in ((one.payer, one.payee, -one.amount), (one.payee, one.payer, one.amount))
            if side.person_id is not None and (amount > 0 or one.kind is Kind.REVERSAL)
        ]

    def _moved(self, one: Booked, side: Account, other: Account, amount: Decimal) -> events_pb2.Event:
        row = {
            "transaction_id": one.transaction_id,
            "kind": one.kind,
            "amount": amount,
            "other_name": other.name,
            "reversed": False,
            "created_at": one.created_at,
        }
        event = events_pb2.Event(
            kind=events_pb2.EVENT_KIND_MONEY_MOVED,
            recipient_id=side.person_id or 0,
            money=events_pb2.MoneyMoved(
                entry=self.entry(row),
                balance=self.money(side.balance),
                for_inviting=one.kind is Kind.REWARD and one.reason == FOR_INVITING,
            ),
        )
        event.create_time.FromDatetime(one.created_at)
        return event


def payee(account: Account) -> pb.Party:
    """Whom money goes to, as the payer may know them."""
    return pb.Party(code=account.code, initial=initial(account.name))


def initial(name: str) -> str:
    """By which somebody who knows the person recognises them, and nobody else does; empty without a name."""
    return f"{name[0].upper()}." if name else ""


def paging(request: pb.ListEntriesRequest) -> Paging:
    """Which page; raises PageSizeInvalid."""
    return Paging(size=pages.page_size(request.page_size), token=request.page_token)
