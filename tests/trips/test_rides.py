"""Rides through the trips service's own door: who is asked, who wins, who hears of it."""

import asyncio
import itertools
from collections import Counter
from functools import partial
from typing import Any

from hailwire.trips.v1 import trips_pb2 as pb
from tests.trips import calls


async def test_a_ride_from_request_to_completed(replica: Any) -> None:
    """The nearest driver is asked, accepts, arrives, starts and completes, and the other side hears of each step."""
    (driver,) = await calls.drivers(replica, 1)
    passenger = calls.person()
    trip = await calls.created(replica, passenger)
    assert (trip.state, [offer.driver_id for offer in trip.offers]) == (pb.TRIP_STATE_OFFERED, [driver])
    (accepted,) = await calls.answer(replica, calls.accepting(trip, driver))
    assert (accepted.trip.state, accepted.trip.driver_id) == (pb.TRIP_STATE_ACCEPTED, driver)
    assert (await calls.presence_of(replica, driver)).trip_id == trip.trip_id
    assert (await calls.open_trip(replica, driver)).trip == (await calls.open_trip(replica, passenger)).trip
    steps = [pb.TRIP_STATE_ARRIVED, pb.TRIP_STATE_IN_PROGRESS, pb.TRIP_STATE_COMPLETED]
    results = await calls.advance(replica, trip.trip_id, driver, *steps)
    assert [result.trip.state for result in results] == steps
    assert (await calls.presence_of(replica, driver)).trip_id == 0
    assert calls.reason(await calls.open_trip(replica, passenger)) == "TRIP_NOT_FOUND"
    assert await calls.heard(replica) == [
        ("OFFER_MADE", driver),
        ("TRIP_ACCEPTED", passenger),
        ("DRIVER_ARRIVED", passenger),
        ("TRIP_STARTED", passenger),
        ("TRIP_COMPLETED", passenger),
    ]


async def test_fifty_drivers_accept_at_once_over_two_replicas(open_trips: Any) -> None:
    """One wins, forty-nine are told that it is taken, each of them also by an event, the passenger once."""
    async with open_trips() as left, open_trips() as right:
        for batched in (False, True):
            crowd = await calls.drivers(left, 50)
            passenger = calls.person()
            trip = await calls.created(left, passenger, crowd)
            assert len(trip.offers) == 50
            await calls.heard(left)
            requests = [calls.accepting(trip, driver) for driver in crowd]
            batches = [requests[:25], requests[25:]] if batched else [[request] for request in requests]
            answers = await asyncio.gather(
                *(
                    calls.answer(replica, *batch)
                    for replica, batch in zip(itertools.cycle((left, right)), batches, strict=False)
                )
            )
            results = [result for batch in answers for result in batch]
            # A lock that a slow machine let time out: whoever got that asks again, as the gateway does.
            for number, request in enumerate(requests):
                while calls.reason(results[number]) in calls.TRANSIENT:
                    (results[number],) = await calls.answer(left, request)
            assert Counter(map(calls.reason, results)) == {"": 1, "TRIP_TAKEN": 49}
            winner = (await calls.trip_of(left, trip.trip_id)).driver_id
            told = await calls.heard(left)
            assert Counter(told) == Counter(
                [("TRIP_ACCEPTED", passenger), *(("OFFER_CLOSED", driver) for driver in crowd if driver != winner)]
            )
            again = await calls.answer(right, *requests)
            before = {result.SerializeToString() for result in results}
            assert {result.SerializeToString() for result in again} == before
            assert await calls.heard(right) == []
            for driver in crowd:
                await calls.presences(
                    left, pb.UpdatePresenceRequest(request_id=calls.request_id(), person_id=driver, online=False)
                )


async def test_within_a_batch_the_earlier_accept_wins(replica: Any) -> None:
    """Two accepts in one call: the first one's."""
    first, second = await calls.drivers(replica, 2)
    trip = await calls.created(replica, calls.person())
    results = await calls.answer(replica, calls.accepting(trip, second), calls.accepting(trip, first))
    assert [calls.reason(result) for result in results] == ["", "TRIP_TAKEN"]


async def test_a_driver_accepts_one_of_two_trips(replica: Any) -> None:
    """Whoever accepts is withdrawn from other trips, whose passengers hear when nobody else is asked."""
    (driver,) = await calls.drivers(replica, 1)
    one, two = calls.person(), calls.person()
    wanted, other = await calls.created(replica, one), await calls.created(replica, two)
    await calls.heard(replica)
    results = await calls.answer(replica, calls.accepting(wanted, driver), calls.accepting(other, driver))
    assert [calls.reason(result) for result in results] == ["", "DRIVER_BUSY"]
    assert calls.metadata(results[1]) == {"trip_id": str(wanted.trip_id)}
    left = await calls.trip_of(replica, other.trip_id)
    assert (left.state, left.offers[0].state) == (pb.TRIP_STATE_REQUESTED, pb.OFFER_STATE_WITHDRAWN)
    assert await calls.heard(replica) == [("TRIP_ACCEPTED", one), ("OFFERS_EXHAUSTED", two)]


async def test_a_driver_cannot_win_two_trips_at_once(open_trips: Any) -> None:
    """Two accepts of one driver at two replicas at the same instant: one trip."""
    async with open_trips() as left, open_trips() as right:
        for _ in range(10):
            (driver,) = await calls.drivers(left, 1)
            trips = [await calls.created(left, calls.person(), [driver]) for _ in range(2)]
            answers = await asyncio.gather(
                calls.persistently(partial(calls.answer, left, calls.accepting(trips[0], driver))),
                calls.persistently(partial(calls.answer, right, calls.accepting(trips[1], driver))),
            )
            reasons = sorted(map(calls.reason, answers))
            assert reasons == ["", "DRIVER_BUSY"]


