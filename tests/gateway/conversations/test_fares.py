"""Prices, fares, arrival times, stars and reasons, as people read them on each channel and in each language."""

from typing import Any

import pytest

from hailwire.trips.v1 import events_pb2, matches_pb2, trips_pb2
from services.gateway.conversations import arrival, fares, wording
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.turn import EVENT_OUTDATED
from services.gateway.messages import Menu
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town, rwf

CHANNELS = pytest.mark.parametrize("channel", ["whatsapp", "sms"])


async def _matched(town: Town, channel: Any = "whatsapp", language: str = "en") -> tuple[Phone, Phone, trips_pb2.Trip]:
    driver = await online(town.phone(channel, language), t(language, "vehicle-moto"))
    rider = await listed(town.phone(channel, language), t(language, "vehicle-moto"))
    await rider.choose(t(language, "row-ask-all"))
    await driver.choose(t(language, "button-accept"))
    (trip,) = town.trips.values()
    return driver, rider, trip


async def _completed(town: Town, channel: Any = "whatsapp", language: str = "en") -> tuple[Phone, Phone, int]:
    driver, rider, trip = await _matched(town, channel, language)
    for button in ("button-arrived", "button-start"):
        await driver.choose(t(language, button))
    town.pass_time(600)
    await driver.choose(t(language, "button-complete"))
    return driver, rider, trip.trip_id


@CHANNELS
@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "Prices"), ("fr", "tarifs"), ("rw", "ibiciro"), ("sw", "bei")],
)
async def test_prices_of_every_vehicle(channel: Any, language: str, word: str) -> None:
    """The word answers with a line for each vehicle, and whatever was asked is asked again."""
    phone = Town().phone(channel, language)
    await phone.say(word)
    assert t(language, "prices") in phone.body
    for key in wording.VEHICLE_NAMES.values():
        assert t(language, key) + ":" in phone.body.replace(" :", ":")
    assert "300 RWF" in phone.body
    assert {"en": "12.50", "fr": "12,50", "rw": "12,50", "sw": "12.50"}[language] in phone.body
    await phone.say(t(language, "button-ride"))
    await phone.say(word)
    assert phone.state.name == "ride.vehicle"


@CHANNELS
@pytest.mark.parametrize("language", LANGUAGES)
async def test_both_sides_read_the_fare(channel: Any, language: str) -> None:
    """Driver and passenger are told the same sum, and what was counted."""
    driver, rider, _ = await _completed(Town(), channel, language)
    for phone in (driver, rider):
        assert wording.money(language, rwf("1500")) in phone.body
        assert wording.distance(language, 4200) in phone.body
        assert wording.age(language, 601) in phone.body


async def test_a_fare_of_time_alone_names_no_way() -> None:
    """Where nothing was measured no distance is made up."""
    town = Town()
    town.way_meters = 0
    _, rider, _ = await _completed(town)
    assert "The fare is 1,500 RWF (10 minutes)." in rider.body


@CHANNELS
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_passenger_hears_how_long_it_takes(channel: Any, language: str) -> None:
    """With the good news, and again in the list of trips, less by what has passed."""
    town = Town()
    _, rider, _ = await _matched(town, channel, language)
    assert t(language, "driver-needs", time=wording.age(language, 360)) in rider.body
    town.pass_time(125)
    await rider.tap("go:trips")
    assert t(language, "driver-needs", time=wording.age(language, 240)) in rider.body
    town.pass_time(200)
    await rider.tap("go:trips")
    assert t(language, "driver-nearly") in rider.body


async def _hears(
    town: Town, phone: Phone, kind: events_pb2.EventKind.ValueType, trip: trips_pb2.Trip | None, age: float = 0
) -> None:
    event = events_pb2.Event(event_id=next(town.ids), kind=kind, recipient_id=phone.person_id, trip=trip)
    event.create_time.CopyFrom(town.timestamp(-age))
    await phone.hear(event)


@CHANNELS
async def test_a_changed_time_interrupts_nothing(channel: Any) -> None:
    """The news has the way out of the trip; an old estimate, or one of a driver who is there, is none."""
    town = Town()
    _, rider, trip = await _matched(town, channel)
    await rider.say("language")
    changed = trips_pb2.Trip()
    changed.CopyFrom(trip)
    changed.arrival_time.CopyFrom(town.timestamp(700))
    await _hears(town, rider, events_pb2.EVENT_KIND_ARRIVAL_TIME_CHANGED, changed)
    assert rider.body == "The driver needs about 12 minutes."
    assert rider.state.name == "language"
    changed.arrival_time.CopyFrom(town.timestamp(90))
    await _hears(town, rider, events_pb2.EVENT_KIND_ARRIVAL_TIME_CHANGED, changed)
    assert rider.body == "The driver is nearly there."
    heard = len(rider.received)
    await _hears(town, rider, events_pb2.EVENT_KIND_ARRIVAL_TIME_CHANGED, changed, age=700)
    changed.state = trips_pb2.TRIP_STATE_ARRIVED
    await _hears(town, rider, events_pb2.EVENT_KIND_ARRIVAL_TIME_CHANGED, changed)
    assert len(rider.received) == heard
    assert rider.silences[-2:] == [EVENT_OUTDATED, EVENT_OUTDATED]


