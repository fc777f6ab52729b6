"""The declared machine: consistent, no larger than what happens, and safe with whatever an older version left."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hailwire.trips.v1 import events_pb2, schedules_pb2, trips_pb2
from services.gateway.conversations import catalogue, flows, routing, taps
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.flows import BACK, FLOWS, HOME, QUESTIONS, STAY
from services.gateway.conversations.memory import Memory
from services.gateway.conversations.places import folded
from services.gateway.conversations.turn import State
from services.gateway.messages import Channel, Media, Message, MessageKind
from tests.gateway.conversations.edges import Walked, declared
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.test_anything import DATA
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town
from tests.gateway.conversations.town_invitations import ON as INVITATIONS_ON

HERE, FAR = (-1.95, 30.06), (-1.5, 29.5)


def test_no_two_flows_claim_the_same() -> None:
    """Each word, tap, event and question belongs to one step of one flow, and each step is declared one way."""
    words = [(folded(word), step) for flow in FLOWS for step, said in flow.words.items() for word in said]
    assert len({word for word, _ in words}) == len(words)
    for kind in ("taps", "events"):
        claimed = [key for flow in FLOWS for key in getattr(flow, kind)]
        assert len(set(claimed)) == len(claimed), kind
    names = [question.name for flow in FLOWS for question in flow.questions]
    assert len(set(names)) == len(names)
    steps = {step for flow in FLOWS for step in flow.steps}
    assert len({step.path for step in steps}) == len(steps)


def test_every_name_in_a_declaration_exists() -> None:
    """Edges lead to questions that there are, and questions show taps that lead somewhere."""
    known = QUESTIONS.keys()
    for flow in FLOWS:
        for step in flow.steps:
            assert set(step.to) <= known | {STAY, BACK}, step.path
        for question in flow.questions:
            assert {question.back, *question.otherwise, question.after_refusal or HOME} <= known
            assert set(question.offers) <= routing.TAPS.keys()


async def test_a_step_that_leads_elsewhere_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler whose outcome is not among its declared edges fails the test that runs it."""
    monkeypatch.setitem(flows.STEPS, "ride.begin", replace(flows.STEPS["ride.begin"], to=(HOME,)))
    with pytest.raises(AssertionError, match=r"ride:begin leads from home to ride\.vehicle"):
        await Town().phone(language="en").say("ride")


async def test_every_edge_can_be_walked(walked: Walked) -> None:
    """Each way that a flow declares is taken by somebody who writes, taps, shares or waits."""
    for walk in (
        _words,
        _languages,
        _a_ride,
        _searches,
        _driving,
        _requests,
        _a_trip,
        _nothing_left,
        _silence,
        _fares,
        _destinations,
        _money,
        _invitations,
        _insurance,
        _own_places,
        _understood,
        _a_number,
        _later,
        _erasing,
        _talking,
        _quiet,
    ):
        await walk(Town())
    await _events(Town())
    assert sorted(edge for edge in declared() if not walked.covers(edge)) == []


async def _asked_for_a_language(phone: Phone) -> Phone:
    """In the middle of a question that anybody may be asked at any time."""
    await phone.say("language")
    return phone


async def _words(town: Town) -> None:
    await online(town.phone(language="en"))
    phone = await _asked_for_a_language(town.phone(language="en"))
    for word in ("help", "hello", "trips"):
        await phone.say(word)
    await phone.send(Message(MessageKind.MEDIA))
    await phone.tap("nonsense")
    await phone.say("menu")
    await phone.say("what?")
    await phone.share(*HERE)
    await listed(phone)
    for _ in range(3):
        await phone.say("back")
    texter = await _asked_for_a_language(town.phone("sms", "en"))
    await texter.say("help")


