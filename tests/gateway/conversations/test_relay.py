"""Both sides of a trip write through us: what is handed on, what is not, and what each side reads of it."""

import json

import pytest

from services.gateway.conversations import dispatch
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.turn import EVENT_OUTDATED, RELAYED, EventTurn
from services.gateway.messages import Channel, Message, MessageKind, Text
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town


async def _matched(
    town: Town, drives: Channel = "whatsapp", rides: Channel = "whatsapp", driver: str = "en", rider: str = "en"
) -> tuple[Phone, Phone]:
    """A driver on the way to a passenger, in their languages."""
    driving = await online(town.phone(drives, driver), t(driver, "vehicle-moto"))
    riding = await listed(town.phone(rides, rider), t(rider, "vehicle-moto"))
    await riding.choose(t(rider, "row-ask-all"))
    await driving.choose(t(driver, "button-accept"))
    return driving, riding


async def _completed(town: Town, driver: Phone) -> None:
    for title in ("Arrived", "Start trip", "Complete"):
        await driver.choose(title)


@pytest.mark.parametrize(("drives", "rides"), [("whatsapp", "whatsapp"), ("sms", "whatsapp"), ("whatsapp", "sms")])
async def test_each_side_reads_what_the_other_wrote(drives: Channel, rides: Channel) -> None:
    """Under who says it; the writer is told the first time that it went, and then reads nothing."""
    town = Town()
    driver, rider = await _matched(town, drives, rides)
    await rider.say("I am at the blue door")
    assert driver.last == Text("Passenger: I am at the blue door")
    assert rider.body == "I have told your driver."
    heard = len(rider.received)
    await rider.say("The one with the plants")
    assert driver.body == "Passenger: The one with the plants"
    assert len(rider.received) == heard
    assert rider.silences == [RELAYED]
    await driver.say("Two minutes")
    assert rider.last == Text("Driver: Two minutes")
    assert driver.body == "I have told your passenger."


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_line_is_in_the_language_of_who_reads_it(language: str) -> None:
    """The words stay as they were written; who says them, and what the writer is told, is in each one's language."""
    town = Town()
    driver, rider = await _matched(town, driver=language, rider="en")
    await rider.say("xyzzy plugh")
    assert driver.body == f"{t(language, 'relay-passenger')} xyzzy plugh"
    await driver.say("plover")
    assert rider.body == "Driver: plover"
    assert driver.body == t(language, "relay-told-passenger")


async def test_both_learn_at_the_match_that_they_can_write() -> None:
    """The passenger with the news, the driver with the trip."""
    town = Town()
    driver, rider = await _matched(town)
    assert "Whatever you write here goes to your driver" in rider.body
    assert "Whatever you write here goes to your passenger" in driver.body


async def test_numbers_and_links_are_left_out_and_the_writer_is_told() -> None:
    """Each time, not only the first; and nobody's number or name is in what the other side reads."""
    town = Town()
    driver, rider = await _matched(town)
    await rider.say("ok")
    for words in (f"Call {rider.number}", "wa.me/whoever"):
        await rider.say(words)
        assert "***" in driver.body
        assert "left out what looks like a number" in rider.body
    shown = json.dumps([reply.to_dict() for reply in driver.received + rider.received])
    assert not [phone for phone in (driver, rider) if phone.number in shown]


async def test_what_means_something_here_is_not_handed_on() -> None:
    """Words of ours, taps, typed choices and answers to what is asked stay between the writer and us."""
    town = Town()
    driver, rider = await _matched(town, rides="sms")
    before = len(driver.received)
    for words in ("help", "trips", "hello", "prices"):
        await rider.say(words)
    await rider.say("language")
    await rider.say("klingon")
    assert rider.state.name == "language"
    await rider.say("1")
    assert rider.state.name == "home"
    assert len(driver.received) == before


async def test_an_answer_that_comes_too_late_is_nobody_elses() -> None:
    """What answers a question that has lapsed is not handed on, whatever it says."""
    town = Town()
    driver, rider = await _matched(town)
    await rider.say("schedule")
    assert rider.state.name == "schedule.vehicle"
    town.pass_time(3600)
    before = len(driver.received)
    await rider.say("the small one")
    assert "open for too long" in rider.body
    assert len(driver.received) == before


