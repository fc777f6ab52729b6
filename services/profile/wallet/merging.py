"""Two people who are one: what one of them holds becomes the other's, in the transaction that merges them.

An account whose survivor has none simply changes its owner. Of two, the balance moves by a transaction as any other
money does; the emptied account stays for its statement and for its code, which others may have on paper.
"""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chassis.database import Session
from services.profile import audit
from services.profile.wallet import statements
from services.profile.wallet.account import Account, Booked, Kind
from services.profile.wallet.writing import write_booked


async def merge_accounts(session: Session, absorbed: Mapping[int, int], now: datetime.datetime) -> None:
    """From each absorbed person to their survivor; the people are locked.

    Waits for the accounts, even in a batch: a transfer holds them for milliseconds, and merges are rare.
    """
    rows = await session.fetch(statements.LOCK_MERGING, sorted({*absorbed, *absorbed.values()}))
    own = {(row["person_id"], row["currency"]): row for row in rows if row["person_id"] not in absorbed}
    passed: dict[int, int] = {}
    merged: dict[int, tuple[int, datetime.datetime]] = {}
    moves: list[tuple[Any, Any]] = []
    for row in rows:
        survivor_id = absorbed.get(row["person_id"])
        if survivor_id is None:
            continue
        account = own.setdefault((survivor_id, row["currency"]), row)
        if account is row:
            passed[row["account_id"]] = survivor_id
            continue
        merged[row["account_id"]] = (account["account_id"], row["created_at"])
        if row["balance"]:
            moves.append((row, account))
    if passed:
        await session.execute(statements.PASS_ON, list(passed), list(passed.values()))
    if moves:
        await _move(session, moves, now)
    if merged:
        survivors = [survivor_id for survivor_id, _ in merged.values()]
        await session.execute(statements.MERGE_ACCOUNTS, list(merged), survivors)
        await session.execute(statements.AGE_ACCOUNTS, survivors, [opened for _, opened in merged.values()])


async def _move(session: Session, moves: list[tuple[Any, Any]], now: datetime.datetime) -> None:
    """The whole balance of each account to its survivor's."""
    balances: dict[int, Decimal] = {}
    booked = []
    new_ids = await session.fetch(statements.NEW_IDS, len(moves))
    for (given, taken), new_id in zip(moves, new_ids, strict=True):
        after = balances.get(taken["account_id"], taken["balance"]) + given["balance"]
        balances[taken["account_id"]] = after
        booked.append(
            Booked(
                transaction_id=new_id["nextval"],
                kind=Kind.MERGE,
                payer=_side(given, Decimal(0)),
                payee=_side(taken, after),
                amount=given["balance"],
                created_at=now,
                actor=audit.SYSTEM,
            )
        )
    await write_booked(session, [("", one) for one in booked])


def _side(row: Any, balance: Decimal) -> Account:
    return Account(row["account_id"], row["person_id"], None, row["currency"], balance, "", row["created_at"])