async def _a_number(town: Town) -> None:
    phone = town.phone(language="en")
    await phone.say("number")
    await phone.say("back")
    await phone.say("number")
    await phone.say("0")
    await phone.say("+250 788 123 456")
    await phone.say("four")
    await phone.say("000000")
    await phone.say("back")
    await phone.say("0788 123 457")
    await phone.say("123 456")
    texter = await _asked_for_a_language(town.phone("sms", "en"))
    await texter.say("number")


async def _languages(town: Town) -> None:
    phone = await _asked_for_a_language(town.phone(language="en"))
    await phone.say("er")
    await phone.say("français")
    await _asked_for_a_language(phone)
    await phone.choose("English")
    await phone.say("ride")
    await phone.tap("lang:set:fr")
    await phone.say("english")


def _spot(town: Town, at: tuple[float, float] = HERE, age_seconds: float = 0) -> str:
    return f"{at[0]:.5f},{at[1]:.5f},{int(town.now.timestamp() - age_seconds)}"


async def _a_ride(town: Town) -> None:
    driver = await online(town.phone(language="en"))
    rider = town.phone(language="en")
    await rider.tap(f"ride:here:{_spot(town)}")
    await rider.say("er")
    await rider.choose("Moto")
    assert rider.state.name == "ride.driver"
    await rider.say("er")
    await rider.choose("Ask all")
    await driver.choose("Decline")
    await rider.tap("ride:vehicle:moto")
    await rider.say("ride")
    await rider.say("trips")
    await _asked_for_a_language(rider)
    await rider.say("trips")
    await rider.tap(f"ride:retry:{max(town.trips)}")
    assert rider.state.name == "ride.driver"
    town.pass_time(3600)
    await rider.tap(f"ride:retry:{max(town.trips)}")
    assert rider.state.name == "ride.location"
    await rider.say("nowhere in particular")
    await rider.share(*FAR)
    assert rider.state.name == "home"
    await listed(rider)
    await rider.share(*FAR)
    assert rider.state.name == "home"


async def _searches(town: Town) -> None:
    first, second = [await online(town.phone(language="en")) for _ in range(2)]
    rider = town.phone(language="en")
    await rider.tap(f"ride:at:moto:{_spot(town)}")
    await first.say("offline")
    await rider.choose("Driver 1")
    assert rider.state.name == "ride.driver"
    await rider.tap(f"ride:at:moto:{_spot(town, age_seconds=7200)}")
    await rider.tap(f"ride:ask:moto:{_spot(town, age_seconds=7200)}:all")
    assert rider.state.name == "ride.location"
    rider.state = Memory({}).asking("ride.location", town.now, vehicle="boat")
    await rider.say("help")
    assert rider.state.name == "ride.vehicle"
    await listed(rider)
    town.pass_time(700)
    await rider.say("help")
    assert rider.state.name == "ride.location"
    await listed(rider)
    await second.say("offline")
    await rider.say("help")
    assert rider.state.name == "home"
    await rider.tap(f"ride:at:moto:{_spot(town)}")
    await listed(rider)
    assert rider.state.name == "home"
    # What is refused while the list is open asks for the place: the search may be what was refused.
    await online(first)
    await listed(rider)
    await rider.tap("trip:show:1")
    assert rider.state.name == "ride.location"


async def _driving(town: Town) -> None:
    driver = town.phone(language="en")
    await driver.share(*HERE)
    await driver.choose("Drive from here")
    await driver.say("er")
    await driver.choose("Moto")
    await driver.say("drive")
    await driver.choose("Moto")
    await driver.say("back")
    await driver.choose("Moto")
    await driver.say("nowhere in particular")
    await driver.share(*HERE)
    await driver.tap(f"drive:at:moto:{_spot(town, age_seconds=7200)}")
    assert driver.state.name == "drive.location"
    await driver.tap(f"drive:at:moto:{_spot(town)}")
    await driver.say("drive")
    await driver.say("offline")
    driver.state = Memory({}).asking("drive.location", town.now, vehicle="boat")
    await driver.say("help")
    assert driver.state.name == "drive.vehicle"


