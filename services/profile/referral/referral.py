"""What a referral is, who may be referred, and what a completed trip makes of it. Plain values; nothing is awaited."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from enum import IntEnum

from chassis import errors
from chassis.records import record
from services.profile.referral.terms import Terms


class ReferralsOff(errors.Refused):
    """Invitations bring nothing at the moment."""

    reason = "REFERRALS_OFF"


class ReferralCodeUnknown(errors.NotFound):
    """Nobody has that code."""

    reason = "REFERRAL_CODE_UNKNOWN"


class ReferralToSelf(errors.Refused):
    """It is the person's own code."""

    reason = "REFERRAL_TO_SELF"


class ReferralExists(errors.Refused):
    """The person came by another invitation, or their own came to an end."""

    reason = "REFERRAL_EXISTS"


class ReferralAfterTrip(errors.Refused):
    """The person has completed a trip already."""

    reason = "REFERRAL_AFTER_TRIP"


class ReferralTooLate(errors.Refused):
    """The person first wrote longer than `hours` ago."""

    reason = "REFERRAL_TOO_LATE"


class ReferrerLimitReached(errors.Refused):
    """Whoever has the code has earned, or may still earn, as many rewards as there are in a month."""

    reason = "REFERRER_LIMIT_REACHED"


class State(IntEnum):
    """Where a referral is."""

    WAITING = 1
    """For the newcomer's first trip."""
    EARNED = 2
    """For the account of the rewards to have enough."""
    REWARDED = 3
    CLOSED = 4
    """Without a reward."""


class Closing(IntEnum):
    """Why there is no reward."""

    NONE = 0
    RODE_BEFORE = 1
    """The first trip was complete before anybody's code was told."""
    TOO_LATE = 2
    """The first trip came too late."""
    SELF = 3
    """Both turned out to be one person."""
    NOT_NEW = 4
    """The newcomer turned out to be somebody who had been here for long."""
    SECOND = 5
    """The newcomer turned out to be somebody who had come by an invitation, or had ridden, before."""
    LIMIT = 6
    """The referrer turned out to be somebody who had earned as many as there are in a month."""
    NOBODY = 7
    """Nobody is left to get anything."""


@record
class Known:
    """Somebody, and when they first wrote: of several who turned out to be one, the first of them."""

    person_id: int
    first_written_at: datetime.datetime


@record
class Trip:
    """A trip that is complete."""

    trip_id: int
    completed_at: datetime.datetime


@record
class Referral:
    """By whose invitation somebody came. Both ids may be those of people who have been merged since."""

    referred_id: int
    referrer_id: int | None
    state: State
    first_written_at: datetime.datetime
    referrer_amount: Decimal
    newcomer_amount: Decimal
    currency: str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    reason: Closing = Closing.NONE
    trip_id: int | None = None

    def closed(self, reason: Closing) -> "Referral":
        """The same without a reward."""
        return replace(self, state=State.CLOSED, reason=reason)


