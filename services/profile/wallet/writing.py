"""Writes what was booked: transactions, their two entries, the balances and the audit, in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from chassis.database import Session
from services.profile import audit
from services.profile.wallet import audited, statements
from services.profile.wallet.account import Booked


async def write_booked(session: Session, booked: Sequence[tuple[str, Booked]]) -> None:
    """Everything of these transactions, each with the id under which it was asked for. The accounts are locked."""
    if not booked:
        return
    done = [one for _, one in booked]
    await session.execute(
        statements.INSERT_TRANSACTIONS,
        [one.transaction_id for one in done],
        [one.kind.value for one in done],
        [request_id for request_id, _ in booked],
        [one.reason for one in done],
        [one.reverses for one in done],
        [one.created_at for one in done],
    )
    entries = [
        (one, account_id, amount)
        for one in done
        for account_id, amount in ((one.payer.account_id, -one.amount), (one.payee.account_id, one.amount))
    ]
    await session.execute(
        statements.INSERT_ENTRIES,
        [one.transaction_id for one, _, _ in entries],
        [account_id for _, account_id, _ in entries],
        [amount for _, _, amount in entries],
        [one.created_at for one, _, _ in entries],
    )
    moved: defaultdict[int, Decimal] = defaultdict(Decimal)
    for _, account_id, amount in entries:
        moved[account_id] += amount
    await session.execute(statements.MOVE_BALANCES, list(moved), list(moved.values()))
    await audit.write(session, audited.moved(done))