async def test_nobody_is_there_before_a_driver_accepts() -> None:
    """Whoever waits for a driver is answered as ever; nobody who was only asked hears a word."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    before = len(driver.received)
    await rider.say("hurry up")
    assert "did not understand" in rider.body
    await rider.share(-1.96, 30.07)
    assert len(driver.received) == before


@pytest.mark.parametrize("rides", ["whatsapp", "sms"])
async def test_a_passengers_place_is_handed_on(rides: Channel) -> None:
    """Shared, or typed as a place and nothing else: the driver gets a link that opens a map."""
    town = Town()
    driver, rider = await _matched(town, rides=rides)
    await rider.share(-1.97, 30.13)
    assert driver.body.startswith("Passenger: I am ")
    assert "https://maps.google.com/?q=-1.97000,30.13000" in driver.body
    assert "have told your driver" in rider.body


async def test_the_name_of_a_place_goes_as_it_was_written() -> None:
    """A passenger who names a place need not be there."""
    town = Town()
    driver, rider = await _matched(town)
    await rider.say("Kimironko Market")
    assert driver.body == "Passenger: Kimironko Market"


async def test_a_drivers_place_moves_the_driver() -> None:
    """It is where they are now; the passenger hears of it by the time of arrival."""
    town = Town()
    driver, rider = await _matched(town)
    before = len(rider.received)
    await driver.share(-1.96, 30.07)
    assert town.presences[driver.person_id].location.latitude == -1.96
    assert len(rider.received) == before


async def test_photos_are_not_handed_on() -> None:
    """The writer is told; without a trip a photo is what it always was."""
    town = Town()
    driver, rider = await _matched(town)
    before = len(driver.received)
    await rider.send(Message(MessageKind.MEDIA, text="this is me"))
    assert "no photos" in rider.body
    assert len(driver.received) == before
    stranger = town.phone(language="en")
    await stranger.send(Message(MessageKind.MEDIA))
    assert "cannot open photos" in stranger.body


async def test_stale_words_are_not_handed_on() -> None:
    """What reached us late is told back to its writer; what reaches the other side late is dropped there."""
    town = Town()
    driver, rider = await _matched(town)
    before = len(driver.received)
    await rider.say("I am here", age_seconds=5000)
    assert "late" in rider.body
    assert len(driver.received) == before
    await town.world(rider.person_id, next(town.ids)).relay("relay", max(town.trips), text="I am here")
    late = await dispatch.take_event(
        EventTurn(
            person=driver.person,
            state=driver.state,
            channel="whatsapp",
            now=town.now,
            age_seconds=5000,
            world=town.world(driver.person_id, next(town.ids)),
            event=town.events.pop(),
        )
    )
    assert (late.replies, late.silent_reason) == ((), EVENT_OUTDATED)


async def test_for_a_while_after_the_ride() -> None:
    """What was left in the car can be asked for; later the words mean nothing again, and the next trip starts anew."""
    town = Town()
    driver, rider = await _matched(town)
    await _completed(town, driver)
    await rider.say("I left my bag")
    assert driver.body == "Passenger: I left my bag"
    assert "have told your driver" in rider.body
    await driver.say("I have it")
    assert rider.body == "Driver: I have it"
    town.pass_time(700)
    await rider.say("and my hat")
    assert "did not understand" in rider.body
    await listed(rider)
    await rider.choose("Ask all")
    await driver.choose("Accept")
    await rider.say("again me")
    assert driver.body == "Passenger: again me"
    assert "have told your driver" in rider.body


async def test_whoever_asked_for_silence_is_not_written_to() -> None:
    """The writer hears that nobody reads it."""
    town = Town()
    driver, rider = await _matched(town)
    await _completed(town, driver)
    await driver.say("stop")
    before = len(driver.received)
    await rider.say("I left my bag")
    assert "asked me for silence" in rider.body
    assert len(driver.received) == before


async def test_long_words() -> None:
    """More than a thousand characters are refused kindly; as an SMS the other side reads the first 450."""
    town = Town()
    driver, rider = await _matched(town, drives="sms")
    await rider.say("words " * 200)
    assert "fewer words" in rider.body
    await rider.say("words " * 150)
    assert len(driver.body) == len("Passenger: ") + 450
    assert driver.body.endswith("...")


async def test_an_open_question_stays_open() -> None:
    """What the other side says interrupts and answers nothing."""
    town = Town()
    driver, rider = await _matched(town)
    await driver.say("language")
    await rider.say("I am here")
    assert driver.body == "Passenger: I am here"
    assert driver.state.name == "language"
