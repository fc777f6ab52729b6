"""Trips, offers, presences and events between the contract's messages and our own values."""

from chassis import errors, pages
from chassis.querying.refusals import ValueInvalid
from hailwire.trips.v1 import events_pb2, money_pb2
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips.board import Cancellation, Merge, NewTrip, OfferAnswer, Step
from services.trips.fares import Money
from services.trips.geo import Location
from services.trips.listing import Role, Wanted
from services.trips.presence import Presence, PresenceUpdate, Vehicle, check_person
from services.trips.relay import Said
from services.trips.terms import MOST_ASKED
from services.trips.tidings import Tiding
from services.trips.trip import Trip, TripState

NOWHERE = Location(float("nan"), float("nan"))


def trip_message(trip: Trip) -> pb.Trip:
    """A trip as the contract says it."""
    message = pb.Trip(
        trip_id=trip.trip_id,
        state=pb.TripState.ValueType(trip.state),
        passenger_id=trip.passenger_id,
        driver_id=trip.driver_id or 0,
        vehicle=pb.Vehicle.ValueType(trip.vehicle),
        pickup=pb.Location(latitude=trip.pickup.latitude, longitude=trip.pickup.longitude),
        cancelled_by=trip.cancelled_by or 0,
        cancel_reason=trip.cancel_reason,
        destination=place(trip.destination) if trip.destination else None,
        fare_estimate=money(trip.fare_estimate) if trip.fare_estimate else None,
        fare=money(trip.fare) if trip.fare else None,
        distance_meters=trip.distance_meters,
    )
    if trip.arrives_at is not None and trip.state is TripState.ACCEPTED:
        message.arrival_time.FromDatetime(trip.arrives_at)
    if trip.started_at is not None:
        message.start_time.FromDatetime(trip.started_at)
    if trip.ended_at is not None:
        message.end_time.FromDatetime(trip.ended_at)
    message.create_time.FromDatetime(trip.created_at)
    message.update_time.FromDatetime(trip.updated_at)
    if trip.pickup_at is not None:
        message.pickup_time.FromDatetime(trip.pickup_at)
    for offer in trip.offers:
        added = message.offers.add(
            offer_id=offer.offer_id,
            trip_id=offer.trip_id,
            driver_id=offer.driver_id,
            state=pb.OfferState.ValueType(offer.state),
            distance_meters=offer.distance_meters,
        )
        added.expire_time.FromDatetime(offer.expires_at)
    return message


def money(amount: Money) -> money_pb2.Money:
    """An amount as the contract says it."""
    return money_pb2.Money(currency_code=amount.currency, amount=amount.text)


def place(location: Location) -> pb.Location:
    """A place as the contract says it."""
    return pb.Location(latitude=location.latitude, longitude=location.longitude)


def presence_message(presence: Presence) -> pb.Presence:
    """A presence as the contract says it."""
    message = pb.Presence(
        person_id=presence.person_id,
        online=presence.online,
        vehicle=pb.Vehicle.ValueType(presence.vehicle or 0),
        trip_id=presence.trip_id or 0,
    )
    if presence.location is not None and presence.located_at is not None:
        message.location.latitude = presence.location.latitude
        message.location.longitude = presence.location.longitude
        message.location_time.FromDatetime(presence.located_at)
    if presence.quiet is not None:
        message.quiet_hours.from_minute = presence.quiet.from_minute
        message.quiet_hours.to_minute = presence.quiet.to_minute
    return message


def event_message(tiding: Tiding) -> events_pb2.Event:
    """A tiding as it is stored; the row adds the id, and the recipient it may have been merged into."""
    event = events_pb2.Event(
        kind=events_pb2.EventKind.ValueType(tiding.kind),
        recipient_id=tiding.recipient_id,
        trip=trip_message(tiding.trip) if tiding.trip else None,
        offer_id=tiding.offer_id,
    )
    happened_at = tiding.trip.updated_at if tiding.trip else tiding.at
    if happened_at is not None:
        event.create_time.FromDatetime(happened_at)
    return event


def said_message(said: Said) -> events_pb2.Event:
    """What one side of a trip said, as it is stored; of the trip only whose it is."""
    event = events_pb2.Event(
        kind=events_pb2.EVENT_KIND_RELAYED,
        recipient_id=said.recipient_id,
        trip=pb.Trip(
            trip_id=said.trip.trip_id,
            state=pb.TripState.ValueType(said.trip.state),
            passenger_id=said.trip.passenger_id,
            driver_id=said.trip.driver_id or 0,
        ),
        said=events_pb2.Said(
            from_driver=said.from_driver, text=said.text, location=place(said.place) if said.place else None
        ),
    )
    event.create_time.FromDatetime(said.at)
    return event


