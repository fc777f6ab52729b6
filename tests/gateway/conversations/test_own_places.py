"""A person's own places: saved, offered where a place is asked for, understood by their names, changed and deleted."""

import asyncio

import pytest

from chassis.errors import Unavailable
from hailwire.profile.v1 import places_pb2
from services.gateway.conversations import own_places
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.messages import Channel, LocationRequest, Menu, choices
from services.gateway.providers.twilio import render
from services.profile.places import place
from tests.gateway.conversations.phones import Phone, options
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town
from tests.gateway.conversations.town_places import PersonsOwnPlaces

AT_HOME, AT_WORK = (-1.9441, 30.0619), (-1.9700, 30.1002)


async def saved(phone: Phone, name: str, at: tuple[float, float] = AT_HOME) -> Phone:
    """The same phone after it saved a place."""
    await phone.say("places")
    await phone.choose(t(phone.person.language, "row-add-place"))
    await phone.share(*at)
    await phone.say(name)
    return phone


async def ride_from(town: Town, phone: Phone, at: tuple[float, float]) -> None:
    """A whole ride, so that the pickup is a recent place."""
    driver = await online(town.phone(language="en"))
    await listed(phone, at=at)
    await phone.choose("Ask all")
    for title in ("Accept", "Arrived", "Start trip", "Complete"):
        await driver.choose(title)
    await driver.say("offline")


async def test_on_whatsapp_the_location_request_comes_first() -> None:
    """Whoever has saved places gets them in a second message; the request for the location stays what it is."""
    phone = await saved(Town().phone(language="en"), "Home")
    await phone.say("ride")
    await phone.choose("Moto")
    request, menu = phone.received[-2:]
    assert isinstance(request, LocationRequest)
    assert isinstance(menu, Menu)
    assert [title for _, title in options(menu)] == ["Home"]


async def test_whoever_has_saved_nothing_is_asked_as_before() -> None:
    """No second message for a newcomer, nor for somebody who was only somewhere."""
    town = Town()
    phone = town.phone(language="en")
    await ride_from(town, phone, AT_HOME)
    await phone.say("ride")
    await phone.choose("Moto")
    assert isinstance(phone.last, LocationRequest)


