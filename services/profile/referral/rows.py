"""Referrals as rows."""

from collections.abc import Collection, Sequence
from typing import Any

from chassis.database import Database, Session
from services.profile.referral import statements
from services.profile.referral.referral import Closing, Referral, State

_COLUMNS = (
    "referred_id",
    "referrer_id",
    "first_written_at",
    "referrer_amount",
    "newcomer_amount",
    "currency",
    "created_at",
    "expires_at",
    "trip_id",
)


def referral(row: Any) -> Referral:
    """A row as a value."""
    values = {name: row[name] for name in _COLUMNS}
    return Referral(**values, state=State(row["state"]), reason=Closing(row["reason"]))


async def of_newcomers(source: Database | Session, person_ids: Collection[int]) -> dict[int, list[Referral]]:
    """The referrals of each of these people, who are survivors; none for most."""
    found: dict[int, list[Referral]] = {}
    for row in await source.fetch(statements.OF_NEWCOMERS, sorted(person_ids)):
        found.setdefault(row["survivor_id"], []).append(referral(row))
    return found


async def insert(session: Session, referrals: Sequence[Referral]) -> None:
    """Write new ones."""
    if referrals:
        await session.execute(
            statements.INSERT,
            [one.referred_id for one in referrals],
            [one.referrer_id for one in referrals],
            [one.state.value for one in referrals],
            [one.reason.value for one in referrals],
            [one.first_written_at for one in referrals],
            [one.referrer_amount for one in referrals],
            [one.newcomer_amount for one in referrals],
            [one.currency for one in referrals],
            [one.created_at for one in referrals],
            [one.expires_at for one in referrals],
        )


async def settle(
    session: Session, referrals: Sequence[Referral], transactions: dict[int, tuple[int | None, int | None]], now: Any
) -> None:
    """Write what became of open ones; `transactions` are those of the referrer and of the newcomer."""
    if referrals:
        booked = [transactions.get(one.referred_id, (None, None)) for one in referrals]
        await session.execute(
            statements.SETTLE,
            [one.referred_id for one in referrals],
            [one.state.value for one in referrals],
            [one.reason.value for one in referrals],
            [one.trip_id for one in referrals],
            [of_referrer for of_referrer, _ in booked],
            [of_newcomer for _, of_newcomer in booked],
            now,
        )
