"""Buttons and rows live on in people's chats: each that was ever sent is answered, and none does harm when late."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import routing
from services.gateway.messages import Message, MessageKind
from tests.gateway.conversations.edges import Walked
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import PersonsWorld, Town
from tests.gateway.conversations.town_schedules import PersonsSchedules

DAY = 86_400

# Every route that a button or row of ours ever had -> an id of it, and what its tap says a day later, when the trip is
# long over and the list stale. A route may change what it says, but it may not go: it is still on somebody's phone.
EVER = {
    "go:ride": ("go:ride", "Which vehicle do you need"),
    "go:drive": ("go:drive", "What do you drive"),
    "go:offline": ("go:offline", "You are offline"),
    "go:trips": ("go:trips", "Your latest trips"),
    "go:menu": ("go:menu", "What would you like"),
    "lang:set": ("lang:set:en", "Fine, English"),
    "ride:vehicle": ("ride:vehicle:moto:{spot}", "where shall it pick you up"),
    "ride:here": ("ride:here:{spot}", "Which vehicle do you need"),
    "ride:at": ("ride:at:moto:{spot}", "sent a while ago"),
    "ride:ask": ("ride:ask:moto:{spot}:all", "no longer fresh"),
    "ride:retry": ("ride:retry:{trip}", "sent a while ago"),
    "drive:vehicle": ("drive:vehicle:moto:{spot}", "Where are you now"),
    "drive:here": ("drive:here:{spot}", "What do you drive"),
    "drive:at": ("drive:at:moto:{spot}", "sent a while ago"),
    "offer:accept": ("offer:accept:{offer}", "time to answer that request is over"),
    "offer:decline": ("offer:decline:{offer}", "time to answer that request is over"),
    "trip:arrived": ("trip:arrived:{trip}", "trip is over: completed"),
    "trip:start": ("trip:start:{trip}", "trip is over: completed"),
    # Tapped again after it was done: what it asks for has been done.
    "trip:complete": ("trip:complete:{trip}", "The trip is complete"),
    "trip:leave": ("trip:leave:{trip}", "trip is over: completed"),
    "trip:drop": ("trip:drop:{trip}:wait", "trip is over: completed"),
    "trip:show": ("trip:show:{trip}", "trip is over: completed"),
    "go:schedule": ("go:schedule", "A ride for later"),
    "go:schedules": ("go:schedules", "You have no rides planned"),
    "schedule:vehicle": ("schedule:vehicle:moto", "where shall it pick you up"),
    "schedule:at": ("schedule:at:moto:{spot}", "sent a while ago"),
    # Shown in full, with its place, before anything comes of it.
    "schedule:when": ("schedule:when:moto~{spot}:h1", "Shall I plan this ride"),
    "schedule:times": ("schedule:times:moto~{spot}", "When shall it come"),
    "schedule:book": ("schedule:book:moto~{spot}:{at}", "That time is over"),
    "schedule:show": ("schedule:show:{trip}", "no longer planned"),
    "schedule:skip": ("schedule:skip:{trip}:1", "no longer planned"),
    "schedule:drop": ("schedule:drop:{trip}", "no longer planned"),
    "go:insurance": ("go:insurance", "I have no certificate"),
    "insurance:send": ("insurance:send", "Send me a photo or a PDF"),
    "insurance:claim": ("insurance:claim", "What happened"),
    "go:places": ("go:places", "You have no saved places"),
    "place:add": ("place:add", "Where is the place"),
    # Where something is does not change in a day.
    "place:at": ("place:at:{spot}", "What shall I call it"),
    "place:name": ("place:name:home:{spot}", "Saved: Home"),
    "place:show": ("place:show:{trip}", "no longer saved"),
    "place:rename": ("place:rename:{trip}", "no longer saved"),
    "place:delete": ("place:delete:{trip}", "no longer saved"),
    "go:notes": ("go:notes", "I keep nothing"),
    "item:keep": ("item:keep:{trip}", "no longer waiting"),
    "item:drop": ("item:drop:{trip}", "no longer waiting"),
    "item:show": ("item:show:{trip}", "no longer waiting"),
    "note:show": ("note:show:{trip}", "no longer keep that"),
    "note:forget": ("note:forget:{trip}", "no longer keep that"),
    "wallet:to": ("wallet:to:{code}", "How much?"),
    "go:wallet": ("go:wallet", "Your balance"),
    "wallet:send": ("wallet:send", "Who gets the money"),
    "wallet:history": ("wallet:history", "Nothing has come in"),
    "to:at": ("to:at:moto:{spot}", "Which vehicle do you need"),
    "to:anywhere": ("to:anywhere", "Which vehicle do you need"),
    # A rating that comes late is no less true.
    "rate:give": ("rate:give:{trip}:5", "I have noted 5 stars"),
    "wallet:pay": ("wallet:pay:{payer}:{code}:6000:RWF:{at}", "so I sent nothing"),
    "talk:share": ("talk:share:{trip}", "cannot pass anything on"),
    # A block that comes late is meant all the same.
    "talk:block": ("talk:block:{trip}", "never match you"),
    "talk:unblock": ("talk:unblock:{trip}", "matched again"),
    "talk:keep": ("talk:keep:{trip}", "number stays private"),
    "quiet:set": ("quiet:set:1320:360", "I leave you alone"),
    # Asked anew: nobody is erased by a button of yesterday.
    "erase:confirm": ("erase:confirm", "There is no way back. Are you sure?"),
}

Changes: TypeAlias = list[tuple[str, dict[str, Any]]]


def test_every_route_that_was_ever_sent_is_still_answered() -> None:
    """No route has gone, and a new one is listed here with what it says a day later."""
    assert routing.TAPS.keys() == EVER.keys()


async def _yesterday(town: Town) -> tuple[Phone, Phone, dict[str, str]]:
    """A driver and a passenger a day after their ride, and what the ids of yesterday's buttons hold."""
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    spot = f"-1.95000,30.06000,{int(town.now.timestamp())}"
    await rider.choose("Ask all")
    ((trip_id, trip),) = town.trips.items()
    offer_id = trip.offers[0].offer_id
    town.bank.endow(driver.person_id, 20_000, town.now)
    code, at = town.bank.wallet(rider.person_id, town.now).code, str(int(town.now.timestamp()))
    for title in ("Accept", "Arrived", "Start trip", "Complete"):
        await driver.choose(title)
    town.pass_time(DAY)
    ids = {"spot": spot, "trip": str(trip_id), "offer": str(offer_id)}
    return driver, rider, {**ids, "payer": str(driver.person_id), "code": code, "at": at}


