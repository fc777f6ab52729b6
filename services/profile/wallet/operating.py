"""What operators do with wallets, on the database itself: money comes from outside and goes back by nobody else's hand.

No RPC leads here: whoever may call the service cannot make money.
"""

import contextlib
import hashlib
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

from chassis import changes, errors, ledger
from chassis.database import Database, DatabaseSettings, open_database
from chassis.pages import Paging
from chassis.records import record
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from hailwire.profile.v1 import wallet_pb2 as pb
from services.profile import audit
from services.profile.referral import rows as referrals
from services.profile.referral import statements as referral_statements
from services.profile.referral.referral import Referral
from services.profile.wallet import statements
from services.profile.wallet.account import Account, Credit, Order, Reversal
from services.profile.wallet.settings import WalletSettings
from services.profile.wallet.store import WalletStore
from services.profile.wallet.terms import Terms

_LONGEST_REASON = 200


class ReasonMissing(errors.InvalidArgument):
    """Whoever looks at it later must find out why."""

    reason = "REASON_MISSING"


@record
class Findings:
    """What is wrong with the ledger, and what there is. `totals` are rows of (currency, accounts, sum, of_people)."""

    transactions: list[Any]
    """Those whose entries do not add up to nothing."""
    balances: list[Any]
    """Accounts whose balance is not what their entries add up to."""
    totals: list[Any]

    @property
    def right(self) -> bool:
        """Whether every sum is what it should be."""
        return not self.transactions and not self.balances and all(total["sum"] == 0 for total in self.totals)


@record
class Rewards:
    """What there is for rewards, and what of it is owed: referrals that were earned and wait for money."""

    set_aside: Decimal
    owed: Decimal
    waiting: int


class Operator:
    """Somebody at the keyboard, by the name that the audit log has."""

    def __init__(self, database: Database, terms: Terms, actor: str) -> None:
        self._database = database
        self._store = WalletStore(database, terms)
        self._actor = actor
        self.terms = terms

    async def credit(self, person_id: int | None, amount: str, reason: str, request_id: str) -> pb.Transaction:
        """Bring money in, for a person or (None) to be given away as rewards; raises what stands against it.

        A repeat under the same id finds the first outcome.
        """
        exact = self.terms.currency.amount(amount, self.terms.currency.code)
        if person_id is not None:
            _raised((await self._store.open([person_id]))[0])
        return await self._book(request_id, Credit(person_id, exact, _checked(reason), self._actor))

    async def reverse(self, transaction_id: int, reason: str, request_id: str) -> pb.Transaction:
        """Take a transaction back by its opposite; raises what stands against it, such as that the money is gone."""
        return await self._book(request_id, Reversal(transaction_id, _checked(reason), self._actor))

    async def wallet(self, person_id: int) -> Account:
        """A person's account; raises NotFound, and opens none."""
        found = await self._store.find([person_id])
        return _raised(found[0])

    async def entries(self, person_id: int, most: int) -> list[Any]:
        """The latest lines of a person's statement, newest first."""
        return (await self._store.entries(person_id, Paging(size=most))).rows

    async def referrals(self, most: int) -> list[Referral]:
        """The latest ones, newest first."""
        return [referrals.referral(row) for row in await self._database.fetch(referral_statements.LATEST, most)]

    async def rewards(self) -> Rewards:
        """How the account of the rewards stands."""
        currency = self.terms.currency.code
        (owed,) = await self._database.fetch(referral_statements.OWED, currency)
        set_aside = await self._database.fetchval(referral_statements.SET_ASIDE, currency)
        return Rewards(set_aside, owed["amount"], owed["referrals"])

    async def check(self) -> Findings:
        """Add everything up anew, as it is in one moment."""
        async with (
            self._database.session() as session,
            session.connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return Findings(
                transactions=await session.fetch(statements.CHECK_TRANSACTIONS),
                balances=await session.fetch(statements.CHECK_BALANCES),
                totals=await session.fetch(statements.CHECK_TOTALS),
            )

    async def _book(self, request_id: str, order: Order) -> pb.Transaction:
        ledger.check_request_id(request_id)
        asked = hashlib.blake2b(repr(_asked(order)).encode(), digest_size=16).digest()
        (outcome,) = await self._store.book([changes.Request(request_id, asked, order)])
        result = self._store.messages.result_from(outcome)
        if result.HasField("error"):
            raise errors.from_status(result.error)
        return result.transaction


@contextlib.asynccontextmanager
async def open_operator(dsn: str, environ: Mapping[str, str], actor: str) -> AsyncIterator[Operator]:
    """For one command; raises SettingsError."""
    terms = load(WalletSettings, environ).wallet_terms()
    # One connection is all that it takes, and nobody collects the telemetry of a command.
    given = {"DATABASE_URL": dsn, "DATABASE_POOL_MIN": "0", "DATABASE_POOL_MAX": "1"}
    async with (
        open_telemetry("operator", load(TelemetrySettings, {})) as telemetry,
        open_database(load(DatabaseSettings, given), application="hailwire-wallet", telemetry=telemetry) as database,
    ):
        yield Operator(database, terms, audit.operator(actor))


def _asked(order: Order) -> tuple[str | int | None, ...]:
    """What makes it this order and no other, whoever repeats it."""
    match order:
        case Credit():
            return ("credit", order.person_id, str(order.amount.normalize()), order.reason)
        case Reversal():
            return ("reversal", order.transaction_id, order.reason)
        case _:
            raise TypeError("people's own orders come by RPC")


def _checked(reason: str) -> str:
    said = " ".join(reason.split())
    if not 0 < len(said) <= _LONGEST_REASON or not said.isprintable():
        raise ReasonMissing(f"a reason of at most {_LONGEST_REASON} characters is required")
    return said


def _raised(outcome: Account | errors.HailwireError) -> Account:
    if isinstance(outcome, errors.HailwireError):
        raise outcome
    return outcome


def units(amount: Decimal, terms: Terms) -> str:
    """An amount with its currency, for a terminal."""
    return f"{terms.currency.written(amount)} {terms.currency.code}"