@CHANNELS
@pytest.mark.parametrize("language", LANGUAGES)
async def test_stars_for_each_other(channel: Any, language: str) -> None:
    """Each side taps stars, or types as many as it means where there is nothing to tap; a second tap changes them."""
    town = Town()
    driver, rider, trip_id = await _completed(town, channel, language)
    assert isinstance(rider.last, Menu)
    assert t(language, "rate-driver") in rider.body
    assert t(language, "rate-passenger") in driver.body
    if rider.numbered:
        await rider.say("4")
    else:
        assert rider.last.rows[0].title == t(language, "row-stars", count=5)
        await rider.choose(t(language, "row-stars", count=4))
    assert t(language, "rated", count=4) in rider.body
    await driver.choose(t(language, "row-stars", count=1))
    assert t(language, "rated", count=1) in driver.body
    assert town.ratings == {(trip_id, rider.person_id): 4, (trip_id, driver.person_id): 1}
    await rider.tap(f"rate:give:{trip_id}:5")
    assert t(language, "rated-anew", count=5) in rider.body


async def test_a_tap_that_is_weeks_old() -> None:
    """Stars for a trip long over are refused kindly, and what was open stays open."""
    town = Town()
    _, rider, trip_id = await _completed(town)
    town.pass_time(8 * 24 * 3600)
    await rider.say("ride")
    await rider.tap(f"rate:give:{trip_id}:5", age_seconds=3 * 24 * 3600)
    assert "can no longer be rated" in rider.body
    assert rider.state.name == "ride.vehicle"
    assert town.ratings == {}


@pytest.mark.parametrize("tap", ["rate:give:", "rate:give:7", "rate:give:7:6", "rate:give:7:0", "rate:give:x:5"])
async def test_stars_that_are_none(tap: str) -> None:
    """A tap that is none of ours is a button that no longer works."""
    phone = Town().phone(language="en")
    await phone.tap(tap)
    assert t("en", "dead-button") in phone.body


async def test_a_strangers_trip_cannot_be_rated() -> None:
    """Nor one that is not complete."""
    town = Town()
    _, rider, trip = await _matched(town)
    stranger = town.phone(language="en")
    await stranger.tap(f"rate:give:{trip.trip_id}:1")
    assert t("en", "refused-trip-unknown") in stranger.body
    await rider.tap(f"rate:give:{trip.trip_id}:1")
    assert t("en", "refused-not-completed") in rider.body


@pytest.mark.parametrize(("language", "shown"), [("en", "4.8"), ("fr", "4,8"), ("rw", "4,8"), ("sw", "4.8")])
async def test_an_average_in_the_list(language: str, shown: str) -> None:
    """Below a driver's distance, once there is one."""
    town = Town()
    moto = t(language, "vehicle-moto")
    known, new = [await online(town.phone(language=language), moto, (-1.95 - n / 100, 30.06)) for n in (0, 1)]
    town.averages[known.person_id] = 4.8333
    rider = await listed(town.phone(language=language), moto)
    assert isinstance(rider.last, Menu)
    about = [row.description for row in rider.last.rows]
    assert shown in about[1]
    assert shown not in about[2]
    assert new.person_id in town.presences


@CHANNELS
@pytest.mark.parametrize(
    ("language", "word"), [("en", "why"), ("fr", "Pourquoi"), ("rw", "kuki"), ("sw", "kwa nini"), ("sw", "mbona")]
)
async def test_a_driver_asks_why(channel: Any, language: str, word: str) -> None:
    """Every reason in words, with ages and distances, and how they stand now."""
    town = Town()
    driver = town.phone(channel, language)
    await driver.say(word)
    assert t(language, "why-never-drove") in driver.body
    await online(driver, t(language, "vehicle-moto"))
    town.pass_time(180)
    await driver.say(word)
    assert t(language, "why-now-online", age=wording.age(language, 181)) in driver.body
    assert t(language, "why-none-missed") in driver.body
    for reason in matches_pb2.MatchReason.values()[3:-1]:
        candidate = matches_pb2.Candidate(reason=reason, distance_meters=2300, location_age_seconds=2400)
        town.missed.append(matches_pb2.MissedTrip(candidate=candidate, create_time=town.timestamp(-900)))
    await driver.say(word)
    for key in ("others-nearer", "stale", "too-far", "busy", "offline", "other-vehicle"):
        told = {"age": wording.age(language, 2400), "distance": wording.distance(language, 2300)}
        assert t(language, f"why-{key}", **told) in driver.body
    await driver.tap("go:offline")
    await driver.say(word)
    assert t(language, "why-now-offline") in driver.body