async def test_by_sms_question_and_places_are_one_numbered_list() -> None:
    """Saved places first, then where the person was lately; a number is enough, and a place may still be typed."""
    town = Town()
    await online(town.phone(language="en"))
    phone = await saved(town.phone("sms", "en"), "Home")
    for words in ("ride", "1"):
        await phone.say(words)
    assert "well-known place" in phone.body
    assert render.body(phone.last).endswith("\n1 Home")
    await phone.say("1")
    assert phone.state.name == "ride.driver"
    for words in ("ride", "1", "kimironko"):
        await phone.say(words)
    assert phone.state.name in {"ride.driver", "home"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flow", ["ride", "drive", "schedule"])
async def test_a_saved_place_is_found_by_its_name(flow: str, language: str) -> None:
    """Home, work and school by their words in any language, other places by their own, in any case."""
    town = Town()
    await online(town.phone(language="en"))
    phone = await saved(town.phone("sms", language), t(language, "row-place-home"), (-1.95, 30.06))
    await saved(phone, "Chez Amina", AT_WORK)
    for called in (*(t(other, "row-place-home") for other in LANGUAGES), "chez  AMINA"):
        for words in ("menu", flow, "1", called):
            await phone.say(words)
        assert phone.state.name not in {f"{flow}.location", f"{flow}.place"}, called
        if flow == "drive":
            await phone.say("offline")


async def test_places_at_one_spot_are_one_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A town and its province may have the same coordinates: the likeliest is offered, and nothing twice."""
    names = ("Musanze", "Musanze Province", "Musanze Market")

    async def found(self: PersonsOwnPlaces, text: str) -> list[places_pb2.KnownPlace]:
        spots = zip(names, (-1.5, -1.5, -1.51), strict=True)
        return [places_pb2.KnownPlace(name=name, latitude=latitude, longitude=29.6) for name, latitude in spots]

    monkeypatch.setattr(PersonsOwnPlaces, "search", found)
    phone = Town().phone(language="en")
    for words in ("ride", "Moto", "musanze"):
        await phone.say(words)
    assert [title for _, title in options(phone.last)] == ["Musanze", "Musanze Market"]


async def test_an_own_name_is_stronger_than_a_landmark() -> None:
    """Whoever calls a place "town" means that one."""
    town = Town()
    phone = await saved(town.phone("sms", "en"), "Town", AT_WORK)
    for words in ("drive", "1", "town"):
        await phone.say(words)
    at = town.presences[phone.person_id].location
    assert (round(at.latitude, 4), round(at.longitude, 4)) == AT_WORK


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
async def test_after_a_ride_the_pickup_can_be_saved(channel: Channel) -> None:
    """The offer comes with the end of the ride, and only for a place that is not saved yet."""
    town = Town()
    phone = town.phone(channel, "en")
    await ride_from(town, phone, AT_HOME)
    await phone.choose("Save the pickup")
    await phone.choose("Home")
    assert "Saved: Home" in phone.body
    (kept,) = town.gazetteer.own(phone.person_id)
    assert kept.spot.is_at(place.Spot(*AT_HOME))
    await ride_from(town, phone, AT_HOME)
    ended = next(reply for reply in reversed(phone.received) if "Your trip is complete" in reply.body)
    assert "Save the pickup" not in [title for _, title in options(ended)]


async def test_where_somebody_was_is_offered_by_sms() -> None:
    """A recent place is called by its landmark, or by its plus code, and can be chosen and saved."""
    town = Town()
    phone = town.phone("sms", "en")
    await ride_from(town, phone, (-1.9496, 30.1260))
    await ride_from(town, phone, (-1.9000, 30.0000))
    for words in ("ride", "1"):
        await phone.say(words)
    first, second = render.body(phone.last).splitlines()[-2:]
    assert first.startswith("1 6GCG4222+22")
    assert second.startswith("2 Kimironko Market")
    await phone.say("places")
    await phone.choose("Kimironko Market")
    await phone.say("Market")
    assert [one.called.name for one in town.gazetteer.own(phone.person_id)] == ["Market"]


async def test_renamed_and_deleted() -> None:
    """A place gets another name, a name is not given twice, and what is deleted is gone."""
    town = Town()
    phone = await saved(town.phone(language="en"), "Gym")
    await saved(phone, "Work", AT_WORK)
    await phone.choose("Gym")
    assert "maps.google.com" in phone.body
    await phone.choose("Rename")
    await phone.say("WORK")
    assert "another place of that name" in phone.body
    await phone.choose("Gym")
    await phone.choose("Rename")
    await phone.choose("Home")
    assert [title for _, title in options(phone.last)][:2] == ["Home", "Work"]
    await phone.choose("Home")
    await phone.choose("Delete")
    assert "deleted" in phone.body
    assert [title for _, title in options(phone.last)][:1] == ["Work"]


async def test_the_same_place_again_is_told() -> None:
    """What is saved within 50 metres of home is home, and says so."""
    phone = await saved(Town().phone(language="en"), "Home")
    await saved(phone, "Shop", (AT_HOME[0] + 0.0001, AT_HOME[1]))
    assert "same place as Home" in phone.body


async def test_more_than_can_be_kept_is_told() -> None:
    """The ninth place is refused in words, and nothing is lost."""
    town = Town()
    phone = town.phone(language="en")
    for number in range(own_places.MOST_SAVED + 1):
        await saved(phone, f"Place {number}", (-1.95 + number / 100, 30.06))
    assert "cannot keep more" in phone.body
    assert len(town.gazetteer.own(phone.person_id)) == own_places.MOST_SAVED
    assert len(choices(phone.last)) == 10


@pytest.mark.parametrize("name", ["?!", "x" * 41, " "])
async def test_a_name_that_is_none(name: str) -> None:
    """Without a letter or digit, or too long: asked again, nothing saved."""
    town = Town()
    phone = await saved(town.phone(language="en"), name)
    assert phone.state.name == "places.name"
    assert not town.gazetteer.own(phone.person_id)


async def test_half_an_emoji_is_in_no_name() -> None:
    """What no service can take is left out of the name, and the rest of it is saved."""
    town = Town()
    phone = await saved(town.phone(language="en"), "Gy\ud83dm \u0007 bar")
    (kept,) = town.gazetteer.own(phone.person_id)
    assert kept.called.name == "Gym bar"


@pytest.mark.parametrize("silent", [False, True])
async def test_a_ride_does_not_wait_for_its_memory(silent: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """When where somebody was cannot be noted, or nobody says that it is, the ride is asked for all the same."""

    async def fails(self: PersonsOwnPlaces, step: str, **values: object) -> None:
        if silent:
            await asyncio.Event().wait()
        raise Unavailable

    monkeypatch.setattr(PersonsOwnPlaces, "visit", fails)
    monkeypatch.setattr(own_places, "_PATIENCE_SECONDS", 0.01)
    town = Town()
    await online(town.phone(language="en"))
    phone = await listed(town.phone(language="en"))
    await phone.choose("Ask all")
    assert "has been asked" in phone.body


def test_both_services_mean_the_same() -> None:
    """How many places are kept, and what is near enough to be the same one."""
    assert (own_places.MOST_SAVED, own_places.SAME_METERS) == (place.MOST_SAVED, place.SAME_METERS)
    assert {kind for kind, _ in own_places.KINDS.values()} == set(places_pb2.PlaceKind.values()[1:])
