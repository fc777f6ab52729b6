"""What an account is, and why money may not move. Plain values; nothing is awaited."""

import datetime
from dataclasses import field
from decimal import Decimal
from enum import IntEnum

from chassis import errors
from chassis.records import record

EXTERNAL = "external"
REWARD = "reward"

# What a reward is for, as its transaction says it.
FOR_INVITING = "for inviting"
FOR_COMING = "for coming by an invitation"


class WalletNotFound(errors.NotFound):
    """The person has opened no wallet."""

    reason = "WALLET_NOT_FOUND"


class PayeeUnknown(errors.NotFound):
    """No wallet has that code."""

    reason = "PAYEE_UNKNOWN"


class TransactionNotFound(errors.NotFound):
    """Nothing was booked under that id."""

    reason = "TRANSACTION_NOT_FOUND"


class TransferToSelf(errors.Refused):
    """It would stay where it is."""

    reason = "TRANSFER_TO_SELF"


class AmountTooSmall(errors.Refused):
    """Below `minimum`."""

    reason = "AMOUNT_TOO_SMALL"


class AmountTooLarge(errors.Refused):
    """Above `limit`, which one transfer may have."""

    reason = "AMOUNT_TOO_LARGE"


class AccountTooNew(errors.Refused):
    """The account sends nothing yet; it does in `hours`."""

    reason = "ACCOUNT_TOO_NEW"


class DailyLimitReached(errors.Refused):
    """Within 24 hours no more than `limit` goes out; `left` is what still may now."""

    reason = "DAILY_LIMIT_REACHED"


class BalanceTooLow(errors.Refused):
    """There is not so much."""

    reason = "BALANCE_TOO_LOW"


class ConfirmationRequired(errors.Refused):
    """So much goes only once its sender has confirmed it."""

    reason = "CONFIRMATION_REQUIRED"


class AlreadyReversed(errors.Refused):
    """It was taken back before, or is itself the taking back of another."""

    reason = "ALREADY_REVERSED"


class Kind(IntEnum):
    """As in the contract."""

    TRANSFER = 1
    CREDIT = 2
    REWARD = 3
    MERGE = 4
    REVERSAL = 5


@record
class Account:
    """Where money lies."""

    account_id: int
    person_id: int | None
    system: str | None
    currency: str
    balance: Decimal
    code: str
    created_at: datetime.datetime
    name: str = field(default="", repr=False)
    """Of its person."""

    @property
    def external(self) -> bool:
        """Whether it is the world outside, which alone may give what it does not have."""
        return self.system == EXTERNAL


@record
class Transfer:
    """From one person to whoever has a code."""

    person_id: int
    code: str | None
    """As codes.read gave it."""
    amount: Decimal
    confirmed: bool


@record
class Credit:
    """From outside to a person, or to what is set aside for rewards (None); an operator's."""

    person_id: int | None
    amount: Decimal
    reason: str
    actor: str


@record
class Reversal:
    """A transaction taken back; an operator's."""

    transaction_id: int
    reason: str
    actor: str


@record
class Reward:
    """From what is set aside for rewards to a person; ours."""

    person_id: int
    amount: Decimal
    reason: str
    """FOR_INVITING or FOR_COMING."""


Order = Transfer | Credit | Reversal | Reward


@record
class Booked:
    """A transaction as it was booked."""

    transaction_id: int
    kind: Kind
    payer: Account
    """After it."""
    payee: Account
    amount: Decimal
    created_at: datetime.datetime
    actor: str
    reason: str = ""
    reverses: int | None = None