async def test_why_on_a_trip() -> None:
    """Whoever drives somebody is asked by nobody else."""
    town = Town()
    driver, _, trip = await _matched(town)
    town.presences[driver.person_id].trip_id = trip.trip_id
    await driver.say("why")
    assert t("en", "why-now-busy") in driver.body


@CHANNELS
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_silent_driver_is_told_kindly(channel: Any, language: str) -> None:
    """With the way back; one who has come back meanwhile hears nothing."""
    town = Town()
    driver = await online(town.phone(channel, language), t(language, "vehicle-moto"))
    await _hears(town, driver, events_pb2.EVENT_KIND_PRESENCE_ENDED, None)
    assert driver.silences == [EVENT_OUTDATED]
    town.presences[driver.person_id].online = False
    await _hears(town, driver, events_pb2.EVENT_KIND_PRESENCE_ENDED, None)
    assert driver.body == t(language, "silent-offline")
    await driver.choose(t(language, "button-drive"))
    assert driver.state.name == "drive.vehicle"


async def test_an_estimate_is_told_to_both() -> None:
    """When somebody has said where it goes, the driver who is asked and the passenger who waits read the estimate."""
    town = Town()
    driver, rider, trip = await _matched(town)
    trip.fare_estimate.CopyFrom(rwf("2200"))
    await rider.say("trips")
    assert "Estimated fare: 2,200 RWF." in rider.body
    offered = trips_pb2.Trip()
    offered.CopyFrom(trip)
    offered.offers[0].expire_time.CopyFrom(town.timestamp(60))
    event = events_pb2.Event(
        event_id=1,
        kind=events_pb2.EVENT_KIND_OFFER_MADE,
        recipient_id=driver.person_id,
        trip=offered,
        offer_id=offered.offers[0].offer_id,
    )
    await driver.hear(event)
    assert "Estimated fare: 2,200 RWF." in driver.body


@CHANNELS
@pytest.mark.parametrize("language", LANGUAGES)
async def test_where_to_when_the_operator_asks(channel: Any, language: str) -> None:
    """With ASK_DESTINATION the list of drivers, the request and the wait show what it would cost."""
    town = Town()
    moto = t(language, "vehicle-moto")
    driver = await online(town.phone(channel, language), moto)
    rider = town.phone(channel, language)
    rider.ask_destination = True
    await listed(rider, moto)
    assert t(language, "ride-whereto") in rider.body
    await rider.share(-1.99, 30.1)
    estimate = t(language, "fare-estimate", fare=wording.money(language, rwf("2200")))
    assert isinstance(rider.last, Menu)
    assert estimate in rider.body
    await rider.say(t(language, "row-ask-all"))
    assert estimate in rider.body
    assert estimate in driver.body
    (trip,) = town.trips.values()
    assert trip.destination.latitude == pytest.approx(-1.99)


async def test_a_place_that_may_be_several() -> None:
    """A name of several places is asked back, and the one that is chosen is where it goes."""
    town = Town()
    await online(town.phone(language="en"))
    rider = town.phone(language="en")
    rider.ask_destination = True
    await listed(rider)
    await rider.say("bus park")
    assert isinstance(rider.last, Menu)
    await rider.choose("Nyabugogo")
    await rider.choose("Ask all")
    (trip,) = town.trips.values()
    assert trip.HasField("destination")


async def test_whoever_would_rather_tell_the_driver() -> None:
    """One tap leads to the drivers, without an estimate; another list's destination is not taken for this one's."""
    town = Town()
    await online(town.phone(language="en"))
    rider = town.phone(language="en")
    rider.ask_destination = True
    await listed(rider)
    await rider.share(-1.99, 30.1)
    older = rider.last
    assert isinstance(older, Menu)
    await rider.share(-1.951, 30.061)
    assert "Estimated fare" in rider.body
    await listed(rider)
    await rider.choose("I tell the driver")
    assert "Estimated fare" not in rider.body
    await rider.tap(older.rows[0].id)
    (trip,) = town.trips.values()
    assert not trip.HasField("destination")


def test_words_about_nothing_are_none() -> None:
    """Without a time, an estimate or a fare there is nothing to say."""
    moment: Any = None
    trip = trips_pb2.Trip(state=trips_pb2.TRIP_STATE_ACCEPTED)
    assert [arrival.expected(moment, trip), fares.fare(moment, trip), fares.estimate(moment, trip)] == ["", "", ""]
