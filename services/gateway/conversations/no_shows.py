"""Whoever did not come: what whoever waited can say, and what a passenger hears whom drivers waited for in vain."""

from datetime import UTC, datetime

from chassis.errors import HailwireError
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import taps, wording
from services.gateway.conversations.turn import Moment
from services.gateway.messages import Button

# Reasons for giving a trip up, as the trips service knows them: said by the driver, and by the passenger.
PASSENGER_ABSENT = "absent"
DRIVER_ABSENT = "noshow"

# The state in which one side waits for the other.
_WAITS = {
    PASSENGER_ABSENT: trips_pb2.TRIP_STATE_ARRIVED,
    DRIVER_ABSENT: trips_pb2.TRIP_STATE_ACCEPTED,
}
# What whoever waited reads when the trip is ended for it.
ENDED = {PASSENGER_ABSENT: "given-up-absent", DRIVER_ABSENT: "given-up-noshow"}


def fits(reason: str, state: trips_pb2.TripState.ValueType) -> bool:
    """Whether a reason makes sense in this state of a trip."""
    return _WAITS.get(reason, state) == state


def buttons(moment: Moment, trip: trips_pb2.Trip) -> tuple[Button, ...]:
    """For a driver at the pickup: that nobody comes."""
    if not fits(PASSENGER_ABSENT, trip.state):
        return ()
    return (Button(taps.drop(trip.trip_id, PASSENGER_ABSENT), moment.say("button-absent")),)


def too_early(moment: Moment, reason: str, refusal: HailwireError) -> str:
    """How long the other side still has."""
    seconds = refusal.metadata.get("seconds", "")
    # Minutes are rounded up: who waits a little longer is not refused again.
    time = wording.age(moment.language, (int(seconds) if seconds.isdecimal() else 0) + 59)
    if reason == PASSENGER_ABSENT:
        return moment.say("absent-too-early", time=time)
    return moment.say("noshow-too-early", time=time)


def refused(moment: Moment, refusal: HailwireError) -> str:
    """From when on a passenger may ask for rides again."""
    until = refusal.metadata.get("until", "")
    at = datetime.fromtimestamp(int(until), UTC) if until.isdecimal() else moment.now
    return moment.say("refused-no-shows", when=wording.moment(moment.language, at, moment.zone))
