"""Quiet hours by chat: chosen or written, kept, counted where drivers are looked for, never in the way of an answer."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailwire.trips.v1 import matches_pb2
from services.gateway.conversations import quiet_words, schedule_words
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.messages import Channel, Menu
from tests.gateway.conversations.phones import Phone, options
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town

CHANNELS: tuple[Channel, ...] = ("whatsapp", "sms")
NIGHT = (22 * 60, 6 * 60)


def _kept(town: Town, phone: Phone) -> tuple[int, int] | None:
    """What the profile and the trips service know, which is the same."""
    person, presence = town.people[phone.person_id], town.presences.get(phone.person_id)
    known = (person.quiet_hours.from_minute, person.quiet_hours.to_minute)
    there = presence.quiet_hours if presence is not None else None
    assert known == ((there.from_minute, there.to_minute) if there is not None else (0, 0))
    return known if person.HasField("quiet_hours") else None


@pytest.mark.parametrize("channel", CHANNELS)
async def test_hours_are_chosen_and_ended(channel: Channel) -> None:
    """The word asks, a row sets, the word shows them with a way to end them; both are told in full."""
    town = Town()
    phone = town.phone(channel, "en")
    await phone.say("quiet")
    assert "No quiet hours" not in {title for _, title in options(phone.last)}
    await phone.choose("22:00 - 06:00")
    assert "from 22:00 (10 at night) to 06:00 (6 in the morning) I leave you alone" in phone.body
    assert "What would you like to do" in phone.body
    assert _kept(town, phone) == NIGHT
    await phone.say("QUIET")
    assert isinstance(phone.last, Menu)
    assert "Your quiet hours: 22:00 (10 at night) to 06:00" in phone.body
    await phone.choose("No quiet hours")
    assert "no quiet hours any more" in phone.body
    assert _kept(town, phone) is None
    await phone.say("quiet 22-6")
    await phone.say("quiet off")
    assert _kept(town, phone) is None


@pytest.mark.parametrize(
    "words",
    [
        "quiet 22-6",
        "QUIET 22:00 - 06:00",
        "Quiet hours: from 10pm to 6 am",
        "quiet 22 \u2013 6.",
        "silence 22h-6h",
        "Silence de 22h à 6h00",
        "ituze 22 kugeza 6",
        "utulivu saa 22 hadi saa 6",
    ],
)
async def test_hours_are_written_behind_the_word(words: str) -> None:
    """As people write hours, whatever language they chose; an open question stays open."""
    town = Town()
    phone = town.phone(language="en")
    await phone.say("ride")
    await phone.say(words)
    assert _kept(town, phone) == NIGHT
    assert phone.state.name == "ride.vehicle"
    assert "I leave you alone" in phone.body
    assert "Which vehicle do you need" in phone.body


@pytest.mark.parametrize(
    "words", ["soon", "22", "25-6", "22-22", "10-6am", "13pm-6", "6:75-7", "22-6-8", "", "at night"]
)
async def test_what_is_no_span_of_hours_is_asked_again(words: str) -> None:
    """Nothing is kept, and the example stands there."""
    town = Town()
    phone = town.phone(language="en")
    await phone.say("quiet")
    await (phone.say(words) if words else phone.share(-1.95, 30.06))
    assert "I did not understand these hours" in phone.body
    assert "such as 22-6" in phone.body
    assert phone.state.name == "quiet.hours"
    assert _kept(town, phone) is None


async def test_words_to_the_other_side_are_not_taken_for_hours() -> None:
    """Whoever rides writes what they like: only our word with nothing but hours behind it is for us."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.choose("Accept")
    for words in ("quiet please, 2 children sleep", "22-6", "quiet street, number 7 to 9 on the left"):
        await rider.say(words)
        assert words in driver.body
    assert _kept(town, rider) is None
    await rider.say("quiet 22-6")
    assert _kept(town, rider) == NIGHT
    assert "quiet 22-6" not in driver.body


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_quiet_driver_is_not_asked(channel: Channel) -> None:
    """It is eleven: whoever is quiet from ten to twelve reads so when they go online, and is found from twelve on."""
    town = Town()
    driver = town.phone(channel, "en")
    await driver.say("quiet 10-12")
    assert "It is your quiet time" not in driver.body
    await online(driver)
    assert "You are online" in driver.body
    assert "It is your quiet time until 12:00 (12 in the afternoon)" in driver.body
    await driver.say("online")
    assert "You are online" in driver.body
    assert "It is your quiet time until 12:00" in driver.body
    heard = len(driver.received)
    rider = await listed(town.phone(language="en"))
    assert "No driver is free near you" in rider.body
    assert len(driver.received) == heard
    await driver.say("why")
    assert "It is your quiet time until 12:00" in driver.body
    town.pass_time(3600)
    await driver.say("online")
    assert "quiet time" not in driver.body
    await listed(rider)
    await rider.choose("Ask all")
    assert "A passenger needs a ride" in driver.body


