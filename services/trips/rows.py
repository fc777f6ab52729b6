"""Rows of the database to values and back to the arrays that statements unnest."""

from collections.abc import Iterable, Sequence
from typing import Any

from chassis.quiet_hours import QuietHours
from services.trips.fares import Money
from services.trips.geo import Location
from services.trips.offer import Offer, OfferState
from services.trips.presence import Presence, Vehicle
from services.trips.trip import Trip, TripState


def trips(rows: Iterable[Any]) -> list[Trip]:
    """Trips from rows that hold one offer each, in the order in which the trips first appear."""
    offers: dict[int, dict[int, Offer]] = {}
    firsts: dict[int, Any] = {}
    for row in rows:
        trip_id = row["trip_id"]
        firsts.setdefault(trip_id, row)
        if row["offer_id"] is not None:
            offers.setdefault(trip_id, {})[row["offer_id"]] = Offer(
                offer_id=row["offer_id"],
                trip_id=trip_id,
                driver_id=row["asked_id"],
                distance_meters=row["distance_meters"],
                expires_at=row["offer_expires_at"],
                state=OfferState(row["offer_state"]),
            )
    return [_trip(row, tuple(offers.get(trip_id, {}).values())) for trip_id, row in firsts.items()]


def _trip(row: Any, offers: tuple[Offer, ...]) -> Trip:
    return Trip(
        trip_id=row["trip_id"],
        passenger_id=row["passenger_id"],
        vehicle=Vehicle(row["vehicle"]),
        pickup=Location(row["latitude"], row["longitude"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        expires_at=row["expires_at"],
        state=TripState(row["state"]),
        driver_id=row["driver_id"],
        offers=offers,
        cancelled_by=row["cancelled_by"],
        cancel_reason=row["cancel_reason"],
        destination=place(row, "destination_"),
        fare_estimate=_money(row, "fare_estimate"),
        fare=_money(row, "fare"),
        distance_meters=row["way_meters"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        driven_meters=row["driven_meters"],
        driven_to=place(row, "driven_"),
        arrives_at=row["arrives_at"],
        told_arrives_at=row["told_arrives_at"],
        told_at=row["told_at"],
        pickup_at=row["pickup_at"],
    )


def place(row: Any, of: str) -> Location | None:
    """The place in two columns whose names begin with `of`; None when there is none."""
    latitude = row[f"{of}latitude"]
    return None if latitude is None else Location(latitude, row[f"{of}longitude"])


def _money(row: Any, name: str) -> Money | None:
    return None if row[name] is None else Money(row["currency"], row[name])


def presence(row: Any) -> Presence:
    """One row of trips.presence."""
    located = row["located_at"] is not None
    return Presence(
        person_id=row["person_id"],
        online=row["online"],
        vehicle=Vehicle(row["vehicle"]) if row["vehicle"] else None,
        location=Location(row["latitude"], row["longitude"]) if located else None,
        located_at=row["located_at"],
        trip_id=row["trip_id"],
        quiet=QuietHours.stored(row["quiet_from"], row["quiet_to"]),
    )


def new_trip_arrays(added: Sequence[Trip]) -> list[list[Any]]:
    """For INSERT_TRIPS."""
    return [
        [trip.trip_id for trip in added],
        [trip.state.value for trip in added],
        [trip.passenger_id for trip in added],
        [trip.vehicle.value for trip in added],
        [trip.pickup.latitude for trip in added],
        [trip.pickup.longitude for trip in added],
        [trip.created_at for trip in added],
        [trip.updated_at for trip in added],
        [trip.expires_at for trip in added],
        [trip.destination.latitude if trip.destination else None for trip in added],
        [trip.destination.longitude if trip.destination else None for trip in added],
        [trip.fare_estimate.currency if trip.fare_estimate else None for trip in added],
        [trip.fare_estimate.amount if trip.fare_estimate else None for trip in added],
        [trip.distance_meters for trip in added],
        [trip.pickup_at for trip in added],
    ]


def new_offer_arrays(added: Sequence[Offer]) -> list[list[Any]]:
    """For INSERT_OFFERS."""
    return [
        [offer.offer_id for offer in added],
        [offer.trip_id for offer in added],
        [offer.driver_id for offer in added],
        [offer.state.value for offer in added],
        [offer.distance_meters for offer in added],
        [offer.expires_at for offer in added],
    ]


def trip_arrays(changed: Sequence[Trip]) -> list[list[Any]]:
    """For UPDATE_TRIPS."""
    return [
        [trip.trip_id for trip in changed],
        [trip.state.value for trip in changed],
        [trip.driver_id for trip in changed],
        [trip.updated_at for trip in changed],
        [trip.cancelled_by for trip in changed],
        [trip.cancel_reason for trip in changed],
        [money.currency if (money := trip.fare or trip.fare_estimate) else None for trip in changed],
        [trip.fare.amount if trip.fare else None for trip in changed],
        [trip.distance_meters for trip in changed],
        [trip.started_at for trip in changed],
        [trip.ended_at for trip in changed],
        [trip.driven_meters for trip in changed],
        [trip.driven_to.latitude if trip.driven_to else None for trip in changed],
        [trip.driven_to.longitude if trip.driven_to else None for trip in changed],
        [trip.arrives_at for trip in changed],
        [trip.told_arrives_at for trip in changed],
        [trip.told_at for trip in changed],
    ]


def presence_arrays(changed: Sequence[Presence]) -> list[list[Any]]:
    """For UPSERT_PRESENCES."""
    return [
        [presence.person_id for presence in changed],
        [presence.online for presence in changed],
        [presence.vehicle.value if presence.vehicle else 0 for presence in changed],
        [presence.location.latitude if presence.location else None for presence in changed],
        [presence.location.longitude if presence.location else None for presence in changed],
        [presence.located_at for presence in changed],
        [presence.trip_id for presence in changed],
        [presence.quiet.from_minute if presence.quiet else None for presence in changed],
        [presence.quiet.to_minute if presence.quiet else None for presence in changed],
    ]
