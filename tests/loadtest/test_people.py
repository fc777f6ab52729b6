"""A few people write much and many write little, and nobody more than a person can."""

import random
from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from loadtest import people
from loadtest.people import Senders


def test_zipf_with_an_exponent_of_one() -> None:
    """While nobody comes near ten a minute, the n-th person writes an n-th as often as the first."""
    senders = Senders(1000, random.Random(5))
    # A message every ten minutes: nothing is ever drawn again.
    drawn = Counter(senders.draw(600.0 * one) for one in range(60_000))
    harmonic = sum(1 / rank for rank in range(1, 1001))
    for rank in (0, 1, 2, 4, 9, 19):
        expected = 60_000 / harmonic / (rank + 1)
        assert abs(drawn[rank] - expected) < 5 * expected**0.5


@given(rate=st.floats(1, 400), seed=st.integers(0, 2**32))
@examples(max_examples=15)
def test_nobody_passes_ten_a_minute(rate: float, seed: int) -> None:
    """In no minute does anybody write more than ten messages, at whatever rate."""
    senders = Senders(people.town_size(rate), random.Random(seed))
    wrote: dict[int, list[float]] = defaultdict(list)
    for one in range(5000):
        wrote[senders.draw(one / rate)].append(one / rate)
    for times in wrote.values():
        for first, eleventh in zip(times, times[people.MOST_A_MINUTE :], strict=False):
            assert eleventh - first >= 60


def test_the_size_of_a_town() -> None:
    """Twenty people for each message a second, and never fewer than ten thousand."""
    assert people.town_size(1) == people.town_size(500) == 10_000
    assert people.town_size(800) == 16_000


def test_both_channels_and_no_number_twice() -> None:
    """The busiest include people without WhatsApp; nobody shares a number with a passenger or driver."""
    chatters = [people.chatter(rank) for rank in range(1000)]
    assert 250 < sum(one.channel == "sms" for one in chatters) < 350
    assert any(one.channel == "sms" for one in chatters[:5])
    others = [people.passenger(one) for one in range(1000)] + [people.driver(one) for one in range(1000)]
    assert len({one.number for one in [*chatters, *others]}) == 3000