def noted(
    newcomer: Known,
    referrer_id: int | None,
    history: Sequence[Referral],
    taken: int,
    terms: Terms,
    now: datetime.datetime,
) -> Referral:
    """The newcomer's referral: a new one, or that of the same referrer as it is; raises what stands against it.

    `referrer_id` is whose the code is, `history` all referrals of the newcomer with survivors as referrers, `taken` how
    many rewards the referrer has earned lately or may still earn.
    """
    for before in history:
        if before.referrer_id == referrer_id and referrer_id is not None and before.state is not State.CLOSED:
            return before
    if not terms.on:
        raise ReferralsOff
    if referrer_id is None:
        raise ReferralCodeUnknown
    if referrer_id == newcomer.person_id:
        raise ReferralToSelf
    if any(before.referrer_id is not None for before in history):
        raise ReferralExists
    if history:
        raise ReferralAfterTrip
    if now - newcomer.first_written_at > terms.newcomer_for:
        raise ReferralTooLate(metadata={"hours": str(int(terms.newcomer_for.total_seconds() // 3600))})
    if taken >= terms.monthly_limit:
        raise ReferrerLimitReached
    return Referral(
        referred_id=newcomer.person_id,
        referrer_id=referrer_id,
        state=State.WAITING,
        first_written_at=newcomer.first_written_at,
        referrer_amount=terms.referrer_amount,
        newcomer_amount=terms.newcomer_amount,
        currency=terms.currency.code,
        created_at=now,
        expires_at=now + terms.trip_within,
    )


def rode_before(person: Known, terms: Terms, now: datetime.datetime) -> Referral | None:
    """What keeps somebody who has ridden from being a newcomer later; None for whoever is none by now anyway."""
    if not terms.on or now - person.first_written_at > terms.newcomer_for:
        return None
    return Referral(
        referred_id=person.person_id,
        referrer_id=None,
        state=State.CLOSED,
        first_written_at=person.first_written_at,
        referrer_amount=Decimal(0),
        newcomer_amount=Decimal(0),
        currency=terms.currency.code,
        created_at=now,
        expires_at=now,
        reason=Closing.RODE_BEFORE,
    )


def after_trip(waiting: Referral, newcomer: Known, trip: Trip, earned: int, terms: Terms) -> Referral:
    """What a completed trip makes of a referral that waits for one.

    `waiting` names survivors, `earned` is how many rewards its referrer has earned lately.
    """
    if trip.completed_at < waiting.created_at:
        return waiting.closed(Closing.RODE_BEFORE)
    if waiting.referrer_id == newcomer.person_id:
        return waiting.closed(Closing.SELF)
    if not _still_new(waiting, newcomer, terms):
        return waiting.closed(Closing.NOT_NEW)
    if trip.completed_at > waiting.expires_at:
        return waiting.closed(Closing.TOO_LATE)
    if earned >= terms.monthly_limit:
        return waiting.closed(Closing.LIMIT)
    return replace(waiting, state=State.EARNED, trip_id=trip.trip_id)


def still_due(earned: Referral, newcomer: Known | None, terms: Terms) -> Referral:
    """An earned referral when there is money for it: closed when its newcomer turned out meanwhile to be nobody new.

    `newcomer` is None for whoever was erased: whoever invited them is owed theirs all the same.
    """
    return earned if newcomer is None or _still_new(earned, newcomer, terms) else earned.closed(Closing.NOT_NEW)


def _still_new(referral: Referral, newcomer: Known, terms: Terms) -> bool:
    """Whether they were new when it was noted, by what is known now. Who is still the same is not asked twice."""
    same = newcomer.first_written_at >= referral.first_written_at
    return same or referral.created_at - newcomer.first_written_at <= terms.newcomer_for


# In which order the referrals of one person count when several people turned out to be this one.
_RANKS = {State.EARNED: 0, State.WAITING: 1}


def closed_by_a_merge(survivor_id: int, referrals: Sequence[Referral]) -> list[Referral]:
    """Those of one person's that come to nothing, because several people turned out to be this one.

    What was rewarded stays so. Of what is open one remains at most: what was earned before what waits, the older before
    the younger, and none when the person has ridden, came by an invitation, or invited themselves, before.
    """
    open_ones = [one for one in referrals if one.state not in {State.REWARDED, State.CLOSED}]
    # What an earlier merge has closed as the second says nothing against the first.
    over = [one for one in referrals if one not in open_ones and one.reason is not Closing.SECOND]
    settled = bool(over) or any(one.referrer_id == survivor_id for one in open_ones)
    closed: list[Referral] = []
    for one in sorted(open_ones, key=lambda one: (_RANKS[one.state], one.created_at)):
        if one.referrer_id == survivor_id:
            closed.append(one.closed(Closing.SELF))
        elif settled:
            closed.append(one.closed(Closing.SECOND))
        else:
            settled = True
    return closed