async def test_who_is_online_reads_that_it_begins_at_once() -> None:
    """A driver who is on the map and sets hours that have begun is told that nobody asks them now; others are not."""
    town = Town()
    driver = await online(town.phone(language="en"))
    await driver.say("quiet 10-12")
    assert "It is your quiet time until 12:00" in driver.body
    passenger = town.phone(language="en")
    await passenger.say("quiet 10-12")
    assert "It is your quiet time" not in passenger.body


async def test_a_request_that_was_open_stays_open() -> None:
    """Whoever was asked before their quiet hours may accept in them, and the trip goes on."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.say("quiet 10-12")
    await driver.choose("Accept")
    await driver.choose("Arrived")
    assert "has arrived" in rider.body


async def test_why_tells_of_quiet_hours() -> None:
    """Among the requests that went past; and who never drove is told that, quiet hours or not."""
    town = Town()
    driver = await online(town.phone(language="en"))
    missed = matches_pb2.MissedTrip(create_time=town.timestamp(-600))
    missed.candidate.reason = matches_pb2.MATCH_REASON_QUIET
    town.missed = [missed]
    await driver.say("why")
    assert "it was your quiet time" in driver.body
    passenger = town.phone(language="en")
    await passenger.say("quiet 22-6")
    await passenger.say("why")
    assert "You have never been online" in passenger.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_in_every_language(channel: Channel, language: str) -> None:
    """The language's own word asks, and the answer says both ends as they are spoken there."""
    town = Town()
    phone = town.phone(channel, language)
    await phone.say({"en": "quiet", "fr": "silence", "rw": "ituze", "sw": "utulivu"}[language])
    assert t(language, "quiet-ask") in phone.body
    await phone.say("23h-7h")
    told: dict[str, Any] = {
        name: schedule_words.time_of_day(language, minute) for name, minute in (("from", 23 * 60), ("until", 7 * 60))
    }
    assert t(language, "quiet-set", **told) in phone.body
    assert _kept(town, phone) == (23 * 60, 7 * 60)


minutes = st.integers(0, 24 * 60 - 1)


def _twelve(minute: int) -> str:
    hour, rest = divmod(minute, 60)
    return f"{hour % 12 or 12}:{rest:02}{'pm' if hour >= 12 else 'am'}"


@given(first=minutes, last=minutes)
def test_every_span_is_read_as_it_is_written(first: int, last: int) -> None:
    """By the clock of 24 hours and of 12, with colons, points and h; and what a row shows is read as what it sets."""
    (one, two), (here, there) = divmod(first, 60), divmod(last, 60)
    expected = None if first == last else (first, last)
    for text in (
        quiet_words.title((first, last)),
        f"{one}:{two:02} to {here}:{there:02}",
        f"{one}.{two:02}-{here}.{there:02}",
        f"de {one}h{two:02} à {here}h{there:02}",
        f"{_twelve(first)} - {_twelve(last)}",
    ):
        assert quiet_words.read(text) == expected, text
        assert quiet_words.said(f"quiet {text}") == expected, text


@given(text=st.text(alphabet="quiet silence0123456789:-h. apm\u2013", max_size=80))
def test_nothing_that_people_write_is_an_error(text: str) -> None:
    """Whatever is read are two different minutes of a day."""
    for read in (quiet_words.read(text), quiet_words.said(text)):
        assert read is None or (read[0] != read[1] and all(minute in range(24 * 60) for minute in read))
