"""Gives what is earned: opens wallets where there are none, books both sides of each referral, tells both of them."""

import datetime
from collections.abc import Sequence
from dataclasses import replace

from chassis.database import Session
from chassis.records import record
from services.profile import events
from services.profile.referral.referral import Closing, Referral, State
from services.profile.wallet import codes, statements
from services.profile.wallet.account import FOR_COMING, FOR_INVITING, REWARD, Account, Booked, Reward
from services.profile.wallet.book import Book, Found
from services.profile.wallet.messages import Messages
from services.profile.wallet.writing import write_booked


@record
class Due:
    """An earned referral and who its two people are by now; None for whoever was erased."""

    referral: Referral
    referrer_id: int | None
    newcomer_id: int | None

    @property
    def rewards(self) -> dict[str, Reward]:
        """What is to be given, by the side that it is for."""
        amounts = (
            ("referrer", self.referrer_id, self.referral.referrer_amount, FOR_INVITING),
            ("newcomer", self.newcomer_id, self.referral.newcomer_amount, FOR_COMING),
        )
        return {
            side: Reward(person_id, amount, reason)
            for side, person_id, amount, reason in amounts
            if person_id is not None and amount
        }


@record
class Settled:
    """A referral that has come to its end, and what was booked for its referrer and its newcomer."""

    referral: Referral
    transactions: tuple[int | None, int | None] = (None, None)


async def pay(session: Session, dues: Sequence[Due], messages: Messages, now: datetime.datetime) -> list[Settled]:
    """In order, each both sides or neither, as far as what is set aside for rewards goes; the people are locked.

    Waits for the accounts, even in a batch: a transfer holds them for milliseconds.
    """
    currency = messages.terms.currency.code
    dues = [due for due in dues if due.referral.currency == currency]
    settled = [Settled(due.referral.closed(Closing.NOBODY)) for due in dues if not due.rewards]
    dues = [due for due in dues if due.rewards]
    if not dues:
        return settled
    book = await _book(session, dues, messages, now)
    booked: list[tuple[str, Booked]] = []
    for due in dues:
        rewards = due.rewards
        if sum(reward.amount for reward in rewards.values()) > book.set_aside:
            continue
        done = {side: book.book(reward) for side, reward in rewards.items()}
        # Under this id the database books a reward once.
        booked += [(f"referral:{due.referral.referred_id}:{side}", one) for side, one in done.items()]
        ids = {side: one.transaction_id for side, one in done.items()}
        rewarded = replace(due.referral, state=State.REWARDED)
        settled.append(Settled(rewarded, (ids.get("referrer"), ids.get("newcomer"))))
    await write_booked(session, booked)
    await events.write(session, messages.told(one for _, one in booked))
    return settled


async def _book(session: Session, dues: Sequence[Due], messages: Messages, now: datetime.datetime) -> Book:
    """The accounts of everybody concerned and that of the rewards, locked in the order of their ids."""
    currency = messages.terms.currency.code
    people = sorted({reward.person_id for due in dues for reward in due.rewards.values()})
    await session.execute(statements.INSERT_ACCOUNTS, people, [codes.draw() for _ in people], currency, now)
    await session.execute(statements.ENSURE_SYSTEM, [REWARD], currency)
    own = {row["asked_id"]: row["account_id"] for row in await session.fetch(statements.OF_PEOPLE, people, currency)}
    system = {row["system"]: row["account_id"] for row in await session.fetch(statements.OF_SYSTEM, [REWARD], currency)}
    ids = sorted({*own.values(), *system.values()})
    await session.fetch(statements.LOCK, ids)
    accounts = [Account(**row) for row in await session.fetch(statements.ACCOUNTS, ids)]
    new_ids = await session.fetch(statements.NEW_IDS, 2 * len(dues))
    found = Found(people=own, codes={}, systems=system, past={})
    return Book(now, messages.terms, found, accounts, {}, iter([row["nextval"] for row in new_ids]))
