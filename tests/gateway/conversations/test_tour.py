"""One long walk past every handler: none is out of reach."""

from datetime import timedelta

from hailwire.trips.v1 import events_pb2, trips_pb2
from services.gateway.conversations import routing
from services.gateway.messages import Media, Message, MessageKind
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town
from tests.gateway.conversations.town_schedules import tell


async def insured(phone: Phone, town: Town) -> None:
    """A certificate, a claim, and whatever is told of them."""
    photo = Message(MessageKind.MEDIA, media=(Media("image/jpeg", id="1"),))
    await phone.say("insurance")
    await phone.choose("Send certificate")
    await phone.say("help")
    await phone.send(photo)
    await phone.tap("insurance:claim")
    await phone.say("help")
    await phone.say("A bus hit my car.")
    await phone.say("help")
    await phone.send(photo)
    for kind in events_pb2.EventKind.values():
        if events_pb2.EVENT_KIND_CERTIFICATE_RECEIVED <= kind <= events_pb2.EVENT_KIND_FILE_REFUSED:
            event = events_pb2.Event(kind=kind, recipient_id=phone.person_id)
            event.certificate.expire_time.FromDatetime(town.now + timedelta(days=3))
            await phone.hear(event)


async def test_every_handler_is_reached_by_what_people_send() -> None:
    """Words, taps, places and events of a long day use every handler that there is."""
    before = {name: stats.uses for name, stats in routing.stats().items()}
    town = Town()
    driver, rider = town.phone(), town.phone()
    for phone in (driver, rider):
        await phone.say("hello")
        await phone.say("francs")
        await phone.choose("English")
        for word in ("hi", "help", "menu", "language", "help", "back", "gibberish"):
            await phone.say(word)
    for word in ("number", "hi", "+250788123456", "hi", "123456"):
        await rider.say(word)
    await driver.share(-1.95, 30.06)
    await driver.choose("Drive from here")
    await driver.say("gibberish")
    await driver.choose("Moto")
    await driver.say("offline")
    await driver.say("drive")
    await driver.choose("Moto")
    await driver.say("help")
    await driver.say("bus park")
    await driver.choose("Nyabugogo")
    await rider.share(-1.94, 30.0446)
    await rider.choose("Ride from here")
    await rider.say("gibberish")
    await rider.send(Message(MessageKind.MEDIA))
    await rider.tap("nonsense")
    await rider.choose("Moto")
    await rider.say("gibberish")
    await rider.say("back")
    await rider.share(-1.94, 30.0446)
    await rider.choose("Ask all")
    await driver.choose("Decline")
    await rider.choose("Search again")
    await rider.choose("Ask all")
    await rider.choose("Give up trip")
    await rider.choose("I waited")
    await listed(rider, at=(-1.94, 30.0446))
    await rider.choose("Ask all")
    await driver.choose("Accept")
    await rider.choose("Give up trip")
    await rider.choose("Keep the trip")
    await rider.say("I am at the blue door")
    await rider.say("share my number")
    await rider.choose("Keep my number")
    await rider.say("share my number")
    await driver.choose("Share my number")
    town.tell(events_pb2.EVENT_KIND_ARRIVAL_TIME_CHANGED, rider.person_id, list(town.trips.values())[-1])
    await town.deliver()
    for title in ("Arrived", "Start trip", "Complete"):
        await driver.choose(title)
    await rider.choose("Never match us again")
    await rider.say("blocked")
    await rider.tap(f"talk:unblock:{max(town.trips)}")
    await rider.choose("5 stars")
    rider.ask_destination = True
    await listed(rider, at=(-1.94, 30.0446))
    await rider.say("gibberish")
    await rider.say("help")
    await rider.say("bus park")
    await rider.choose("Nyabugogo")
    await listed(rider, at=(-1.94, 30.0446))
    await rider.choose("I tell the driver")
    rider.ask_destination = False
    await rider.say("prices")
    await driver.say("why")
    await listed(rider, at=(-1.94, 30.0446))
    await rider.choose("Ask all")
    await driver.say("drive")
    await driver.say("yes")
    await driver.choose("Accept")
    await driver.say("cancel")
    await driver.choose("Give up trip")
    await driver.choose("Vehicle trouble")
    await rider.choose("Search again")
    trip = list(town.trips.values())[-1]
    town.tell(events_pb2.EVENT_KIND_TRIP_EXPIRED, rider.person_id, trip)
    town.tell(events_pb2.EVENT_KIND_PRESENCE_ENDED, driver.person_id, trip)
    await town.deliver()
    await rider.say("trips")
    town.bank.endow(rider.person_id, 50_000, town.now)
    await rider.say("wallet")
    await rider.choose("Send money")
    await rider.say("help")
    await rider.say(town.bank.wallet(driver.person_id, town.now).code)
    await rider.say("help")
    await rider.say("20000")
    await rider.say("help")
    await rider.say("er")
    await rider.choose("Send it")
    await rider.choose("History")
    await rider.say("invite")
    await rider.say("invite GO-7K3QX2F")
    await insured(rider, town)
    await _later(town, rider)
    await _own_places(rider)
    for words in ("quiet", "help", "22-6", "quiet"):
        await rider.say(words)
    await rider.choose("23:00")
    for words in ("quiet off", "online", "menu"):
        await rider.say(words)
    await _understood(town, driver, town.phone(language="en"))
    for words in ("delete me", "hmm", "help"):
        await rider.say(words)
    town.bank.endow(driver.person_id, 1000, town.now)
    await driver.say("delete me")
    await driver.choose("Erase everything")
    await rider.say("stop")
    await rider.say("start")
    await (await online(town.phone("sms", "en"))).say("help")
    assert trip.state == trips_pb2.TRIP_STATE_CANCELLED
    idle = {name for name, stats in routing.stats().items() if stats.uses == before.get(name, 0)}
    assert not idle


