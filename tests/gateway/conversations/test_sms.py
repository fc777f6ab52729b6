"""Whoever only has words gets as far as whoever taps: numbers, `back`, `menu`, no word that a carrier swallows."""

import re
from dataclasses import replace

import pytest

from hailwire.trips.v1 import events_pb2, trips_pb2
from services.gateway.conversations import catalogue, flows, numbering, routing
from services.gateway.conversations.catalogue import LANGUAGES
from services.gateway.conversations.flows import FLOWS, HOME, QUESTIONS, consent, offer, trip
from services.gateway.conversations.places import folded
from services.gateway.messages import choices
from services.gateway.providers.twilio import render
from services.gateway.providers.twilio.segments import MAX_SEGMENTS, segments
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.test_catalogue import source
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town

# How each question is come to.
WAYS = {
    "language": ("language",),
    "ride.vehicle": ("ride",),
    "ride.location": ("ride", "1"),
    "ride.destination": ("ride", "1", "-1.95, 30.06"),
    "ride.driver": ("ride", "1", "-1.95, 30.06"),
    "drive.vehicle": ("drive",),
    "drive.location": ("drive", "1"),
    "schedule.vehicle": ("schedule",),
    "schedule.place": ("schedule", "1"),
    "schedule.when": ("schedule", "1", "-1.95, 30.06"),
    "schedule.confirm": ("schedule", "1", "-1.95, 30.06", "friday 7am"),
    "erase": ("delete me",),
    "quiet.hours": ("quiet",),
    "insurance.certificate": ("insurance", "1"),
    "insurance.claim": ("insurance", "2"),
    "insurance.documents": ("insurance", "2", "A bus hit my car."),
    "places.where": ("places", "1"),
    "places.name": ("places", "1", "-1.95, 30.06"),
    "wallet.payee": ("wallet", "1"),
    "wallet.amount": ("wallet", "1", "{code}"),
    "wallet.confirm": ("wallet", "1", "{code}", "6000"),
}
BACK_WORDS, MENU_WORDS = (
    next(words for step, words in flows.home.FLOW.words.items() if step.name == name)
    for name in ("home.go_back", "home.show_menu")
)


async def _asked(question: str, language: str = "en") -> Phone:
    town = Town()
    driver = await online(town.phone(language="en"))
    code = town.bank.wallet(driver.person_id, town.now).code
    phone = town.phone("sms", language)
    town.bank.endow(phone.person_id, 20_000, town.now)
    phone.ask_destination = question == "ride.destination"
    for words in WAYS[question]:
        await phone.say(words.format(code=code))
    assert phone.state.name == question
    return phone


# Asked on WhatsApp alone: an SMS comes from the number that they are about.
ON_WHATSAPP = {"number.which", "number.code"}


def test_every_question_is_come_to_in_these_tests() -> None:
    """A new question joins the list above."""
    assert WAYS.keys() | {HOME} | ON_WHATSAPP == QUESTIONS.keys()


@pytest.mark.parametrize("question", WAYS)
async def test_back_and_menu_work_in_every_question(question: str) -> None:
    """In each language's words: back leads to the question before, menu to the menu."""
    for word in BACK_WORDS:
        phone = await _asked(question)
        await phone.say(word)
        assert phone.state.name == QUESTIONS[question].back, word
    for word in MENU_WORDS:
        phone = await _asked(question)
        await phone.say(word)
        assert phone.state.name == HOME, word
        assert "What would you like" in phone.body


@pytest.mark.parametrize("question", WAYS)
async def test_choices_are_numbered_and_each_number_chooses(question: str) -> None:
    """The SMS shows one number for each choice; typing it does what a tap on that choice does."""
    shown = await _asked(question)
    taps = choices(shown.last)
    lines = render.body(shown.last).splitlines()
    assert [line.split()[0] for line in lines[len(lines) - len(taps) :]] == [str(n) for n in range(1, len(taps) + 1)]
    for number, tap in enumerate(taps, 1):
        typed, tapped = await _asked(question), await _asked(question)
        await typed.say(f"{number}.")
        await tapped.tap(choices(tapped.last)[number - 1])
        assert (typed.state.name, _uncoded(typed.body)) == (tapped.state.name, _uncoded(tapped.body)), tap


def _uncoded(body: str) -> str:
    """Without wallet codes, of which each town has others."""
    return re.sub(r"\bHW-\w+", "HW", body)


async def test_a_number_is_no_choice_of_an_older_list() -> None:
    """Where a place is asked for, "2" is not the second vehicle of the list before."""
    phone = await _asked("ride.location")
    await phone.say("2")
    assert phone.state.name == "ride.location"
    assert "do not know that place" in phone.body


