"""When a driver will be at the pickup, as passengers hear and read it; and drivers who were silent for too long."""

from dataclasses import replace

from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import taps, wording
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import EVENT_OUTDATED, EventTurn, Moment, Outcome
from services.gateway.messages import Button, Buttons

# Nearer than that "any moment" is as exact as an estimate gets.
_NEARLY_SECONDS = 120
# An estimate that old is none: it waited for the person or for us.
_OUTDATED_SECONDS = 600


def expected(moment: Moment, trip: trips_pb2.Trip) -> str:
    """How long the driver will need; empty when nobody knows or nobody is on the way."""
    if trip.state != trips_pb2.TRIP_STATE_ACCEPTED or not trip.HasField("arrival_time"):
        return ""
    seconds = (wording.utc(trip.arrival_time) - moment.now).total_seconds()
    if seconds <= _NEARLY_SECONDS:
        return moment.say("driver-nearly")
    # Minutes are rounded up: who is early is forgiven.
    return moment.say("driver-needs", time=wording.age(moment.language, seconds + 59))


async def time_changed(turn: EventTurn) -> Outcome:
    """The driver will be there sooner or later than was told, or nearly is."""
    trip = turn.event.trip
    told = wording.utc(turn.event.create_time) if turn.event.HasField("create_time") else turn.now
    words = expected(turn, trip)
    if not words or (turn.now - told).total_seconds() > _OUTDATED_SECONDS:
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)
    memory = remembered(turn).on_trip(trip, turn.person.person_id)
    leave = Button(taps.step("leave", trip.trip_id), turn.say("button-leave"))
    return Outcome(memory.keeping(turn.state), (Buttons(words, (leave,)),))


async def presence_ended(turn: EventTurn) -> Outcome:
    """A driver was taken off the map; one who has come back since need not hear of it."""
    presence = await turn.world.presence(fresh=True)
    if presence is not None and presence.online:
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)
    memory = replace(remembered(turn), online="")
    buttons = (
        Button(taps.GO_DRIVE, turn.say("button-drive")),
        Button(taps.GO_MENU, turn.say("button-menu")),
    )
    return Outcome(memory.keeping(turn.state), (Buttons(turn.say("silent-offline"), buttons),))