async def _requests(town: Town) -> None:
    driver = await online(town.phone(language="en"))
    riders = [await listed(town.phone(language="en")) for _ in range(2)]
    for rider in riders:
        await rider.choose("Ask all")
    await _asked_for_a_language(driver)
    await driver.say("yes")
    assert driver.state.name == "language"
    first, second = (trip.offers[0].offer_id for trip in town.trips.values())
    await driver.tap(f"offer:decline:{first}")
    await driver.tap(f"offer:accept:{first}")
    assert driver.state.name == "language"
    await driver.tap(f"offer:accept:{second}")
    assert driver.state.name == "home"
    await driver.say("drive")
    await driver.tap("ride:vehicle:moto")


async def _on_a_trip(town: Town) -> tuple[Phone, Phone, int]:
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.choose("Accept")
    return driver, rider, max(town.trips)


async def _a_trip(town: Town) -> None:
    driver, rider, trip_id = await _on_a_trip(town)
    await _asked_for_a_language(rider)
    await rider.say("cancel")
    await rider.tap(f"trip:leave:{trip_id}")
    await rider.tap(f"trip:show:{trip_id}")
    await rider.tap(f"ride:retry:{trip_id}")
    await rider.say("drive")
    for step in ("arrived", "start", "complete"):
        await _asked_for_a_language(driver)
        await driver.tap(f"trip:{step}:{trip_id}")
        assert driver.state.name == "home"


async def _talking(town: Town) -> None:
    driver, rider, _ = await _on_a_trip(town)
    await _asked_for_a_language(driver)
    await rider.say("I am at the blue door")
    assert driver.state.name == "language"
    await _asked_for_a_language(rider)
    await rider.say("keep my number")
    await rider.say("share")
    await driver.say("share")
    for word in ("block", "blocked"):
        await rider.say(word)
    await rider.tap(f"talk:unblock:{max(town.trips)}")
    assert rider.state.name == driver.state.name == "language"


async def _nothing_left(town: Town) -> None:
    driver, rider, trip_id = await _on_a_trip(town)
    await _asked_for_a_language(rider)
    await rider.tap(f"trip:drop:{trip_id}:wait")
    assert rider.state.name == "home"
    for phone, routes in ((rider, ("drop", "show", "leave")), (driver, ("arrived", "start", "complete"))):
        await _asked_for_a_language(phone)
        for route in routes:
            await phone.tap(f"trip:{route}:{trip_id}" + (":wait" if route == "drop" else ""))
            assert phone.state.name == "language"


async def _later(town: Town) -> None:
    phone = town.phone(language="en")
    for word in ("schedule", "schedules"):
        await phone.say(word)
    await phone.say("er")
    await phone.choose("Moto")
    await phone.say("nowhere in particular")
    await phone.tap(f"schedule:at:moto:{_spot(town, age_seconds=7200)}")
    await phone.share(*HERE)
    await phone.say("er")
    await phone.choose("Another time")
    await phone.choose("In 1 hour")
    assert phone.state.name == "schedule.confirm"
    await phone.say("friday 7")
    assert phone.state.name == "schedule.when"
    await phone.say("friday 7am")
    await phone.choose("Plan it")
    number = max(town.schedules)
    await phone.tap(f"schedule:at:moto:{_spot(town)}")
    await phone.choose("In 30 minutes")
    late = phone.last
    town.pass_time(1700)
    await phone.say("help")
    town.pass_time(110)
    await phone.say("hello")
    assert phone.state.name == "schedule.when"
    phone.received.append(late)
    await phone.choose("Plan it")
    await phone.choose("In 30 minutes")
    await phone.choose("Other time")
    await _asked_for_a_language(phone)
    for tap in (f"show:{number}", f"skip:{number}:1", f"drop:{number}"):
        await phone.tap(f"schedule:{tap}")
        assert phone.state.name == "language"
    for name in ("schedule.place", "schedule.when"):
        phone.state = Memory({}).asking(name, town.now, vehicle="boat", target="boat")
        await phone.say("help")
        assert phone.state.name == "schedule.vehicle"


