"""The limits of codes against a model: whatever users ask, type and wait for, nobody gets more than is theirs."""

import datetime
import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.profile import verification
from services.profile.verification import (
    CODE_LIFE,
    DAY,
    MAX_ATTEMPTS,
    MAX_BY_OWNER,
    MAX_BY_OWNER_TO_NUMBER,
    MAX_TO_NUMBER,
    RESEND_COOLDOWN,
    Asked,
    Linked,
    Pending,
)

USERS = ("ann", "bob", "eve")
NUMBERS = (b"one", b"two")
NOW = datetime.datetime(2026, 11, 1, 12, tzinfo=datetime.UTC)


@dataclass
class Sent:
    """One question as it happened."""

    user: str
    number: bytes
    at: datetime.datetime
    sent: bool


@dataclass
class Open:
    """A code that was sent and may still be typed."""

    number: bytes
    code: int
    at: datetime.datetime
    attempts: int = 0
    tried: list[int] = field(default_factory=list)


class Numbers(RuleBasedStateMachine):
    """Drives the rules as the store does, and keeps everything that ever happened to judge it by."""

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.asked: list[Sent] = []
        self.open: dict[str, Open] = {}
        self.links: dict[str, bytes] = {}
        self.codes = 0

    @rule(seconds=st.sampled_from([1, 30, 61, 300, 601, 3600, 40_000]))
    def wait(self, seconds: int) -> None:
        self.now += datetime.timedelta(seconds=seconds)

    @rule(user=st.sampled_from(USERS), number=st.sampled_from(NUMBERS))
    def start(self, user: str, number: bytes) -> None:
        linked = self._linked(user, number)
        asked = [
            Asked(one.at, one.user == user, one.number == number, one.sent)
            for one in self.asked
            if one.user == user or one.number == number
        ]
        own = [one for one in self._within(DAY) if one.user == user]
        there = [one for one in self._within(DAY) if one.number == number and one.sent]
        mine = [one for one in there if one.user == user]
        try:
            verification.check_links([link for link in linked if link.by_owner])
            verification.check_limits(asked, self.now)
        except (verification.NumberTaken, verification.OtherNumberLinked):
            assert user in self.links
            return
        except verification.CodeTooSoon as error:
            assert mine
            assert mine[-1].at > self.now - RESEND_COOLDOWN
            self._told(error, RESEND_COOLDOWN)
            return
        except verification.CodeLimitReached as error:
            enough = (len(own) >= MAX_BY_OWNER, len(mine) >= MAX_BY_OWNER_TO_NUMBER, len(there) >= MAX_TO_NUMBER)
            assert any(enough)
            self._told(error, DAY)
            return
        try:
            verification.check_links(linked)
        except verification.NumberTaken:
            assert number in self.links.values()
            self.asked.append(Sent(user, number, self.now, sent=False))
            return
        self.asked.append(Sent(user, number, self.now, sent=True))
        self.codes += 1
        self.open[user] = Open(number, self.codes, self.now)

    @rule(user=st.sampled_from(USERS), number=st.sampled_from((*NUMBERS, None)), back=st.integers(0, 3))
    def type(self, user: str, number: bytes | None, back: int) -> None:
        """Any of the last codes, whoever's they are."""
        code, pending = self.codes - back, self.open.get(user)
        if pending is None:
            return
        known = Pending(pending.number, pending.attempts, pending.at + CODE_LIFE)
        right = code == pending.code
        if not verification.proves(known, number, self.now, right_code=right):
            pending.attempts += 1
            # The right code, in time, on an open number, with attempts left, always proves.
            assert (
                not right
                or number not in {None, pending.number}
                or pending.attempts > MAX_ATTEMPTS
                or self.now >= pending.at + CODE_LIFE
            )
            return
        assert right
        assert pending.attempts < MAX_ATTEMPTS
        assert self.now < pending.at + CODE_LIFE
        del self.open[user]
        try:
            verification.check_links(self._linked(user, pending.number))
        except verification.NumberTaken:
            assert pending.number in self.links.values()
        else:
            self.links[user] = pending.number

    @rule(user=st.sampled_from(USERS))
    def unlink(self, user: str) -> None:
        self.links.pop(user, None)
        self.open.pop(user, None)

    @invariant()
    def one_number_one_user(self) -> None:
        if hasattr(self, "links"):
            assert len(set(self.links.values())) == len(self.links)

    @invariant()
    def no_more_than_that(self) -> None:
        if not hasattr(self, "asked"):
            return
        recent = self._within(DAY)
        for user in USERS:
            assert len([one for one in recent if one.user == user]) <= MAX_BY_OWNER
            for number in NUMBERS:
                mine = [one for one in recent if (one.user, one.number, one.sent) == (user, number, True)]
                assert len(mine) <= MAX_BY_OWNER_TO_NUMBER
                assert all(later.at - one.at >= RESEND_COOLDOWN for one, later in itertools.pairwise(mine))
        for number in NUMBERS:
            assert len([one for one in recent if one.number == number and one.sent]) <= MAX_TO_NUMBER

    def _within(self, span: datetime.timedelta) -> list[Sent]:
        return [one for one in self.asked if one.at > self.now - span]

    def _linked(self, user: str, number: bytes) -> list[Linked]:
        return [
            Linked(by_owner=owner == user, to_number=linked == number)
            for owner, linked in self.links.items()
            if owner == user or linked == number
        ]

    @staticmethod
    def _told(error: verification.CodeTooSoon | verification.CodeLimitReached, most: datetime.timedelta) -> None:
        assert 1 <= int(error.metadata["retry_after_seconds"]) <= most.total_seconds()


TestNumbers = Numbers.TestCase


def test_a_stranger_leaves_the_owner_their_codes() -> None:
    """What one user can ask for a number in a day never stops another one from asking for it."""
    by_stranger = [Asked(NOW, by_owner=False, to_number=True, sent=True)] * MAX_BY_OWNER_TO_NUMBER
    verification.check_limits(by_stranger, NOW)
    assert MAX_TO_NUMBER > 2 * MAX_BY_OWNER_TO_NUMBER


def test_after_the_time_that_was_told_it_goes_on() -> None:
    """retry_after_seconds is neither too early nor a second late."""
    asked = [Asked(NOW - datetime.timedelta(seconds=ago), True, True, True) for ago in (50_000, 40_000.5, 10)]
    with pytest.raises(verification.CodeLimitReached) as caught:
        verification.check_limits(asked, NOW)
    wait = datetime.timedelta(seconds=int(caught.value.metadata["retry_after_seconds"]))
    verification.check_limits(asked, NOW + wait)
    with pytest.raises(verification.CodeLimitReached):
        verification.check_limits(asked, NOW + wait - datetime.timedelta(seconds=1))
