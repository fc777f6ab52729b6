"""How a trip goes on the ground: when its driver will be at the pickup, how far it went, and what that costs.

The way is measured from what drivers tell: the pickup, then every place that the driver shared while the ride was under
way. Between two of them up to a kilometre apart a straight line is taken, beyond that what the router says. Nobody is
tracked, so a driver who shared nothing has measured nothing: then the way to the destination counts, if there is one,
and time alone otherwise. What the clock makes impossible is not counted, whatever places were shared.
"""

import datetime
from collections.abc import Mapping
from dataclasses import replace

from services.trips.eta import Leg, Route
from services.trips.geo import Location, metres
from services.trips.presence import Vehicle
from services.trips.terms import Terms
from services.trips.trip import Trip, TripState

# A phone that lies on a table moves by so much: such steps are added up once they lead somewhere.
_JITTER_METERS = 30
# Beyond that the streets between two places are unknown.
_STRAIGHT_METERS = 1000
# 120 km/h: nobody gets on faster in town, only a place that was made up does.
_FASTEST_METERS_PER_SECOND = 120 / 3.6
# The driver is nearly there; and the least by which what was told must be wrong to be told anew.
NEARLY = datetime.timedelta(minutes=2)

Routes = Mapping[Leg, Route]


def expected(trip: Trip, destination: Location, routes: Routes, terms: Terms) -> Trip:
    """A new trip with the way to its destination and what that would cost."""
    route = _route(Leg(trip.vehicle, trip.pickup, destination), routes, terms)
    estimate = terms.rates.estimate(trip.vehicle, route)
    return replace(trip, distance_meters=round(route.meters), fare_estimate=estimate)


def leg(
    state: TripState, vehicle: Vehicle, pickup: Location, driven_to: Location | None, place: Location
) -> Leg | None:
    """The way that matters when the driver of such a trip is at this place; None when none does."""
    if state is TripState.ACCEPTED:
        return Leg(vehicle, place, pickup)
    if state is TripState.IN_PROGRESS:
        return Leg(vehicle, driven_to or pickup, place)
    return None


def on_the_way(trip: Trip, place: Location | None, routes: Routes, terms: Terms, now: datetime.datetime) -> Trip:
    """An accepted trip with the time at which its driver should be at the pickup, which its passenger hears now."""
    if place is None:
        return trip
    there_at = now + _route(Leg(trip.vehicle, place, trip.pickup), routes, terms).lasts
    return replace(trip, arrives_at=there_at, told_arrives_at=there_at, told_at=now)


def moved(trip: Trip, place: Location, routes: Routes, terms: Terms, now: datetime.datetime) -> Trip:
    """The trip after its driver shared a place. `told_at` changes when the passenger must hear of the new time."""
    way = leg(trip.state, trip.vehicle, trip.pickup, trip.driven_to, place)
    if way is None:
        return trip
    if trip.state is TripState.IN_PROGRESS:
        straight = metres(way.start, way.end)
        if straight < _JITTER_METERS:
            return trip
        further = straight if straight <= _STRAIGHT_METERS else _route(way, routes, terms).meters
        return replace(trip, driven_meters=trip.driven_meters + further, driven_to=place, updated_at=now)
    there_at = now + _route(way, routes, terms).lasts
    changed = replace(trip, arrives_at=there_at, updated_at=now)
    return replace(changed, told_arrives_at=there_at, told_at=now) if worth_telling(changed, terms, now) else changed


def worth_telling(trip: Trip, terms: Terms, now: datetime.datetime) -> bool:
    """Whether the passenger should hear of `arrives_at`: once when nearly there, else seldom and of real changes."""
    if trip.arrives_at is None:
        return False
    if trip.told_at is None or trip.told_arrives_at is None:
        return True
    heard_nearly = trip.told_arrives_at - trip.told_at <= NEARLY
    if trip.arrives_at - now <= NEARLY:
        return not heard_nearly
    return now - trip.told_at >= terms.tell_again_after and abs(trip.arrives_at - trip.told_arrives_at) >= NEARLY


def stepped(trip: Trip, terms: Terms, now: datetime.datetime) -> Trip:
    """What beginning and ending mean for the way and the price of a trip that has just taken a step."""
    if trip.state is TripState.IN_PROGRESS:
        return replace(trip, started_at=now, driven_meters=0.0, driven_to=trip.pickup)
    if trip.state is TripState.COMPLETED:
        lasted = now - (trip.started_at or now)
        possible = lasted.total_seconds() * _FASTEST_METERS_PER_SECOND
        # The expected way, which is there when a destination is, counts while nothing was measured.
        meters = round(min(trip.driven_meters, possible)) if trip.driven_meters else trip.distance_meters
        fare = terms.rates.fare(trip.vehicle, meters, lasted)
        return replace(trip, ended_at=now, distance_meters=meters, fare=fare)
    return trip


def _route(way: Leg, routes: Routes, terms: Terms) -> Route:
    # The router was asked before the locks; somebody who moved in between goes by a straight line.
    return routes.get(way) or terms.lines.route(way)