async def _silence(town: Town) -> None:
    phone = await _asked_for_a_language(town.phone(language="en"))
    await phone.say("start")
    await phone.say("stop")
    newcomer = town.phone()
    await newcomer.say("start")
    assert newcomer.state.name == "language"


async def _fares(town: Town) -> None:
    driver, rider, trip_id = await _on_a_trip(town)
    for step in ("arrived", "start", "complete"):
        await driver.tap(f"trip:{step}:{trip_id}")
    await _asked_for_a_language(rider)
    for word in ("prices", "why"):
        await rider.say(word)
    await rider.tap(f"rate:give:{trip_id}:5")
    assert rider.state.name == "language"


async def _destinations(town: Town) -> None:
    driver = await online(town.phone(language="en"))
    rider = town.phone(language="en")
    rider.ask_destination = True
    for way in ("share", "anywhere", "several"):
        await listed(rider)
        assert rider.state.name == "ride.destination"
        await rider.say("nowhere in particular")
        if way == "share":
            await rider.share(*FAR)
        elif way == "anywhere":
            await rider.tap("to:anywhere")
        else:
            await rider.tap(f"to:at:moto:{_spot(town, FAR)}")
        assert rider.state.name == "ride.driver"
    await rider.tap(f"ride:vehicle:moto:{_spot(town)}")
    await rider.tap(f"ride:at:moto:{_spot(town)}")
    assert rider.state.name == "ride.destination"
    town.pass_time(700)
    await rider.say("help")
    assert rider.state.name == "ride.location"
    await rider.say("menu")
    for tap in ("to:anywhere", f"to:at:moto:{_spot(town)}"):
        rider.state = Memory({}).asking("ride.location", town.now, vehicle="moto")
        await rider.tap(tap)
        assert rider.state.name == "ride.location"
        await rider.say("menu")
        await rider.tap(tap)
        assert rider.state.name == "ride.vehicle"
    await driver.say("offline")
    for tap in ("to:anywhere", f"to:at:moto:{_spot(town)}", ""):
        await listed(rider)
        if tap:
            await rider.tap(tap)
        else:
            await rider.share(*FAR)
        assert rider.state.name == "home"


async def _erasing(town: Town) -> None:
    phone = town.phone(language="en")
    await phone.tap("erase:confirm")
    await phone.say("what?")
    await phone.say("delete me")
    await phone.tap("erase:confirm")
    assert phone.state.name == "home"


async def _quiet(town: Town) -> None:
    phone = await _asked_for_a_language(town.phone(language="en"))
    for words in ("quiet 22-6", "quiet off"):
        await phone.say(words)
        assert phone.state.name == "language"
    await phone.tap("quiet:set:1320:360")
    assert phone.state.name == "language"
    for words in ("22:00", "22-6", "quiet off"):
        await phone.say("quiet")
        await phone.say("soon")
        assert phone.state.name == "quiet.hours"
        await (phone.choose(words) if words == "22:00" else phone.say(words))
        assert phone.state.name == "home"
    await phone.say("online")
    assert phone.state.name == "drive.vehicle"
    driver = await online(town.phone(language="en"))
    await driver.say("language")
    await driver.say("online")
    assert driver.state.name == "home"


