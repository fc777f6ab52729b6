"""When messages are due is decided beforehand, by nothing but the settings and the seed."""

import random
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import load
from loadtest import mix, people, plan, schedule
from loadtest.plan import Plan
from loadtest.settings import LoadTestSettings, Profile
from services.gateway.limits import LimitSettings


@given(rate=st.floats(0.1, 2000), seconds=st.floats(0.1, 60), together=st.integers(0, 300), seed=st.integers(0, 2**32))
def test_all_moments_in_order(rate: float, seconds: float, together: int, seed: int) -> None:
    """There are as many moments as the rate says, in order, within the time, and bursts are in the very same moment."""
    found = schedule.moments(rate, seconds, together, random.Random(seed))
    assert len(found) == round(rate * seconds)
    assert all(0 <= at <= seconds for at in found)
    assert all(one <= other for one, other in pairwise(found))
    bursts = [count for count in Counter(found).values() if count >= max(2, together)]
    if together > 1 and len(found) >= together:
        assert bursts
        assert sum(bursts) <= max(together, len(found) // 2)


def test_people_do_not_write_in_step() -> None:
    """Between bursts the gaps are those of people who know nothing of each other: as spread as they are long."""
    found = schedule.moments(500, 60, 0, random.Random(3))
    gaps = [later - earlier for earlier, later in pairwise(found)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert 0.9 < deviation / mean < 1.1


@given(rate=st.floats(1, 5000), seconds=st.floats(1, 30), batch=st.integers(1, 100))
def test_statuses_come_evenly(rate: float, seconds: float, batch: int) -> None:
    """Posts of statuses hold a batch each and are spread over the whole time."""
    found = list(schedule.evenly(rate, seconds, batch))
    assert len(found) == round(rate * seconds / batch)
    assert all(0 <= at < seconds for at in found)


def made(seed: int = 1, **settings: str) -> Plan:
    """A plan of 20 s at 100/s."""
    told = {f"LOAD_TEST_{name.upper()}": value for name, value in settings.items()} | {"LOAD_TEST_SEED": str(seed)}
    return plan.make(Profile(100, 20, 50), load(LoadTestSettings, told), first_stranger=7)


def test_the_same_seed_is_the_same_plan() -> None:
    """A seed decides who writes what and when; only the ids are new, so that no run repeats another's messages."""

    def shape(planned: Plan) -> list[object]:
        return [(one.at, one.person, one.content, one.driver, one.again_at) for one in planned.messages]

    assert shape(made()) == shape(made())
    assert shape(made()) != shape(made(seed=2))
    assert {one.ident for one in made().messages}.isdisjoint(one.ident for one in made().messages)


def test_events_come_in_order_and_some_messages_twice() -> None:
    """First and second deliveries and statuses are one stream in order of time; no second before its first."""
    planned = made(duplicates="0.1")
    events = list(planned.events())
    assert [event[0] for event in events] == sorted(event[0] for event in events)
    kinds = Counter(event[2] for event in events)
    assert kinds["message"] == 2000
    assert 120 < kinds["again"] < 280
    assert kinds["statuses"] == 1000
    assert all(one.again_at is None or one.at <= one.again_at <= one.at + 2 for one in planned.messages)


def test_the_mix_has_everything() -> None:
    """WhatsApp texts, taps, places and photos, SMS, MMS, and a ride in fifty messages, always asked for by another."""
    planned = made()
    kinds = Counter(one.content.kind for one in planned.messages)
    assert set(kinds) == {"text", "tap", "location", "image", "sms", "mms", "ride"}
    assert kinds["ride"] == len(planned.requests) == 40
    strangers = [one.person.number for one in planned.requests] + [one.number for one in planned.drivers]
    assert len(set(strangers)) == len(strangers)
    assert len({one.ident for one in planned.messages}) == len(planned.messages)


def test_nobody_sends_more_files_than_are_taken() -> None:
    """However long it lasts, the busiest send no more photos in an hour than the gateway takes from one sender."""
    made = plan.make(Profile(100, 900, 0), load(LoadTestSettings, {"HAILWIRE_ENV": "development"}), first_stranger=7)
    sent = Counter(one.person.number for one in made.messages if one.content.kind in mix.FILES)
    assert max(sent.values()) == people.MOST_FILES_AN_HOUR
    assert load(LimitSettings, {}).expensive_per_hour > people.MOST_FILES_AN_HOUR