async def _understood(town: Town, driver: Phone, rider: Phone) -> None:
    """Everything that can be done with what was understood."""
    await rider.say("kimironko market tomorrow at 7am")
    await rider.choose("Do not keep it")
    await rider.say(f"Ann {town.bank.wallet(driver.person_id, town.now).code}")
    await rider.choose("Keep it")
    await rider.say("every friday 7am")
    await rider.say("notes")
    await rider.choose("Every Fri")
    await rider.choose("Keep it")
    await rider.say("wallet")
    await rider.choose("Send money")
    await rider.choose("Ann")
    await rider.say("notes")
    await rider.choose("Ann")
    await rider.choose("Forget it")


async def _own_places(rider: Phone) -> None:
    """Everything that can be done with saved places."""
    await rider.say("places")
    await rider.choose("Add a place")
    await rider.say("gibberish")
    await rider.say("bus park")
    await rider.choose("Nyabugogo")
    await rider.say("help")
    await rider.say("Gym")
    await rider.choose("Gym")
    await rider.choose("Rename")
    await rider.choose("School")
    await rider.choose("School")
    await rider.choose("Delete")


async def _later(town: Town, rider: Phone) -> None:
    """Everything that can be done with rides for later."""
    await rider.say("schedule")
    await rider.say("gibberish")
    await rider.choose("Moto")
    await rider.say("gibberish")
    await rider.say("help")
    await rider.share(-1.94, 30.0446)
    await rider.say("gibberish")
    await rider.choose("In 1 hour")
    await rider.say("gibberish")
    await rider.choose("Other time")
    await rider.choose("Every morning")
    await rider.choose("Plan it")
    await rider.tap("schedule:at:moto:-1.94000,30.04460,1")
    await rider.say("schedules")
    await rider.choose("Daily")
    await rider.choose("Not this time")
    schedule = town.schedules[max(town.schedules)]
    for kind in (20, 21, 22, 23, 24, 25):
        await tell(town, events_pb2.EventKind.ValueType(kind), schedule)
    await rider.choose("Give up ride")