async def _money(town: Town) -> None:
    payer, payee = town.phone(language="en"), town.phone(language="en")
    town.bank.endow(payer.person_id, 50_000, town.now)
    code = town.bank.wallet(payee.person_id, town.now).code
    await payer.say("wallet")
    await payer.choose("History")
    await payer.tap("go:wallet")
    await payer.choose("Send money")
    await payer.say("nobody's")
    for amount in ("er", "500"):
        if payer.state.name == "wallet.payee":
            await payer.say(code)
        await payer.say(amount)
    assert payer.state.name == "home"
    await payer.choose("Send money")
    await payer.say(code)
    await payer.say("6000")
    await payer.say("er")
    await payer.choose("Send it")
    assert payer.state.name == "home"
    for question in ("wallet.amount", "wallet.confirm"):
        payer.state = Memory({}).asking(question, town.now)
        await payer.say("help")
        assert payer.state.name == "wallet.payee"


async def _invitations(town: Town) -> None:
    phone = await _asked_for_a_language(town.phone(language="en"))
    await phone.say("invite")
    await phone.say("invite GO-7K3QX2F")
    assert phone.state.name == "language"
    town.guests.terms = INVITATIONS_ON
    newcomer = town.phone(language="en")
    await newcomer.say("ride")
    await newcomer.say(f"invite {town.guests.code(phone.person_id)}")
    assert newcomer.state.name == "ride.vehicle"


async def _insurance(town: Town) -> None:
    photo = Message(MessageKind.MEDIA, media=(Media("image/jpeg", id="1"),))
    phone = town.phone(language="en")
    phone.insurance_required = True
    await phone.say("drive")
    await phone.choose("Send certificate")
    await phone.say("what?")
    await phone.send(photo)
    await phone.choose("Done")
    await phone.send(replace(photo, text="insurance"))
    await phone.say("back")
    await phone.say("insurance")
    await phone.choose("Make a claim")
    await phone.send(photo)
    await phone.say("back")
    await phone.tap("insurance:claim")
    await phone.say("A bus hit my car.")
    await phone.say("what?")
    await phone.send(photo)
    await phone.say("back")
    await phone.tap("insurance:claim")
    await phone.send(replace(photo, text="Another bus."))
    await phone.choose("Done")
    for words in ("help", "photo"):
        phone.state = Memory({}).asking("insurance.documents", town.now)
        await (phone.say("help") if words == "help" else phone.send(photo))
        assert phone.state.name == "insurance.claim"
    town.office.review(phone.person_id, town.now, approve=False)
    await town.deliver()
    for kind in events_pb2.EventKind.values():
        if events_pb2.EVENT_KIND_CERTIFICATE_RECEIVED <= kind <= events_pb2.EVENT_KIND_FILE_REFUSED:
            event = events_pb2.Event(kind=kind, recipient_id=phone.person_id)
            event.certificate.expire_time.FromDatetime(town.now + timedelta(days=3))
            await phone.hear(event)


async def _own_places(town: Town) -> None:
    phone = await _asked_for_a_language(town.phone(language="en"))
    await phone.say("places")
    assert phone.state.name == "home"
    await phone.choose("Add a place")
    await phone.say("nowhere in particular")
    assert phone.state.name == "places.where"
    await phone.share(*HERE)
    assert phone.state.name == "places.name"
    await phone.say("?!")
    assert phone.state.name == "places.name"
    await phone.say("Gym")
    assert phone.state.name == "home"
    await phone.choose("Gym")
    await phone.choose("Rename")
    assert phone.state.name == "places.name"
    await phone.choose("School")
    await phone.choose("School")
    await phone.choose("Delete")
    for tap in ("rename", "show"):
        await phone.tap(f"place:{tap}:7")
        assert phone.state.name == "home"
    await phone.tap(f"place:at:{_spot(town)}")
    assert phone.state.name == "places.name"
    phone.state = Memory({}).asking("places.name", town.now)
    await phone.say("help")
    assert phone.state.name == "places.where"


