"""Asking to be forgotten by chat: a word, a button, and only then and there."""

import pytest

from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.flows.erase import FLOW
from services.gateway.messages import Channel
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town

WORDS = [word for said in FLOW.words.values() for word in said]


@pytest.mark.parametrize("word", [*WORDS, "Delete me!", "EFFACEZ-MOI"])
async def test_every_word_asks_first(word: str) -> None:
    """Whatever the language of the word, nobody is erased by it alone, and everybody is told what it means."""
    for language in LANGUAGES:
        phone = Town().phone(language=language)
        await phone.say(word)
        assert t(language, "erase-question") in phone.body
        assert not phone.erased


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
async def test_confirmed(channel: Channel) -> None:
    """The button, or its number where there is none, and one last message."""
    phone = Town().phone(channel, "en")
    await phone.say("delete me")
    await phone.choose("Erase everything")
    assert phone.erased
    assert phone.body == t("en", "erased")
    assert not phone.state.data


async def test_anything_else_is_no_yes() -> None:
    """Words ask again, the other button and MENU leave it at that."""
    phone = Town().phone(language="en")
    for word in ("yes", "ok", "accept"):
        await phone.say("delete me")
        await phone.say(word)
        assert t("en", "erase-question") in phone.body
    await phone.choose("Keep me")
    assert "What would you like" in phone.body
    assert not phone.erased


async def test_only_within_minutes() -> None:
    """A button from before asks anew, and so does one that comes late; the new question's button counts."""
    town = Town()
    phone = town.phone(language="en")
    await phone.say("delete me")
    town.pass_time(601)
    await phone.choose("Erase everything")
    assert not phone.erased
    await phone.choose("Erase everything", age_seconds=700)
    assert "late" in phone.body
    assert not phone.erased
    await phone.choose("Erase everything")
    assert phone.erased


async def test_not_with_money_left() -> None:
    """Whoever has money is told to send it first; an empty wallet is no hindrance."""
    town = Town()
    phone = town.phone(language="en")
    town.bank.endow(phone.person_id, 1500, town.now)
    await phone.say("delete me")
    await phone.choose("Erase everything")
    assert "1,500" in phone.body
    assert not phone.erased


async def test_not_in_the_middle_of_a_trip() -> None:
    """Neither side of a trip leaves the other alone: it is completed or given up first."""
    town = Town()
    driver, rider = town.phone(language="en"), town.phone(language="en")
    await online(driver)
    await listed(rider)
    await rider.choose("Ask all")
    await rider.say("delete me")
    await rider.choose("Erase everything")
    assert "complete your trip" in rider.body
    await driver.choose("Accept")
    await driver.say("delete me")
    await driver.choose("Erase everything")
    assert "complete your trip" in driver.body
    assert not driver.erased
    assert not rider.erased
    await driver.choose("Arrived")
    await driver.choose("Start trip")
    await driver.choose("Complete")
    for phone in (driver, rider):
        await phone.say("delete me")
        await phone.choose("Erase everything")
        assert phone.erased