def stored_event(payload: bytes, event_id: int, recipient_id: int) -> events_pb2.Event:
    """An event as it is handed out: to whomever its recipient was merged into, who then is that person in the trip."""
    event = events_pb2.Event.FromString(payload)
    former_id = event.recipient_id
    event.event_id, event.recipient_id = event_id, recipient_id
    if former_id in {0, recipient_id}:
        return event
    if event.schedule.passenger_id == former_id:
        event.schedule.passenger_id = recipient_id
    trip = event.trip
    if trip.passenger_id == former_id:
        trip.passenger_id = recipient_id
    if trip.driver_id == former_id:
        trip.driver_id = recipient_id
    if trip.cancelled_by == former_id:
        trip.cancelled_by = recipient_id
    for offer in trip.offers:
        if offer.driver_id == former_id:
            offer.driver_id = recipient_id
    return event


def trip_result(outcome: Trip | errors.HailwireError) -> pb.TripResult:
    """A value or an error."""
    if isinstance(outcome, Trip):
        return pb.TripResult(trip=trip_message(outcome))
    return pb.TripResult(error=errors.to_status(outcome))


def presence_result(outcome: Presence | errors.HailwireError) -> pb.PresenceResult:
    """A value or an error."""
    if isinstance(outcome, Presence):
        return pb.PresenceResult(presence=presence_message(outcome))
    return pb.PresenceResult(error=errors.to_status(outcome))


def merge_result(outcome: errors.HailwireError | None) -> pb.MergePeopleResult:
    """Nothing, or an error."""
    return pb.MergePeopleResult(error=errors.to_status(outcome)) if outcome else pb.MergePeopleResult()


def presence_update(request: pb.UpdatePresenceRequest) -> PresenceUpdate:
    """What a driver tells, not yet checked."""
    return PresenceUpdate(
        person_id=request.person_id,
        online=request.online if request.HasField("online") else None,
        vehicle=request.vehicle if request.HasField("vehicle") else None,
        location=_location(request.location) if request.HasField("location") else None,
        quiet=(request.quiet_hours.from_minute, request.quiet_hours.to_minute)
        if request.HasField("quiet_hours")
        else None,
    )


def new_trip(request: pb.CreateTripRequest) -> NewTrip:
    """A wish to ride, not yet checked; without a pickup it is nowhere, which no check lets pass.

    Of too many drivers one too many is kept: enough for a refusal.
    """
    return NewTrip(
        request.passenger_id,
        request.vehicle,
        place_or_nowhere(request.pickup if request.HasField("pickup") else None),
        tuple(dict.fromkeys(request.driver_ids))[: MOST_ASKED + 1],
        _location(request.destination) if request.HasField("destination") else None,
    )


def offer_answer(request: pb.AnswerOfferRequest) -> OfferAnswer:
    """What a driver says."""
    return OfferAnswer(request.driver_id, request.offer_id, request.answer)


def step(request: pb.AdvanceTripRequest) -> Step:
    """What a driver does."""
    return Step(request.driver_id, request.trip_id, request.state)


def cancellation(request: pb.CancelTripRequest) -> Cancellation:
    """Who gives what up."""
    return Cancellation(request.person_id, request.trip_id, request.reason)


def merge(request: pb.MergePeopleRequest) -> Merge:
    """Who is who."""
    return Merge(request.from_person_id, request.to_person_id)


def wanted(request: pb.ListTripsRequest) -> Wanted:
    """Which trips; raises PersonInvalid or ValueInvalid."""
    if not request.everyone:
        check_person(request.person_id)
    elif request.person_id:
        raise ValueInvalid("everyone and person_id exclude each other")
    try:
        return Wanted(
            person_id=None if request.everyone else request.person_id,
            role=Role(request.role),
            states=tuple(sorted({TripState(state) for state in request.states})),
            vehicle=Vehicle(request.vehicle) if request.vehicle else None,
            created=pages.created(request),
            paging=pages.paging(request),
        )
    except ValueError as error:
        raise ValueInvalid("a role, state or vehicle that there is not") from error


def place_or_nowhere(message: pb.Location | None) -> Location:
    """The place of a message, not yet checked; what no check lets pass when it is left out."""
    return _location(message) if message is not None else NOWHERE


def _location(message: pb.Location) -> Location:
    return Location(message.latitude, message.longitude)
