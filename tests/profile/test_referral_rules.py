"""The rules of invitations, on values alone."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import HailwireError
from services.profile.referral import referral as rules
from services.profile.referral.referral import Closing, Known, Referral, State, Trip
from services.profile.referral.terms import Terms
from services.profile.wallet.money import Currency

T0 = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
TERMS = Terms(Currency("RWF", 0), Decimal(1000), Decimal(500), 72 * HOUR, 30 * 24 * HOUR, 3)
OFF = replace(TERMS, referrer_amount=Decimal(0), newcomer_amount=Decimal(0))
ME, HOST = 7, 8


def referral(referred_id: int, referrer_id: int | None, state: State, hours: int) -> Referral:
    made = T0 + hours * HOUR
    return Referral(
        referred_id=referred_id,
        referrer_id=referrer_id,
        state=state,
        first_written_at=T0,
        referrer_amount=Decimal(1000),
        newcomer_amount=Decimal(500),
        currency="RWF",
        created_at=made,
        expires_at=made + TERMS.trip_within,
        trip_id=1 if state in {State.EARNED, State.REWARDED} else None,
    )


REFERRALS = st.lists(
    st.builds(
        referral,
        referred_id=st.integers(10, 1000),
        referrer_id=st.sampled_from([ME, HOST, 9]),
        state=st.sampled_from(State),
        hours=st.integers(0, 100),
    ),
    max_size=6,
    unique_by=lambda one: one.referred_id,
)


@given(REFERRALS)
def test_of_whoever_was_several_one_at_most_may_earn(found: list[Referral]) -> None:
    """One at most stays open, by nobody's own invitation, and none beside what was rewarded or closed."""
    closed = rules.closed_by_a_merge(ME, found)
    assert all(one.state is State.CLOSED and one.reason is not Closing.NONE for one in closed)
    after = [next((done for done in closed if done.referred_id == one.referred_id), one) for one in found]
    still = [one for one in after if one.state in {State.WAITING, State.EARNED}]
    assert len(still) <= 1
    assert all(one.referrer_id != ME for one in still)
    over = [one for one in found if one.state in {State.REWARDED, State.CLOSED}]
    assert not (still and over)
    assert [one for one in after if one in over] == over
    assert rules.closed_by_a_merge(ME, after) == []


@given(REFERRALS, st.sampled_from([ME, HOST, None]), st.integers(0, 5), st.integers(0, 100), st.booleans())
def test_a_referral_is_new_or_was_there_or_is_refused(
    history: list[Referral],
    referrer_id: int | None,
    taken: int,
    hours: int,
    on: bool,  # noqa: FBT001
) -> None:
    """Nobody has a second one, invites themselves, comes late or beyond the limit, whatever there was before."""
    newcomer, now = Known(ME, T0), T0 + hours * HOUR
    try:
        found = rules.noted(newcomer, referrer_id, history, taken, TERMS if on else OFF, now)
    except HailwireError:
        return
    if found in history:
        assert found.referrer_id == referrer_id
        assert found.state is not State.CLOSED
        return
    assert on
    assert not history
    assert referrer_id == found.referrer_id == HOST
    assert hours <= 72
    assert taken < TERMS.monthly_limit
    assert (found.state, found.referred_id, found.created_at) == (State.WAITING, ME, now)


@pytest.mark.parametrize(
    ("change", "trip_hours", "earned", "closing"),
    [
        ({}, 2, 0, Closing.NONE),
        ({}, 0, 0, Closing.RODE_BEFORE),
        ({"referrer_id": ME}, 2, 0, Closing.SELF),
        ({"first_written_at": T0 + HOUR}, 2, 0, Closing.NONE),
        ({"first_written_at": T0 + 80 * HOUR, "created_at": T0 + 81 * HOUR}, 82, 0, Closing.NOT_NEW),
        ({}, 24 * 31, 0, Closing.TOO_LATE),
        ({}, 2, 3, Closing.LIMIT),
    ],
)
def test_what_a_trip_makes_of_it(change: dict[str, object], trip_hours: int, earned: int, closing: Closing) -> None:
    """Earned by the first trip after it, or closed with the reason; the promise stays as it was."""
    waiting = replace(referral(ME, HOST, State.WAITING, 1), **change)  # type: ignore[arg-type]
    made = rules.after_trip(waiting, Known(ME, T0), Trip(5, T0 + trip_hours * HOUR), earned, TERMS)
    assert made.reason is closing
    assert made.state is (State.EARNED if closing is Closing.NONE else State.CLOSED)
    assert made.trip_id == (5 if closing is Closing.NONE else None)
    assert (made.referrer_amount, made.newcomer_amount) == (waiting.referrer_amount, waiting.newcomer_amount)


def test_who_rode_first_is_no_newcomer_later() -> None:
    """Only whoever could still be one is noted, and nobody while there is nothing to be had."""
    known = Known(ME, T0)
    assert rules.rode_before(known, TERMS, T0 + 73 * HOUR) is None
    assert rules.rode_before(known, OFF, T0) is None
    noted = rules.rode_before(known, TERMS, T0 + HOUR)
    assert noted is not None
    assert (noted.state, noted.reason, noted.referrer_id) == (State.CLOSED, Closing.RODE_BEFORE, None)


def test_what_was_earned_is_looked_at_again_when_it_is_given() -> None:
    """Whoever turned out to be here for long earns nothing; whoever is the same, was new after all or is gone, does."""
    earned = referral(ME, HOST, State.EARNED, 1)
    shorter = replace(TERMS, newcomer_for=datetime.timedelta(0))
    for newcomer, terms in ((Known(ME, T0), shorter), (Known(ME, T0 - 71 * HOUR), TERMS), (None, TERMS)):
        assert rules.still_due(earned, newcomer, terms) is earned
    closed = rules.still_due(earned, Known(ME, T0 - 72 * HOUR), TERMS)
    assert closed == earned.closed(Closing.NOT_NEW)