async def test_a_passenger_has_one_open_trip(open_trips: Any) -> None:
    """A second request is refused with the first one's id, also when both come at once at two replicas."""
    async with open_trips() as left, open_trips() as right:
        await calls.drivers(left, 3)
        for _ in range(5):
            passenger = calls.person()
            results = await asyncio.gather(
                *(
                    calls.persistently(partial(calls.create, replica, calls.new_trip(passenger)))
                    for replica in (left, right, left, right)
                )
            )
            assert Counter(map(calls.reason, results)) == {"": 1, "TRIP_ALREADY_OPEN": 3}
            (trip,) = [result.trip for result in results if not calls.reason(result)]
            assert {calls.metadata(result)["trip_id"] for result in results if calls.reason(result)} == {
                str(trip.trip_id)
            }


async def test_every_repeat_of_every_change_answers_word_for_word(open_trips: Any) -> None:
    """Whatever happened since, at whichever replica, refusals included, the bytes are those of the first time."""
    async with open_trips() as left, open_trips() as right:
        driver, loser = await calls.drivers(left, 2)
        passenger = calls.person()
        online = pb.BatchUpdatePresencesRequest(
            requests=[calls.coming_online(driver), calls.coming_online(loser, (99, 0))]
        )
        trips = pb.BatchCreateTripsRequest(requests=[calls.new_trip(passenger), calls.new_trip(passenger)])
        first_presences = await left.trips.BatchUpdatePresences(online)
        first_trips = await left.trips.BatchCreateTrips(trips)
        trip = first_trips.results[0].trip
        answers = pb.BatchAnswerOffersRequest(requests=[calls.accepting(trip, driver), calls.accepting(trip, loser)])
        first_answers = await left.trips.BatchAnswerOffers(answers)
        steps = pb.BatchAdvanceTripsRequest(
            requests=[
                pb.AdvanceTripRequest(
                    request_id=calls.request_id(), driver_id=driver, trip_id=trip.trip_id, state=pb.TRIP_STATE_ARRIVED
                )
                for _ in range(2)
            ]
        )
        first_steps = await left.trips.BatchAdvanceTrips(steps)
        ends = pb.BatchCancelTripsRequest(
            requests=[
                pb.CancelTripRequest(request_id=calls.request_id(), person_id=passenger, trip_id=trip.trip_id)
                for _ in range(2)
            ]
        )
        first_ends = await left.trips.BatchCancelTrips(ends)
        merges = pb.BatchMergePeopleRequest(
            requests=[
                pb.MergePeopleRequest(
                    request_id=calls.request_id(), from_person_id=calls.person(), to_person_id=passenger
                ),
                pb.MergePeopleRequest(request_id=calls.request_id(), to_person_id=passenger),
            ]
        )
        first_merges = await left.trips.BatchMergePeople(merges)
        told = await calls.heard(left)
        for replica in (left, right):
            assert await replica.trips.BatchUpdatePresences(online) == first_presences
            assert await replica.trips.BatchCreateTrips(trips) == first_trips
            assert await replica.trips.BatchAnswerOffers(answers) == first_answers
            assert await replica.trips.BatchAdvanceTrips(steps) == first_steps
            assert await replica.trips.BatchCancelTrips(ends) == first_ends
            assert await replica.trips.BatchMergePeople(merges) == first_merges
        assert told
        assert await calls.heard(right) == []
        reused = pb.BatchCreateTripsRequest(requests=[trips.requests[0]])
        reused.requests[0].vehicle = pb.VEHICLE_CAB
        (result,) = (await right.trips.BatchCreateTrips(reused)).results
        assert calls.reason(result) == "REQUEST_ID_REUSED"


async def test_concurrent_first_uses_of_one_request_id_have_one_effect(open_trips: Any) -> None:
    """The same change sent ten times at once to two replicas happens once and answers alike."""
    async with open_trips() as left, open_trips() as right:
        (driver,) = await calls.drivers(left, 1)
        wanted = calls.new_trip(calls.person())
        ten = [left, right] * 5
        created = await asyncio.gather(*(calls.persistently(partial(calls.create, one, wanted)) for one in ten))
        assert len({result.SerializeToString(deterministic=True) for result in created}) == 1
        assert await calls.heard(left) == [("OFFER_MADE", driver)]
        yes = calls.accepting(created[0].trip, driver)
        answers = await asyncio.gather(*(calls.persistently(partial(calls.answer, one, yes)) for one in ten))
        assert len({result.SerializeToString(deterministic=True) for result in answers}) == 1
        assert len(await calls.heard(left)) == 1


async def test_trips_are_listed_newest_first(replica: Any) -> None:
    """Pages hold a person's trips in either role without gap or overlap."""
    (driver,) = await calls.drivers(replica, 1)
    passenger = calls.person()
    made = []
    for _ in range(5):
        trip = await calls.created(replica, passenger)
        await calls.answer(replica, calls.accepting(trip, driver))
        await calls.cancel(replica, trip.trip_id, passenger)
        made.append(trip.trip_id)
    for who in (passenger, driver):
        listed: list[int] = []
        token = ""
        while True:
            page = await replica.trips.ListTrips(pb.ListTripsRequest(person_id=who, page_size=2, page_token=token))
            listed += [trip.trip_id for trip in page.trips]
            token = page.next_page_token
            if not token:
                break
        assert listed == made[::-1]