@pytest.mark.parametrize("route", EVER)
async def test_a_day_old_button_gets_a_sensible_answer(route: str) -> None:
    """Whoever taps yesterday's button reads how things stand today; no trip changes, nobody is put on the map."""
    town = Town()
    driver, rider, ids = await _yesterday(town)
    await driver.say("offline")
    phone = rider if route.startswith("ride:") else driver
    ident, words = EVER[route]
    before = [str(trip) for trip in town.trips.values()]
    await phone.tap(ident.format(**ids))
    assert words in phone.body
    assert [str(trip) for trip in town.trips.values()] == before
    assert not town.presences[driver.person_id].online


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> Changes:
    """What was asked of the services that changes anything."""
    asked: Changes = []

    def watched(world: type, name: str) -> Callable[..., Any]:
        real = getattr(world, name)

        async def call(self: Any, step: str, *arguments: Any, **named: Any) -> Any:
            asked.append((name, {"arguments": arguments, **named}))
            return await real(self, step, *arguments, **named)

        return call

    for name in (
        "create_trip",
        "answer_offer",
        "advance_trip",
        "cancel_trip",
        "update_presence",
        "update_person",
        "send_money",
    ):
        monkeypatch.setattr(PersonsWorld, name, watched(PersonsWorld, name))
    for name in ("create", "change"):
        monkeypatch.setattr(PersonsSchedules, name, watched(PersonsSchedules, name))
    return asked


def _harmless(name: str, asked: dict[str, Any]) -> bool:
    """What may be done however late it was asked for: fall silent or quiet, leave, decline, choose a language."""
    match name:
        case "update_person" | "cancel_trip":
            return True
        case "update_presence":
            return asked.get("online") is not True and asked.get("location") is None
        case "answer_offer":
            return asked["arguments"][1] is False
        case _:
            return False


@pytest.mark.parametrize("asked", ["home", "ride.location", "ride.driver", "drive.location"])
async def test_nothing_is_booked_accepted_or_begun_by_what_comes_late(asked: str, changes: Changes) -> None:
    """Whatever comes three hours late, whatever is asked: no trip is made or moved on, nobody goes online."""
    for route, (ident, _) in EVER.items():
        await _late(asked, ident, changes, route)
    for word in sorted(routing.KEYWORDS):
        await _late(asked, "", changes, word)
    await _late(asked, "", changes, "-1.95, 30.06")


