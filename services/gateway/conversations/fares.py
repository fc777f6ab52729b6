"""What a trip would cost or costs, in words."""

from datetime import timedelta

from hailwire.trips.v1 import fares_pb2, trips_pb2
from services.gateway.conversations import wording
from services.gateway.conversations.turn import Moment


def estimate(moment: Moment, trip: trips_pb2.Trip) -> str:
    """What the trip would cost; empty when nobody said where it goes."""
    if not trip.HasField("fare_estimate"):
        return ""
    return moment.say("fare-estimate", fare=wording.money(moment.language, trip.fare_estimate))


def estimated(moment: Moment, estimate: fares_pb2.FareEstimate) -> str:
    """What a way would cost."""
    return moment.say("fare-estimate", fare=wording.money(moment.language, estimate.fare))


def fare(moment: Moment, trip: trips_pb2.Trip) -> str:
    """What the trip costs, and what was counted; empty before it is completed."""
    if not trip.HasField("fare"):
        return ""
    lasted = wording.utc(trip.end_time) - wording.utc(trip.start_time)
    told = {
        "fare": wording.money(moment.language, trip.fare),
        "time": wording.age(moment.language, max(timedelta(), lasted).total_seconds()),
    }
    if not trip.distance_meters:
        return moment.say("fare-of-time", **told)
    return moment.say("fare-of-way", **told, distance=wording.distance(moment.language, trip.distance_meters))
