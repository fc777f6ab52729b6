"""Wallets, for operators: bring money in, look at one, take something back, and add everything up anew."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chassis import errors
from chassis.settings import load
from launcher import databases
from launcher.arguments import LARGEST_ID, whole
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.profile.referral.referral import Closing, Referral
from services.profile.wallet.account import Kind
from services.profile.wallet.operating import Findings, Operator, open_operator, units

_MOST = 1000  # lines of a statement
_REWARDS = "rewards"

# What stands against an order, in words for whoever gave it.
_REFUSED = {
    "AMOUNT_INVALID": "the amount must be a decimal above zero such as 1500, as exact as the currency is",
    "ALREADY_REVERSED": "it was taken back before, or is itself the taking back of another",
    "BALANCE_TOO_LOW": "there is not so much in the account that it would come from",
    "PERSON_NOT_FOUND": "there is no such person",
    "REQUEST_ID_REUSED": "that --request-id was used for something else: choose another",
    "TRANSACTION_NOT_FOUND": "there is no such transaction",
    "TRANSFER_TO_SELF": "both sides of it are one person by now",
    "WALLET_NOT_FOUND": "that person has no wallet",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """credit, reverse, show, referrals and check."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="credit|reverse|show|referrals|check")
    crediting = actions.add_parser(
        "credit",
        help="bring money in from outside",
        epilog="example: hailwire wallet credit --to 42 --amount 5000 --reason 'cash, receipt 17' --request-id cash-17",
    )
    crediting.add_argument(
        "--to", type=_payee, required=True, metavar="ID", help=f"a person, or `{_REWARDS}` for what is given as rewards"
    )
    crediting.add_argument("--amount", required=True, help="as a decimal, such as 1500")
    reversing = actions.add_parser(
        "reverse",
        help="take a transaction back by booking its opposite",
        epilog="example: hailwire wallet reverse 7 --reason 'paid twice' --request-id back-7",
    )
    reversing.add_argument("id", type=whole(1, LARGEST_ID), metavar="ID", help="of the transaction, as `show` shows it")
    for changing in (crediting, reversing):
        changing.add_argument(
            "--reason", required=True, help="why, for whoever looks at it later; up to 200 characters"
        )
        changing.add_argument(
            "--request-id", required=True, help="names this change: a repeat with the same does nothing more (40 days)"
        )
        changing.add_argument(
            "--operator", default=_whoami(), help="who does it, for the audit log (default: %(default)s)"
        )
    showing = actions.add_parser(
        "show",
        help="a person's balance and the latest lines of their statement",
        epilog="example: hailwire wallet show 42",
    )
    showing.add_argument("id", type=whole(1, LARGEST_ID), metavar="ID", help="of the person")
    inviting = actions.add_parser(
        "referrals",
        help="who came by whose invitation, what became of it, and what is owed",
        epilog="example: hailwire wallet referrals --limit 50",
    )
    for listing in (showing, inviting):
        listing.add_argument(
            "--limit", type=whole(1, _MOST), default=20, help=f"how many lines, to {_MOST} (default: %(default)s)"
        )
    actions.add_parser(
        "check",
        help="add up every entry anew; exit code 1 when a balance or a sum is not what it should be",
        epilog="example: hailwire wallet check",
    )


def _payee(text: str) -> int | None:
    return None if text == _REWARDS else whole(1, LARGEST_ID)(text)


def _whoami() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 1 when an order is refused or the ledger is wrong."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    try:
        with databases.explained(dsn):
            return asyncio.run(_run(dsn, arguments, environ))
    except errors.Unavailable as error:
        raise CommandError(databases.out_of_reach(dsn, error.__cause__), ExitCode.FAILED) from error
    except (errors.InvalidArgument, errors.NotFound, errors.Refused) as error:
        raise CommandError(_REFUSED.get(error.reason, error.message), ExitCode.FAILED) from error
    except errors.Conflict as error:
        raise CommandError("somebody else was at that wallet: try again", ExitCode.FAILED) from error


async def _run(dsn: str, arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    actor = getattr(arguments, "operator", "")
    async with open_operator(dsn, environ, actor) as operator:
        match arguments.action:
            case "credit":
                done = await operator.credit(arguments.to, arguments.amount, arguments.reason, arguments.request_id)
                print(f"transaction {done.transaction_id}: {_money(done.amount)} credited")
            case "reverse":
                done = await operator.reverse(arguments.id, arguments.reason, arguments.request_id)
                print(f"transaction {done.transaction_id}: {_money(done.amount)} taken back")
            case "show":
                await _show(operator, arguments.id, arguments.limit)
            case "referrals":
                await _referrals(operator, arguments.limit)
            case _:
                return _tell(operator, await operator.check())
    return ExitCode.DONE


async def _show(operator: Operator, person_id: int, most: int) -> None:
    wallet = await operator.wallet(person_id)
    balance = units(wallet.balance, operator.terms)
    print(f"person {wallet.person_id}  {wallet.code}  {balance}  opened {wallet.created_at:%Y-%m-%d %H:%M}")
    for row in await operator.entries(person_id, most):
        print(_line(row, operator))


async def _referrals(operator: Operator, most: int) -> None:
    rewards = await operator.rewards()
    print(f"set aside for rewards: {units(rewards.set_aside, operator.terms)}")
    if rewards.waiting:
        owed = units(rewards.owed, operator.terms)
        print(f"owed: {owed} (referrals: {rewards.waiting}); `hailwire wallet credit --to {_REWARDS}` brings some")
    for one in await operator.referrals(most):
        print(_referral(one, operator))


def _referral(one: Referral, operator: Operator) -> str:
    """By ids: nobody's name or number is shown."""
    written = operator.terms.currency.written
    amounts = f"{written(one.referrer_amount)} + {written(one.newcomer_amount)} {one.currency}"
    why = f" ({one.reason.name.lower().replace('_', '-')})" if one.reason is not Closing.NONE else ""
    trip = f"  trip {one.trip_id}" if one.trip_id else ""
    who = f"person {one.referred_id} invited by {one.referrer_id or 'nobody'}"
    return f"{one.created_at:%Y-%m-%d %H:%M:%S}  {who}  {amounts}  {one.state.name.lower()}{why}{trip}"


def _line(row: Mapping[str, Any], operator: Operator) -> str:
    back = "  taken back" if row["reversed"] else ""
    kind = Kind(row["kind"]).name.lower()
    amount = units(row["amount"], operator.terms)
    return f"{row['created_at']:%Y-%m-%d %H:%M:%S}  {row['transaction_id']:>8}  {kind:<9}  {amount:>16}{back}"


def _tell(operator: Operator, found: Findings) -> int:
    written = operator.terms.currency.written
    for row in found.transactions:
        print(f"transaction {row['transaction_id']} adds up to {written(row['sum'])}", file=sys.stderr)
    for row in found.balances:
        print(
            f"account {row['account_id']} holds {written(row['balance'])}, its entries say {written(row['sum'])}",
            file=sys.stderr,
        )
    for total in found.totals:
        print(f"{total['currency']}: {total['accounts']} accounts, people hold {written(total['of_people'])}")
        if total["sum"] != Decimal(0):
            print(f"{total['currency']}: all balances add up to {written(total['sum'])}, not 0", file=sys.stderr)
    print("the ledger is right" if found.right else "THE LEDGER IS WRONG")
    return ExitCode.DONE if found.right else ExitCode.FAILED


def _money(money: Any) -> str:
    return f"{money.amount} {money.currency_code}"