async def _late(asked: str, ident: str, changes: Changes, words: str) -> None:
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    ((trip_id, trip),) = town.trips.items()
    at = int(town.now.timestamp())
    code = town.bank.wallet(rider.person_id, town.now).code
    ids = {"spot": f"-1.95000,30.06000,{at}", "trip": trip_id, "offer": trip.offers[0].offer_id, "code": code, "at": at}
    if words.startswith("trip:"):
        await driver.choose("Accept")
    phone = driver if words.startswith(("offer:", "trip:")) else town.phone(language="en")
    ids |= {"payer": phone.person_id}
    if asked != "home" and phone is not driver:
        flow, _, question = asked.partition(".")
        await phone.say(flow)
        await phone.choose("Moto")
        if question == "driver":
            await phone.share(-1.95, 30.06)
    changes.clear()
    if ident:
        await phone.tap(ident.format(**ids), age_seconds=3 * 3600)
    elif words.startswith("-"):
        await phone.send(Message(MessageKind.LOCATION, latitude=-1.95, longitude=30.06), 3 * 3600)
    else:
        await phone.say(words, age_seconds=3 * 3600)
    harm = [(name, asked_for) for name, asked_for in changes if not _harmless(name, asked_for)]
    assert not harm, words
    assert town.trips[trip_id].state in {
        trips_pb2.TRIP_STATE_OFFERED,
        trips_pb2.TRIP_STATE_ACCEPTED,
        trips_pb2.TRIP_STATE_REQUESTED,
        trips_pb2.TRIP_STATE_CANCELLED,
    }


async def test_every_tap_is_offered_by_something(walked: Walked) -> None:
    """No route is declared for buttons that nobody is ever shown."""
    town = Town()
    driver = town.phone()
    await driver.say("hello")
    await driver.choose("English")
    await driver.say("language")
    await driver.choose("English")
    await driver.share(-1.94, 30.0446)
    await driver.choose("Drive from here")
    await driver.choose("Moto")
    await driver.say("drive")
    await driver.choose("Moto")
    await driver.say("bus park")
    await driver.choose("Nyabugogo")
    rider = town.phone(language="en")
    await rider.say("ride")
    await rider.choose("Moto")
    await rider.say("bus park")
    await rider.choose("Nyabugogo")
    await rider.choose("Ask all")
    await driver.choose("Decline")
    await rider.choose("Search again")
    await rider.choose("Ask all")
    await driver.choose("Accept")
    await driver.choose("Give up trip")
    await driver.choose("Keep the trip")
    await rider.say("share")
    for title in ("Arrived", "Start trip", "Complete"):
        await driver.choose(title)
    await rider.choose("Never match us again")
    await rider.say("blocked")
    await rider.tap(f"talk:unblock:{max(town.trips)}")
    await driver.say("offline")
    await listed(rider)
    town.bank.endow(rider.person_id, 20_000, town.now)
    await rider.say("wallet")
    await rider.choose("Send money")
    await rider.say(town.bank.wallet(driver.person_id, town.now).code)
    await rider.say("6000")
    await rider.choose("Do not send")
    await rider.say("insurance")
    await rider.choose("Send certificate")
    await rider.say("ride")
    await rider.choose("Plan a ride for later")
    await rider.choose("Moto")
    await rider.say("bus park")
    await rider.choose("Nyabugogo")
    await rider.choose("Every morning")
    await rider.choose("Plan it")
    await rider.say("schedules")
    await rider.choose("Daily")
    await rider.choose("Change time")
    await rider.choose("In 1 hour")
    await rider.choose("Plan it")
    asked = town.phone(language="en")
    asked.ask_destination = True
    await listed(asked)
    await asked.say("bus park")
    await rider.say("places")
    await rider.choose("Add a place")
    await rider.share(-1.99, 30.01)
    await rider.choose("Home")
    await rider.choose("Home")
    await rider.choose("My places")
    await rider.say("quiet")
    noted = town.phone(language="en")
    await noted.say("kimironko market tomorrow at 7am")
    await noted.choose("One by one")
    await noted.choose("Kimironko")
    await noted.choose("Keep it")
    await noted.say(f"Ann {town.bank.wallet(driver.person_id, town.now).code}")
    await noted.choose("Keep it")
    await noted.choose("My notes")
    await noted.choose("Ann")
    await noted.say("wallet")
    await noted.choose("Send money")
    await rider.say("delete me")
    assert walked.shown == routing.TAPS.keys()
