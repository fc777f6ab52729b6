"""Languages, late messages, lapsed questions, and whatever nobody can act upon."""

import pytest

from chassis.errors import Unavailable
from hailwire.trips.v1 import events_pb2, trips_pb2
from services.gateway.conversations import dispatch, routing
from services.gateway.conversations.catalogue import LANGUAGES
from services.gateway.conversations.turn import State
from services.gateway.messages import LocationRequest, Menu, Message, MessageKind
from tests.gateway.conversations.phones import older
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import PersonsWorld, Town


async def test_first_contact_asks_for_the_language_in_every_language() -> None:
    """Whatever somebody writes first, they are asked for their language in words that one of them understands."""
    phone = Town().phone()
    await phone.say("what is this")
    assert isinstance(phone.last, Menu)
    for words in ("Which language", "Quelle langue", "uruhe rurimi", "lugha gani"):
        assert words in phone.body
    assert [row.title for row in phone.last.rows] == ["English", "Français", "Ikinyarwanda", "Kiswahili"]


@pytest.mark.parametrize("choice", ["2", "francais", "FRENCH", "Français", " fr ", "français svp", "en français !"])
async def test_the_language_can_be_typed(choice: str) -> None:
    """A number or the name of the language does what the button does."""
    phone = Town().phone("sms")
    await phone.say("hello")
    await phone.say(choice)
    assert phone.person.language == "fr"
    assert "Entendu" in phone.body


@pytest.mark.parametrize(
    ("choice", "language", "answer"),
    [
        ("3", "rw", "Ni byiza"),
        ("Kinyarwanda", "rw", "Ni byiza"),
        ("mu ikinyarwanda", "rw", "Ni byiza"),
        ("4", "sw", "Sawa"),
        ("Kiswahili tafadhali", "sw", "Sawa"),
        ("swahili", "sw", "Sawa"),
        ("igifaransa", "fr", "Entendu"),
        ("Kiingereza", "en", "Fine"),
    ],
)
async def test_every_language_is_chosen_by_its_names(choice: str, language: str, answer: str) -> None:
    """A number, or the language's name in any of ours, on its own or in a phrase."""
    phone = Town().phone("sms")
    await phone.say("muraho")
    await phone.say(choice)
    assert phone.person.language == language
    assert answer in phone.body


@pytest.mark.parametrize("denied", ["hapana kiswahili", "oya ikinyarwanda", "not english"])
async def test_a_language_that_is_declined_is_not_chosen(denied: str) -> None:
    """The question is asked again, in every language."""
    phone = Town().phone("sms")
    await phone.say(denied)
    await phone.say(denied)
    assert not phone.person.language
    assert "lugha gani" in phone.body


async def test_the_command_that_came_first_is_carried_out_after_the_language() -> None:
    """Somebody who starts with `ride` gets the vehicles right after choosing the language."""
    phone = Town().phone()
    await phone.say("Ride")
    await phone.say("er, what?")
    await phone.choose("Français")
    assert "Entendu" in phone.received[-2].body
    assert isinstance(phone.last, Menu)
    assert "De quel véhicule" in phone.body


async def test_a_first_location_is_kept_until_the_language_is_chosen() -> None:
    """Somebody who starts with a location is asked what it is for once they can read it."""
    phone = Town().phone()
    await phone.share(-1.95, 30.06)
    await phone.choose("English")
    assert "What is it for" in phone.body


async def test_an_old_wish_is_not_carried_out() -> None:
    """A command that waited for the language for an hour is forgotten."""
    town = Town()
    phone = town.phone()
    await phone.say("ride")
    town.pass_time(3600)
    await phone.choose("English")
    assert "What would you like" in phone.body


async def test_the_language_can_be_changed_at_any_time() -> None:
    """`language` in the middle of something asks, and the next words come in the new language."""
    phone = Town().phone(language="en")
    await phone.say("Langue")
    await phone.choose("Français")
    assert "Que voulez-vous" in phone.body


