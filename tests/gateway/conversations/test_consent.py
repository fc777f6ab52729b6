"""Silence: when it is asked for, when the carrier breaks it, and when nobody expects a word."""

import pytest

from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import trips_pb2
from services.gateway.messages import Channel, Message, MessageKind, Text
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (MessageKind.REACTION, "reaction"),
        (MessageKind.REVOKED, "revoked"),
        (MessageKind.SYSTEM, "system_notice"),
    ],
)
async def test_what_expects_no_answer_gets_none(kind: MessageKind, reason: str) -> None:
    """Reactions, revocations and system notices are counted by reason and change nothing."""
    phone = Town().phone(language="en")
    await phone.say("ride")
    before = phone.state
    await phone.send(Message(kind, text="\U0001f44d"))
    assert phone.silences == [reason]
    assert phone.state == before


async def test_stop_on_whatsapp_is_confirmed_once_and_then_silence_until_start() -> None:
    """One confirmation, silence whatever is written, and START brings the menu back."""
    phone = Town().phone(language="en")
    await phone.say("Stop")
    assert "START" in phone.body
    assert list(phone.person.opt_outs) == [profile_pb2.CHANNEL_WHATSAPP]
    heard = len(phone.received)
    for words in ("stop", "hello", "ride", "2"):
        await phone.say(words)
    assert len(phone.received) == heard
    assert phone.silences == ["opted_out"] * 4
    await phone.say("START")
    assert "Welcome back" in phone.body
    assert not phone.person.opt_outs


@pytest.mark.parametrize("word", ["STOP", "cancel", "End", "QUIT", "unsubscribe"])
async def test_stop_on_sms_is_left_to_the_carrier_and_remembered(word: str) -> None:
    """The carrier answers its own words; we remember the opt-out and stay silent until START or YES."""
    phone = Town().phone("sms", "en")
    await phone.say(word)
    assert list(phone.person.opt_outs) == [profile_pb2.CHANNEL_SMS]
    await phone.say("ride")
    await phone.say("yes")
    assert phone.silences == ["carrier_answers", "opted_out", "carrier_answers"]
    assert not phone.person.opt_outs
    await phone.say("ride")
    assert "Which vehicle" in phone.body


async def test_yes_is_an_ordinary_word_for_whoever_has_not_stopped() -> None:
    """A texter who answers YES to a request is not met with silence."""
    phone = Town().phone("sms", "en")
    await phone.say("yes")
    assert "did not understand" in phone.body


async def test_help_on_sms_is_left_to_the_carrier() -> None:
    """HELP by SMS is answered by the carrier, before and after the language is chosen."""
    for language in ("", "en"):
        phone = Town().phone("sms", language)
        await phone.say("help")
        assert phone.silences == ["carrier_answers"]


async def test_cancel_on_whatsapp_is_no_opt_out() -> None:
    """On WhatsApp there is no carrier: CANCEL gets help that fits, not silence."""
    phone = Town().phone(language="en")
    await phone.say("cancel")
    assert not phone.person.opt_outs
    assert "did not understand" in phone.body


async def test_the_providers_own_opt_out_is_believed() -> None:
    """When the provider says that it has acted on a word, whatever it was, we remember it and stay silent."""
    phone = Town().phone(language="en")
    await phone.send(Message(MessageKind.TEXT, text="arret", opt_out_type="STOP"))
    assert phone.silences == ["carrier_answers"]
    assert list(phone.person.opt_outs) == [profile_pb2.CHANNEL_WHATSAPP]


async def test_stop_before_any_language_is_confirmed_in_each() -> None:
    """Somebody who stops at first sight can read the confirmation."""
    phone = Town().phone()
    await phone.say("stop")
    assert "START to come back" in phone.body
    assert "START pour revenir" in phone.body
    assert "START ugaruke" in phone.body
    assert "START ili kurudi" in phone.body


async def test_stop_in_the_middle_of_a_trip_tells_the_other_side() -> None:
    """A driver who stops is taken off the map and the passenger hears that nobody comes."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="fr"))
    await rider.choose("Demander")
    await driver.choose("Accept")
    await driver.say("stop")
    assert "renoncé" in rider.body
    assert "Aucune raison" in rider.body
    assert "messages" not in rider.body
    assert not town.presences[driver.person_id].online
    assert isinstance(driver.last, Text)


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
async def test_a_passenger_who_stops_is_not_driven_to(channel: Channel) -> None:
    """On either channel, and whether somebody comes already or is only asked: the driver hears that it is over."""
    town = Town()
    driver = await online(town.phone(language="en"))
    waits = await listed(town.phone(channel, "en"))
    await waits.choose("Ask all")
    await waits.say("stop")
    assert "no longer needs the ride" in driver.body
    rides = await listed(town.phone(channel, "en"))
    await rides.choose("Ask all")
    await driver.choose("Accept")
    await rides.say("stop")
    assert "Your passenger has given the trip up" in driver.body
    assert {trip.state for trip in town.trips.values()} == {trips_pb2.TRIP_STATE_CANCELLED}


async def test_stop_looks_at_what_is_true_now() -> None:
    """A replica that still remembers somebody offline and without a trip does not leave them on the map."""
    town = Town()
    driver_phone = town.phone(language="en")
    before = town.remember()
    driver = await online(driver_phone)
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.choose("Accept")
    town.shown = before
    await driver.say("stop")
    assert not town.presences[driver.person_id].online
    (trip,) = town.trips.values()
    assert trip.state == trips_pb2.TRIP_STATE_CANCELLED


async def test_events_do_not_break_the_silence() -> None:
    """Whoever opted out hears nothing of what happens."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    town.people[driver.person_id].opt_outs.append(profile_pb2.CHANNEL_WHATSAPP)
    await rider.choose("Ask all")
    assert driver.silences == ["opted_out"]


async def test_a_templates_unsubscribe_button_is_a_stop() -> None:
    """A tap on a button that says so is as good as the word."""
    phone = Town().phone(language="en")
    await phone.tap("Unsubscribe", title="Unsubscribe")
    assert list(phone.person.opt_outs) == [profile_pb2.CHANNEL_WHATSAPP]
