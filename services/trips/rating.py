"""Stars for the other side of a trip: who may give them, when, and what a driver's come to."""

import datetime
from dataclasses import replace

from chassis import errors
from chassis.records import record
from services.trips.trip import Trip, TripNotFound, TripState

# A trip may be rated for a week; whoever misjudged may think again for a day.
RATED_FOR = datetime.timedelta(days=7)
CHANGED_FOR = datetime.timedelta(days=1)
STARS = range(1, 6)


class StarsInvalid(errors.InvalidArgument):
    """One to five."""

    reason = "STARS_INVALID"


class TripNotCompleted(errors.Refused):
    """Only a ride that was had can be rated."""

    reason = "TRIP_NOT_COMPLETED"


class RatingClosed(errors.Refused):
    """Too long ago, or given so long ago that it stays."""

    reason = "RATING_CLOSED"


@record
class RateTrip:
    """Who gives how many stars for which trip; not yet checked."""

    person_id: int
    trip_id: int
    stars: int


@record
class Rating:
    """What one side of a trip said, and when first."""

    trip_id: int
    by_driver: bool
    stars: int
    created_at: datetime.datetime


def rated(trip: Trip | None, wanted: RateTrip, before: Rating | None, now: datetime.datetime) -> Rating:
    """The rating as it is from now on. Raises StarsInvalid, TripNotFound, TripNotCompleted or RatingClosed."""
    if wanted.stars not in STARS:
        raise StarsInvalid
    # Two people who turned out to be one have nobody to rate.
    if trip is None or (trip.passenger_id == wanted.person_id) == (trip.driver_id == wanted.person_id):
        raise TripNotFound
    if trip.state is not TripState.COMPLETED:
        raise TripNotCompleted
    if before is not None:
        if before.stars != wanted.stars and now - before.created_at > CHANGED_FOR:
            raise RatingClosed
        return replace(before, stars=wanted.stars)
    if now - (trip.ended_at or trip.updated_at) > RATED_FOR:
        raise RatingClosed
    return Rating(trip.trip_id, trip.driver_id == wanted.person_id, wanted.stars, now)


def average(stars: int, ratings: int, least: int) -> float:
    """A driver's average; 0 until at least so many passengers gave stars, lest anybody tell who gave which."""
    return stars / ratings if ratings >= max(1, least) else 0.0
