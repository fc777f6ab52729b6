"""Short words for the calls that tests of the trips service make."""

import itertools
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2

from hailwire.trips.v1 import events_pb2
from hailwire.trips.v1 import trips_pb2 as pb

if TYPE_CHECKING:
    from tests.trips.conftest import Replica
else:
    Replica = Any

_PEOPLE = itertools.count(1)

KIGALI = (-1.9441, 30.0619)
# What is refused because others were at it, or because a slow machine let a lock time out: every caller asks again.
TRANSIENT = {"CONFLICT", "ROW_BUSY", "TRANSACTION_CONFLICT"}


def person() -> int:
    return next(_PEOPLE)


def request_id() -> str:
    return uuid.uuid4().hex


def reason(result: Any) -> str:
    """The reason of a result's error; empty when it has none."""
    if not result.HasField("error"):
        return ""
    info = error_details_pb2.ErrorInfo()
    assert result.error.details[0].Unpack(info)
    return str(info.reason)


def metadata(result: Any) -> dict[str, str]:
    info = error_details_pb2.ErrorInfo()
    assert result.error.details[0].Unpack(info)
    return dict(info.metadata)


def place(at: tuple[float, float]) -> pb.Location:
    return pb.Location(latitude=at[0], longitude=at[1])


async def presences(replica: Replica, *requests: pb.UpdatePresenceRequest) -> list[pb.PresenceResult]:
    return list((await replica.trips.BatchUpdatePresences(pb.BatchUpdatePresencesRequest(requests=requests))).results)


def coming_online(driver: int, at: tuple[float, float] = KIGALI, vehicle: Any = pb.VEHICLE_MOTO) -> Any:
    return pb.UpdatePresenceRequest(
        request_id=request_id(), person_id=driver, online=True, vehicle=vehicle, location=place(at)
    )


async def drivers(replica: Replica, count: int, at: tuple[float, float] = KIGALI) -> list[int]:
    """That many new drivers online at one place."""
    made = [person() for _ in range(count)]
    results = await presences(replica, *(coming_online(driver, at) for driver in made))
    assert not [result for result in results if reason(result)]
    return made


def new_trip(passenger: int, asked: list[int] | None = None, at: tuple[float, float] = KIGALI) -> pb.CreateTripRequest:
    return pb.CreateTripRequest(
        request_id=request_id(),
        passenger_id=passenger,
        vehicle=pb.VEHICLE_MOTO,
        pickup=place(at),
        driver_ids=asked or [],
    )


async def create(replica: Replica, *requests: pb.CreateTripRequest) -> list[pb.TripResult]:
    return list((await replica.trips.BatchCreateTrips(pb.BatchCreateTripsRequest(requests=requests))).results)


async def created(replica: Replica, passenger: int, asked: list[int] | None = None) -> pb.Trip:
    (result,) = await create(replica, new_trip(passenger, asked))
    assert not reason(result), result
    return result.trip


def accepting(trip: pb.Trip, driver: int) -> pb.AnswerOfferRequest:
    return answering(trip, driver, pb.OFFER_ANSWER_ACCEPT)


def declining(trip: pb.Trip, driver: int) -> pb.AnswerOfferRequest:
    return answering(trip, driver, pb.OFFER_ANSWER_DECLINE)


def answering(trip: pb.Trip, driver: int, said: Any) -> pb.AnswerOfferRequest:
    (offer,) = [offer for offer in trip.offers if offer.driver_id == driver]
    return pb.AnswerOfferRequest(request_id=request_id(), driver_id=driver, offer_id=offer.offer_id, answer=said)


async def answer(replica: Replica, *requests: pb.AnswerOfferRequest) -> list[pb.TripResult]:
    return list((await replica.trips.BatchAnswerOffers(pb.BatchAnswerOffersRequest(requests=requests))).results)


async def advance(replica: Replica, trip_id: int, driver: int, *states: Any) -> list[pb.TripResult]:
    requests = [
        pb.AdvanceTripRequest(request_id=request_id(), driver_id=driver, trip_id=trip_id, state=state)
        for state in states
    ]
    return list((await replica.trips.BatchAdvanceTrips(pb.BatchAdvanceTripsRequest(requests=requests))).results)


async def cancel(replica: Replica, trip_id: int, who: int, why: str = "") -> pb.TripResult:
    request = pb.CancelTripRequest(request_id=request_id(), person_id=who, trip_id=trip_id, reason=why)
    (result,) = (await replica.trips.BatchCancelTrips(pb.BatchCancelTripsRequest(requests=[request]))).results
    return result


async def persistently(change: Callable[[], Awaitable[Any]]) -> Any:
    """Do as every caller does: what is refused because others were at it is sent again."""
    while True:
        answer = await change()
        result = answer[0] if isinstance(answer, list) else answer
        if reason(result) not in TRANSIENT:
            return result


async def merge(replica: Replica, from_id: int, to_id: int) -> pb.MergePeopleResult:
    request = pb.MergePeopleRequest(request_id=request_id(), from_person_id=from_id, to_person_id=to_id)
    (result,) = (await replica.trips.BatchMergePeople(pb.BatchMergePeopleRequest(requests=[request]))).results
    return result


async def trip_of(replica: Replica, trip_id: int) -> pb.Trip:
    (result,) = (await replica.trips.BatchGetTrips(pb.BatchGetTripsRequest(trip_ids=[trip_id]))).results
    assert not reason(result)
    return result.trip


async def presence_of(replica: Replica, driver: int) -> pb.Presence:
    (result,) = (await replica.trips.BatchGetPresences(pb.BatchGetPresencesRequest(person_ids=[driver]))).results
    assert not reason(result)
    return result.presence


async def open_trip(replica: Replica, who: int) -> pb.TripResult:
    (result,) = (await replica.trips.BatchGetOpenTrips(pb.BatchGetOpenTripsRequest(person_ids=[who]))).results
    return result


async def search(
    replica: Replica, at: tuple[float, float], limit: int = 9, who: int = 0, vehicle: Any = pb.VEHICLE_MOTO
) -> list[pb.NearbyDriver]:
    request = pb.SearchDriversRequest(person_id=who, vehicle=vehicle, pickup=place(at), limit=limit)
    (result,) = (await replica.trips.BatchSearchDrivers(pb.BatchSearchDriversRequest(requests=[request]))).results
    assert not reason(result), result
    return list(result.found.drivers)


async def take(replica: Replica, taker: str = "test", most: int = 0, wait: float = 0) -> list[events_pb2.Event]:
    duration = Duration(seconds=int(wait), nanos=int(wait % 1 * 1e9))
    request = events_pb2.TakeEventsRequest(taker_id=taker, max_events=most, wait=duration)
    return list((await replica.events.TakeEvents(request)).events)


async def acknowledge(replica: Replica, events: list[events_pb2.Event]) -> None:
    ids = [event.event_id for event in events]
    await replica.events.AcknowledgeEvents(events_pb2.AcknowledgeEventsRequest(event_ids=ids))


async def heard(replica: Replica) -> list[tuple[str, int]]:
    """(kind, recipient) of every event so far, taken and acknowledged."""
    told: list[tuple[str, int]] = []
    while events := await take(replica, most=1000):
        told += [
            (events_pb2.EventKind.Name(event.kind).removeprefix("EVENT_KIND_"), event.recipient_id) for event in events
        ]
        await acknowledge(replica, events)
    return told