@pytest.mark.parametrize("word", ["ride", "RIDE", "Ride!", " course ", "Gutega", "pata usafiri"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_words_are_understood_in_any_case_and_every_language(word: str, language: str) -> None:
    """English is always understood, and so are the others, with capitals and punctuation."""
    phone = Town().phone(language=language)
    await phone.say(word)
    assert phone.state.name == "ride.vehicle"


async def test_back_goes_one_question_back() -> None:
    """`back` leads from the list to the place, to the vehicle, to the menu."""
    town = Town()
    await online(town.phone(language="en"))
    phone = await listed(town.phone(language="en"))
    for name in ("ride.location", "ride.vehicle", "home"):
        await phone.say("back")
        assert phone.state.name == name


async def test_help_repeats_what_is_asked() -> None:
    """`help` in the middle of a question explains the words and asks again."""
    phone = Town().phone(language="en")
    await phone.say("drive")
    await phone.say("help")
    assert isinstance(phone.last, Menu)
    assert "Words I understand" in phone.body
    assert "What do you drive" in phone.body


@pytest.mark.parametrize(
    "kind", [MessageKind.MEDIA, MessageKind.CONTACT, MessageKind.ORDER, MessageKind.EDIT, MessageKind.UNSUPPORTED]
)
async def test_what_we_cannot_read_is_said_and_the_question_stays(kind: MessageKind) -> None:
    """Photos, contacts, orders, edits and unknown kinds get kind words and the open question again."""
    phone = Town().phone(language="en")
    await phone.say("ride")
    await phone.send(Message(kind))
    assert isinstance(phone.last, Menu)
    assert "Which vehicle" in phone.body


async def test_a_late_command_changes_nothing_and_is_told() -> None:
    """Accepting, asking and going online with a message from three hours ago do nothing but say so."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all", age_seconds=3 * 3600)
    assert "3 hours late" in rider.body
    assert not town.trips
    await rider.choose("Ask all")
    await driver.choose("Accept", age_seconds=700)
    assert "11 minutes late" in driver.body
    other = town.phone(language="en")
    await other.say("drive")
    await other.choose("Cab")
    await other.share(-1.95, 30.06, age_seconds=900)
    assert other.person_id not in town.presences
    assert isinstance(other.last, LocationRequest)


async def test_a_lapsed_question_is_started_over_with_an_explanation() -> None:
    """An answer that comes an hour after its question is not taken for one."""
    town = Town()
    phone = town.phone(language="en")
    await phone.say("ride")
    await phone.choose("Moto")
    town.pass_time(3600)
    await phone.say("Kimironko Market")
    assert "open for too long" in phone.body
    assert phone.state.name == "home"


async def test_an_event_in_between_keeps_the_explanation() -> None:
    """Whoever answers a question that lapsed before an event came is told that it has lapsed."""
    town = Town()
    driver = await online(town.phone("sms", "en"))
    await driver.say("ride")
    town.pass_time(3600)
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    assert "needs a ride" in driver.body
    await driver.say("Kimironko Market is where I am")
    assert "open for too long" in driver.body


async def test_a_state_of_another_version_is_started_over_with_an_explanation() -> None:
    """A question that an older version asked is not answered by the newer one."""
    phone = Town().phone(language="en")
    await phone.say("ride")
    await phone.choose("Moto")
    phone.state = older(phone.state)
    await phone.say("Kimironko Market")
    assert "start over" in phone.body
    phone.state = State("ride.hologram", 7, {"choices": 3})
    await phone.say("anything")
    assert "start over" in phone.body


async def test_words_that_mean_several_places_ask_which() -> None:
    """A name that fits several landmarks offers them, and the chosen one is searched."""
    town = Town()
    await online(town.phone(language="en"), at=(-1.9397, 30.0446))
    phone = town.phone("sms", "en")
    await phone.say("ride")
    await phone.say("moto")
    await phone.say("bus park")
    assert "Which place" in phone.body
    await phone.choose("Nyabugogo")
    assert "Ask all" in str(phone.last)


async def test_an_unusable_location_is_worded_and_asked_again() -> None:
    """What the service refuses becomes words in the same question."""
    phone = Town().phone(language="en")
    await phone.say("drive")
    await phone.choose("Moto")
    await phone.share(0.0, 0.0)
    assert "cannot use that location" in phone.body
    assert isinstance(phone.last, LocationRequest)


async def test_a_button_that_nobody_knows_is_answered() -> None:
    """A tap of an unknown kind, or with unreadable parts, leads back to where the person is."""
    phone = Town().phone(language="en")
    for ident in ("No-Button-Payload", "ride:ask:moto", "offer:accept:x", "trip:drop:5:because", "lang:set:xx", ""):
        await phone.tap(ident)
        assert "no longer works" in phone.body, ident


async def test_a_trip_of_somebody_else_is_not_found() -> None:
    """An id in a tap opens nobody else's trip and tells nobody else's pickup."""
    town = Town()
    await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    (trip_id,) = town.trips
    stranger = town.phone(language="en")
    for route in ("trip:show", "trip:leave", "ride:retry", "trip:arrived"):
        await stranger.tap(f"{route}:{trip_id}")
        assert "do not find that trip" in stranger.body, route


async def test_a_quick_reply_whose_title_is_a_word_is_that_word() -> None:
    """A template's button without an id of ours counts by what it says."""
    phone = Town().phone(language="en")
    await phone.tap("payload-of-a-template", title="Ride")
    assert phone.state.name == "ride.vehicle"


async def test_an_offer_whose_time_is_over_is_not_shown() -> None:
    """A driver does not hear of a request after its time, nor of its end."""
    town = Town()
    driver = await online(town.phone(language="en"))
    trip = trips_pb2.Trip(trip_id=1, state=trips_pb2.TRIP_STATE_OFFERED)
    trip.offers.add(offer_id=2, driver_id=driver.person_id, expire_time=town.timestamp(-5))
    for kind in (events_pb2.EVENT_KIND_OFFER_MADE, events_pb2.EVENT_KIND_OFFER_CLOSED):
        await driver.hear(events_pb2.Event(kind=kind, recipient_id=driver.person_id, trip=trip, offer_id=2))
    assert driver.silences == ["event_outdated", "already_told"]


async def test_a_request_that_ends_unanswered_is_told_by_its_reason() -> None:
    """A lapsed request, a withdrawn one and an expired trip each have words of their own."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    (trip,) = town.trips.values()
    trip.offers[0].state = trips_pb2.OFFER_STATE_EXPIRED
    town.tell(events_pb2.EVENT_KIND_OFFER_CLOSED, driver.person_id, trip, trip.offers[0].offer_id)
    trip.state = trips_pb2.TRIP_STATE_EXPIRED
    town.tell(events_pb2.EVENT_KIND_TRIP_EXPIRED, rider.person_id, trip)
    await town.deliver()
    assert "time to answer" in driver.body
    assert "Nobody came in time" in rider.body
    await rider.choose("Search again")
    assert isinstance(rider.last, Menu)
    await rider.choose("Ask all")
    await rider.choose("Give up trip")
    await rider.choose("I waited")
    assert "no longer needs" in driver.body


async def test_an_unreachable_service_is_left_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unavailable is not worded: the message waits and runs again."""

    async def down(*_: object, **__: object) -> None:
        raise Unavailable

    monkeypatch.setattr(PersonsWorld, "search_drivers", down)
    with pytest.raises(Unavailable):
        await listed(Town().phone(language="en"))


async def test_an_unknown_event_is_kept_for_a_version_that_knows_it() -> None:
    """An event without words raises, so that it is kept instead of swallowed."""
    phone = Town().phone(language="en")
    with pytest.raises(dispatch.UnknownEvent):
        await phone.hear(events_pb2.Event(recipient_id=phone.person_id))


async def test_extra_words_are_answered_before_the_language_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registered word reaches its handler even from a stranger."""
    monkeypatch.setattr(routing, "EXTRA_KEYWORDS", {})
    routing.register_keyword("wizard", "services.gateway.conversations.home:show_help")
    phone = Town().phone()
    await phone.say("Wizard")
    assert "Words I understand" in phone.body


def test_the_apology_is_in_the_persons_language() -> None:
    """Whoever's message ends in the dead letters reads so in their language."""
    assert dispatch.apology("fr").body.startswith("Désolé")
    assert dispatch.apology("").body.startswith("Sorry")
