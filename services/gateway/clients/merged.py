"""Trips in which somebody still stands under the id they had before two profiles turned out to be one person."""

from collections.abc import Collection

from hailwire.trips.v1 import trips_pb2


def as_survivor(trip: trips_pb2.Trip, former_ids: Collection[int], person_id: int) -> trips_pb2.Trip:
    """Put the person's own id wherever a former one stands: an answer kept from before the merge names the old one."""
    if not former_ids:
        return trip
    if trip.passenger_id in former_ids:
        trip.passenger_id = person_id
    if trip.driver_id in former_ids:
        trip.driver_id = person_id
    if trip.cancelled_by in former_ids:
        trip.cancelled_by = person_id
    for offer in trip.offers:
        if offer.driver_id in former_ids:
            offer.driver_id = person_id
    return trip
