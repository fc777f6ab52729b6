"""What the trips service refuses, each item for itself and with its reason."""

from typing import Any

from hailwire.trips.v1 import trips_pb2 as pb
from tests.trips import calls


async def test_nobody_near_is_a_refusal(replica: Any) -> None:
    """Without available drivers no trip is made: nobody there, wrong vehicle, too far, offline, busy, or oneself."""
    far, cab, offline, busy, self = [calls.person() for _ in range(5)]
    north = (calls.KIGALI[0] + 0.1, calls.KIGALI[1])
    await calls.presences(
        replica,
        calls.coming_online(far, north),
        calls.coming_online(cab, vehicle=pb.VEHICLE_CAB),
        calls.coming_online(offline),
        calls.coming_online(busy),
        pb.UpdatePresenceRequest(request_id=calls.request_id(), person_id=offline, online=False),
    )
    trip = await calls.created(replica, calls.person(), [busy])
    await calls.answer(replica, calls.accepting(trip, busy))
    await calls.presences(replica, calls.coming_online(self))
    for asked in ([], [far, cab, offline, busy, self, 2**50]):
        (result,) = await calls.create(replica, calls.new_trip(self, asked))
        assert calls.reason(result) == "NO_DRIVERS_AVAILABLE"


async def test_wrong_requests_are_refused_item_by_item(replica: Any) -> None:
    """Bad places, vehicles and ids fail alone."""
    (driver,) = await calls.drivers(replica, 1)
    good = calls.new_trip(calls.person())
    nowhere, poleless, vehicleless, nobody, nameless = [calls.new_trip(calls.person()) for _ in range(5)]
    nowhere.pickup.latitude = float("nan")
    poleless.ClearField("pickup")
    vehicleless.vehicle = pb.VEHICLE_UNSPECIFIED
    nobody.passenger_id = 0
    nameless.request_id = ""
    results = await calls.create(replica, nowhere, poleless, vehicleless, nobody, nameless, good)
    assert [calls.reason(result) for result in results] == [
        "LOCATION_INVALID",
        "LOCATION_INVALID",
        "VEHICLE_REQUIRED",
        "PERSON_INVALID",
        "REQUEST_ID_INVALID",
        "",
    ]
    (offer,) = results[-1].trip.offers
    said = pb.AnswerOfferRequest(request_id=calls.request_id(), driver_id=driver, offer_id=offer.offer_id)
    foreign = pb.AnswerOfferRequest(
        request_id=calls.request_id(), driver_id=calls.person(), offer_id=offer.offer_id, answer=pb.OFFER_ANSWER_ACCEPT
    )
    answers = await calls.answer(replica, said, foreign)
    assert [calls.reason(result) for result in answers] == ["ANSWER_INVALID", "OFFER_NOT_FOUND"]


async def test_illegal_steps_are_refused_with_the_state(replica: Any) -> None:
    """Steps come in order, by the driver, and not after the end."""
    driver, stranger = await calls.drivers(replica, 2)
    trip = await calls.created(replica, calls.person(), [driver])
    await calls.answer(replica, calls.accepting(trip, driver))
    skipped = await calls.advance(replica, trip.trip_id, driver, pb.TRIP_STATE_COMPLETED, pb.TRIP_STATE_IN_PROGRESS)
    assert [(calls.reason(step), calls.metadata(step)) for step in skipped] == [
        ("TRIP_STEP_ILLEGAL", {"state": "ACCEPTED"})
    ] * 2
    (foreign,) = await calls.advance(replica, trip.trip_id, stranger, pb.TRIP_STATE_ARRIVED)
    (nothing,) = await calls.advance(replica, 2**60, driver, pb.TRIP_STATE_ARRIVED)
    assert [calls.reason(foreign), calls.reason(nothing)] == ["TRIP_NOT_FOUND"] * 2
    assert calls.reason(await calls.cancel(replica, trip.trip_id, stranger)) == "TRIP_NOT_FOUND"
    await calls.cancel(replica, trip.trip_id, driver)
    assert calls.reason(await calls.cancel(replica, trip.trip_id, driver)) == "TRIP_STEP_ILLEGAL"


async def test_more_drivers_than_may_be_named_are_refused(replica: Any) -> None:
    """Fifty different ones may be named, however often; with one more nobody is asked."""
    crowd = await calls.drivers(replica, 51)
    (refused,) = await calls.create(replica, calls.new_trip(calls.person(), crowd))
    assert calls.reason(refused) == "DRIVERS_TOO_MANY"
    assert await calls.heard(replica) == []
    trip = await calls.created(replica, calls.person(), [*crowd[:50], *crowd[:50]])
    assert {offer.driver_id for offer in trip.offers} == set(crowd[:50])
