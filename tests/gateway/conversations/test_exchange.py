"""Two sides of a trip learn each other's number when both say so, and neither before nor otherwise."""

import json

import pytest

from services.gateway.conversations import dispatch
from services.gateway.conversations.turn import EVENT_OUTDATED, EventTurn
from services.gateway.messages import Buttons, Text
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town


async def _matched(town: Town) -> tuple[Phone, Phone]:
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.choose("Accept")
    return driver, rider


def _shown(phone: Phone) -> str:
    return json.dumps([reply.to_dict() for reply in phone.received])


async def test_each_learns_the_others_number_when_both_agree() -> None:
    """The first yes asks the other side; the second tells both, and nobody before."""
    town = Town()
    driver, rider = await _matched(town)
    await rider.say("share my number")
    assert "I have asked" in rider.body
    assert "would like to exchange" in driver.body
    assert rider.number not in _shown(driver)
    await driver.choose("Share my number")
    assert driver.last == Text(f"You both agreed. Your passenger's number: +{rider.number}")
    assert rider.last == Text(f"You both agreed. Your driver's number: +{driver.number}")


async def test_once_both_know_nothing_is_masked() -> None:
    """What each has been told may be written; taken back, it is masked again."""
    town = Town()
    driver, rider = await _matched(town)
    await rider.say("share")
    await driver.say("share")
    await rider.say("My other one is 0788 123 456")
    assert driver.body == "Passenger: My other one is 0788 123 456"
    await driver.say("keep my number")
    await rider.say("My other one is 0788 123 456")
    assert driver.body == "Passenger: My other one is ***"


async def test_a_yes_that_was_taken_back_counts_no_more() -> None:
    """Before the other side agreed, nobody learns anything; the other side is asked again with the next yes."""
    town = Town()
    driver, rider = await _matched(town)
    await rider.say("share")
    await rider.choose("Keep my number")
    assert "stays private" in rider.body
    await driver.choose("Share my number")
    assert "I have asked" in driver.body
    for phone, other in ((driver, rider), (rider, driver)):
        assert other.number not in _shown(phone)


async def test_a_yes_that_is_taken_back_before_the_news_arrives() -> None:
    """Whoever hears late that both agreed is told the number only if both still do."""
    town = Town()
    driver, rider = await _matched(town)
    await rider.say("share")
    world = town.world(driver.person_id, next(town.ids))
    await world.share_number("share", max(town.trips), agreed=True)
    told = town.events.pop()
    await world.share_number("keep", max(town.trips), agreed=False)
    turn = EventTurn(
        person=rider.person,
        state=rider.state,
        channel="whatsapp",
        now=town.now,
        world=town.world(rider.person_id, next(town.ids)),
        event=told,
    )
    outcome = await dispatch.take_event(turn)
    assert (outcome.replies, outcome.silent_reason) == ((), EVENT_OUTDATED)


async def test_by_sms_the_words_say_what_to_write() -> None:
    """Numbers that were offered before keep their meaning: the driver's next step is still 1."""
    town = Town()
    driver = await online(town.phone("sms", "en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.choose("Accept")
    await rider.say("share")
    assert "write SHARE" in driver.body
    assert not isinstance(driver.last, Buttons)
    await driver.say("1")
    assert "has arrived" in rider.body


@pytest.mark.parametrize("word", ["share", "partager", "tanga nimero", "Peana namba"])
async def test_without_anybody_to_share_with(word: str) -> None:
    """Outside a trip there is nobody, and one whom we know by no number has none to share."""
    town = Town()
    phone = town.phone(language="en")
    await phone.say(word)
    assert "no driver or passenger" in phone.body
    _, rider = await _matched(town)
    del town.people[rider.person_id].identities[:]
    await rider.say(word)
    assert "no phone number of yours" in rider.body