async def test_a_number_that_is_asked_for_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a question expects a number, not even what an event has offered meanwhile takes it away."""
    numbered = replace(QUESTIONS["drive.location"], numbers=True)
    monkeypatch.setitem(QUESTIONS, "drive.location", numbered)
    town = Town()
    phone = town.phone("sms", "en")
    await phone.say("drive")
    await phone.say("1")
    asked = trips_pb2.Trip(trip_id=7, state=trips_pb2.TRIP_STATE_OFFERED, vehicle=trips_pb2.VEHICLE_MOTO)
    asked.offers.add(offer_id=8, trip_id=7, driver_id=phone.person_id, expire_time=town.timestamp(60))
    made = events_pb2.EVENT_KIND_OFFER_MADE
    await phone.hear(events_pb2.Event(event_id=9, kind=made, recipient_id=phone.person_id, trip=asked, offer_id=8))
    assert "1 Accept" in render.body(phone.last)
    await phone.say("1")
    assert "do not know that place" in phone.body


async def test_an_event_in_between_takes_no_number_from_the_open_list() -> None:
    """A request that comes while a list is open is numbered on from it: each number means what it was shown for."""
    town = Town()
    driver = await online(town.phone("sms", "en"))
    await driver.say("ride")
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    assert render.body(driver.last).endswith("\n7 Accept\n8 Decline")
    second = await listed(town.phone(language="en"), at=(-1.951, 30.061))
    await second.choose("Ask all")
    assert "\n9 Accept" in render.body(driver.last)
    await driver.say("2")
    assert driver.state.name == "ride.location"
    assert "Cab" in driver.body
    for words in ("back", "1"):
        await driver.say(words)
    assert driver.state.name == "ride.location"


async def test_a_number_of_an_event_in_between_is_understood_too() -> None:
    """The request is accepted by the number that stands before its Accept, and the list is left."""
    town = Town()
    driver = await online(town.phone("sms", "en"))
    await driver.say("ride")
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.say("7")
    assert "yours" in driver.body
    assert driver.state.name == HOME


async def test_numbers_do_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """After many events in between, the newest list begins at 1 again and is the one that counts."""
    monkeypatch.setattr(numbering, "_MOST_NUMBERS", 6)
    town = Town()
    driver = await online(town.phone("sms", "en"))
    await driver.say("ride")
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    assert "\n1 Accept" in render.body(driver.last)
    await driver.say("1")
    assert "yours" in driver.body


async def test_a_question_in_words_makes_older_numbers_void() -> None:
    """A handler that asks something new without a list leaves no list behind that a number could mean."""
    phone = await _asked("ride.location")
    assert "choices" not in phone.state.data
    for words in ("menu", "ride", "1"):
        await phone.say(words)
    assert "choices" not in phone.state.data


def test_no_word_of_ours_is_a_word_of_the_carriers() -> None:
    """In no language does a keyword, a title or a word that we advise opt anybody out or in, but STOP and START."""
    swallowed = (
        consent.CARRIER_STOP_WORDS
        | consent.START_WORDS
        | consent.CARRIER_START_WORDS_AFTER_STOP
        | consent.CARRIER_HELP_WORDS
    )
    spoken = {folded(word) for flow in FLOWS for words in flow.words.values() for word in words}
    # HELP and INFO are answered by the carrier on SMS and by us elsewhere; nobody is told to write them.
    assert spoken & swallowed == {"help", "info"}
    # These mean something of ours where there is no carrier: dispatch asks for the channel first.
    assert (trip.GIVE_UP_WORDS | offer.YES_WORDS) & swallowed == {"cancel", "yes"}
    for language in LANGUAGES:
        for key, text in source(language).items():
            assert folded(text) not in swallowed, (language, key)
            advised = {word.lower() for word in re.findall(r"\b[A-Z]{2,}\b", text)}
            assert advised & swallowed <= {"stop", "start"}, (language, key)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_ride_by_sms_stays_in_few_parts(language: str) -> None:
    """Every SMS of a ride, from the first question on, takes at most four parts, most of them one or two."""
    town = Town()
    driver, rider = town.phone("sms"), town.phone("sms")
    for phone in (driver, rider):
        await phone.say("hello")
        await phone.say(str(1 + LANGUAGES.index(language)))
    await driver.say("help")
    for phone, flow in ((driver, "drive"), (rider, "ride")):
        await phone.say(flow)
        await phone.say("1")
        await phone.say("-1.95, 30.06")
    await rider.say("1")
    for _ in range(4):
        await driver.say("1")
    await rider.say("trips")
    sizes = [segments(render.body(reply)) for reply in driver.received + rider.received]
    assert max(sizes) <= 4, [render.body(reply) for reply in driver.received if segments(render.body(reply)) > 3]
    assert sum(sizes) / len(sizes) < 2.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_longer_than_an_sms_may_be(language: str) -> None:
    """Each text alone, with long arguments, is far below what carriers join."""
    for key in catalogue.keys(language):
        text = re.sub(r"\{ \$\w+ \}", "x" * 60, source(language)[key])
        assert segments(text) <= MAX_SEGMENTS // 2, key


def test_every_keyword_has_a_handler() -> None:
    """Each word of each flow is in the table, under the step that declares it."""
    for flow in FLOWS:
        for step, words in flow.words.items():
            for word in words:
                assert routing.KEYWORDS[folded(word)].handler.name == step.name
