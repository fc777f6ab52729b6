"""Two people who are one: codes and referrals of both are the survivor's, in the transaction that merges them.

Whoever came by an invitation keeps that under the id of that time, so that the database goes on knowing it as one.
"""

import datetime
from collections.abc import Mapping

from chassis.database import Session
from services.profile import audit
from services.profile.referral import referral as rules
from services.profile.referral import rows, statements
from services.profile.referral.settling import closings


async def merge_referrals(session: Session, absorbed: Mapping[int, int], now: datetime.datetime) -> None:
    """From each absorbed person to their survivor; the people are locked, and `merged_into` is written already."""
    arrays = [list(absorbed), list(absorbed.values())]
    await session.execute(statements.PASS_CODES_ON, *arrays)
    await session.execute(statements.PASS_ON, *arrays)
    found = await rows.of_newcomers(session, set(absorbed.values()))
    closed = [one for who, several in found.items() for one in rules.closed_by_a_merge(who, several)]
    await rows.settle(session, closed, {}, now)
    await audit.write(session, closings(closed))