async def _understood(town: Town) -> None:
    phone, friend = town.phone(language="en"), town.phone(language="en")
    code = town.bank.wallet(friend.person_id, town.now).code
    for words, answer in (
        ("kimironko market tomorrow at 7am", "Do not keep it"),
        (f"Ann {code}", "Keep it"),
        ("every friday 7am", "Keep it"),
    ):
        await phone.say(words)
        await _asked_for_a_language(phone)
        await phone.choose(answer)
        assert phone.state.name == "home"
    for tap in ("go:notes", "item:show:1", "item:show:999", "note:show:999"):
        await _asked_for_a_language(phone)
        await phone.tap(tap)
        assert phone.state.name == "home"
    await phone.say("notes")
    await phone.choose("Every Fri")
    await phone.choose("Forget it")
    await phone.say("wallet")
    await phone.choose("Send money")
    assert phone.state.name == "wallet.payee"
    await phone.choose("Ann")
    assert phone.state.name == "wallet.amount"
    await phone.say("back")
    await phone.tap("wallet:to:HW-nobody")
    assert phone.state.name == "wallet.payee"


async def _events(town: Town) -> None:
    phone = await _asked_for_a_language(town.phone(language="en"))
    trip = trips_pb2.Trip(trip_id=7, state=trips_pb2.TRIP_STATE_OFFERED, vehicle=trips_pb2.VEHICLE_MOTO)
    trip.offers.add(offer_id=8, trip_id=7, driver_id=phone.person_id, expire_time=town.timestamp(60))
    schedule = schedules_pb2.Schedule(schedule_id=8, vehicle=trips_pb2.VEHICLE_MOTO)
    schedule.occurrence.pickup_time.CopyFrom(town.timestamp(60))
    for kind in routing.EVENTS:
        about = events_pb2.Event(event_id=9, kind=kind, recipient_id=phone.person_id, trip=trip, offer_id=8)
        about.schedule.CopyFrom(schedule)
        await phone.hear(about)
    assert phone.state.name == "language"


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from([*QUESTIONS, "unheard.of", ""]),
    version=st.integers(-3, 2**31),
    data=DATA,
    channel=st.sampled_from(["sms", "whatsapp"]),
)
async def test_a_state_of_another_version_is_never_an_error(
    name: str, version: int, data: dict[str, object], channel: Channel
) -> None:
    """Whatever another version left, words without meaning of their own get an explanation and a fresh start."""
    phone = Town().phone(channel, "en")
    phone.state = State(name, version, {**data, "choices": None, "offers": None})  # type: ignore[dict-item]
    await phone.say("er, hm")
    if name not in QUESTIONS or version != QUESTIONS[name].version:
        assert t("en", "restarted-changed") in phone.body
        assert phone.state.name == HOME


def test_no_title_is_a_word_that_means_something_else() -> None:
    """Typing what a button or row says does what tapping it does, in each language."""
    titles = {
        "button-ride": taps.GO_RIDE,
        "button-drive": taps.GO_DRIVE,
        "button-trips": taps.GO_TRIPS,
        "button-offline": taps.GO_OFFLINE,
        "row-offline": taps.GO_OFFLINE,
        "button-menu": taps.GO_MENU,
        "button-wallet": taps.GO_WALLET,
        "button-insurance": taps.GO_INSURANCE,
        "button-places": taps.GO_PLACES,
        "button-notes": taps.GO_NOTES,
        "button-share-number": "talk:share",
        "button-keep-number": "talk:keep",
        "button-later": taps.GO_SCHEDULE,
        "button-schedules": taps.GO_SCHEDULES,
    }
    for language in LANGUAGES:
        for key in sorted(_titles()):
            word = folded(t(language, key, distance="1 km", number="1", count=2, time="7:00", day="Mon"))
            if word in routing.KEYWORDS and key != "language-name":
                assert key in titles, (language, key, word)
                assert routing.KEYWORDS[word] == routing.TAPS[titles[key]], (language, key, word)


def _titles() -> set[str]:
    begins = ("button-", "row-", "vehicle-")
    return {key for key in catalogue.keys("en") if key.startswith(begins) and not key.endswith("-about")}
