"""Two people who are one: what was each one's is the survivor's, and nothing contradicts itself."""

import asyncio
from functools import partial
from typing import Any

import asyncpg

from hailwire.trips.v1 import trips_pb2 as pb
from tests.trips import calls


async def test_a_driver_keeps_presence_trip_and_offers(replica: Any) -> None:
    """Everything under the old id goes on under the new one, and nothing is left behind."""
    (old,) = await calls.drivers(replica, 1)
    passenger, other, new = calls.person(), calls.person(), calls.person()
    trip, asked = await calls.created(replica, passenger), await calls.created(replica, other)
    await calls.answer(replica, calls.declining(asked, old))
    await calls.answer(replica, calls.accepting(trip, old))
    assert calls.reason(await calls.merge(replica, old, new)) == ""
    assert (await calls.presence_of(replica, new)).trip_id == trip.trip_id
    assert (await calls.presence_of(replica, old)) == (await calls.presence_of(replica, new))
    moved = await calls.trip_of(replica, trip.trip_id)
    assert (moved.driver_id, [offer.driver_id for offer in moved.offers]) == (new, [new])
    (step,) = await calls.advance(replica, trip.trip_id, new, pb.TRIP_STATE_ARRIVED)
    assert calls.reason(step) == ""
    assert {recipient for _, recipient in await calls.heard(replica)} == {new, passenger, other}


async def test_a_passenger_keeps_the_open_trip(replica: Any) -> None:
    """The trip follows the person, who may still not have a second one."""
    (driver,) = await calls.drivers(replica, 1)
    old, new = calls.person(), calls.person()
    trip = await calls.created(replica, old)
    await calls.merge(replica, old, new)
    assert (await calls.open_trip(replica, new)).trip.trip_id == trip.trip_id
    (second,) = await calls.create(replica, calls.new_trip(new))
    assert calls.reason(second) == "TRIP_ALREADY_OPEN"
    (accepted,) = await calls.answer(replica, calls.accepting(trip, driver))
    assert accepted.trip.passenger_id == new
    assert ("TRIP_ACCEPTED", new) in await calls.heard(replica)


async def test_of_two_open_trips_the_older_is_given_up(replica: Any) -> None:
    """A person has one open trip: the newer one stays, the older one's driver is told and free."""
    first, second = await calls.drivers(replica, 2)
    old, new = calls.person(), calls.person()
    older = await calls.created(replica, new, [first])
    await calls.answer(replica, calls.accepting(older, first))
    newer = await calls.created(replica, old, [second])
    await calls.answer(replica, calls.accepting(newer, second))
    await calls.heard(replica)
    await calls.merge(replica, old, new)
    given_up = await calls.trip_of(replica, older.trip_id)
    assert (given_up.state, given_up.cancel_reason) == (pb.TRIP_STATE_CANCELLED, "merged")
    assert given_up.cancelled_by == new
    assert (await calls.open_trip(replica, new)).trip.trip_id == newer.trip_id
    assert await calls.heard(replica) == [("TRIP_CANCELLED", first)]
    assert (await calls.presence_of(replica, first)).trip_id == 0


async def test_two_drivers_who_are_one_keep_the_newer_trip(replica: Any) -> None:
    """Of two trips under way the older one's passenger is told, and the presence names the newer."""
    old, new = await calls.drivers(replica, 2)
    passengers = [calls.person(), calls.person()]
    older = await calls.created(replica, passengers[0], [old])
    newer = await calls.created(replica, passengers[1], [new])
    await calls.answer(replica, calls.accepting(older, old), calls.accepting(newer, new))
    await calls.heard(replica)
    await calls.merge(replica, old, new)
    assert (await calls.presence_of(replica, new)).trip_id == newer.trip_id
    assert await calls.heard(replica) == [("TRIP_CANCELLED", passengers[0])]
    assert (await calls.trip_of(replica, older.trip_id)).driver_id == new


async def test_nobody_drives_themselves(replica: Any) -> None:
    """A trip between two people who are one is given up, an offer to oneself is withdrawn."""
    one, two = await calls.drivers(replica, 2)
    riding = await calls.created(replica, calls.person(), [one])
    await calls.answer(replica, calls.accepting(riding, one))
    passenger = riding.passenger_id
    await calls.merge(replica, passenger, one)
    assert (await calls.trip_of(replica, riding.trip_id)).state == pb.TRIP_STATE_CANCELLED
    assert (await calls.presence_of(replica, one)).trip_id == 0
    waiting = calls.person()
    asked = await calls.created(replica, waiting, [two])
    await calls.merge(replica, two, waiting)
    left = await calls.trip_of(replica, asked.trip_id)
    assert (left.state, left.offers[0].state) == (pb.TRIP_STATE_REQUESTED, pb.OFFER_STATE_WITHDRAWN)


async def test_merges_repeat_chain_and_cross_without_harm(open_trips: Any) -> None:
    """Chains in one batch, opposite directions at two replicas, oneself, nobody: everyone is answered."""
    async with open_trips() as left, open_trips() as right:
        crowd = await calls.drivers(left, 4)
        trip = await calls.created(left, calls.person(), [crowd[0]])
        chain = pb.BatchMergePeopleRequest(
            requests=[
                pb.MergePeopleRequest(request_id=calls.request_id(), from_person_id=one, to_person_id=two)
                for one, two in [(crowd[0], crowd[1]), (crowd[1], crowd[2]), (crowd[3], crowd[3]), (0, crowd[3])]
            ]
        )
        results = (await left.trips.BatchMergePeople(chain)).results
        assert [calls.reason(result) for result in results] == ["", "", "", "PERSON_INVALID"]
        assert [offer.driver_id for offer in (await calls.trip_of(left, trip.trip_id)).offers] == [crowd[2]]
        await asyncio.gather(
            *(calls.persistently(partial(calls.merge, left, crowd[2], crowd[3])) for _ in range(3)),
            *(calls.persistently(partial(calls.merge, right, crowd[3], crowd[2])) for _ in range(3)),
        )
        found = await left.trips.BatchGetPresences(pb.BatchGetPresencesRequest(person_ids=crowd))
        assert len({result.presence.person_id for result in found.results}) == 1


async def test_the_loser_of_pending_events_is_the_survivor(replica: Any) -> None:
    """Events that nobody has taken yet reach the survivor, under the same ids."""
    (old,) = await calls.drivers(replica, 1)
    new = calls.person()
    await calls.created(replica, calls.person())
    await calls.merge(replica, old, new)
    (event,) = await calls.take(replica)
    assert event.recipient_id == new


async def test_a_trip_made_while_a_merge_waits_is_merged_too(replica: Any, fresh_database_url: str) -> None:
    """The merge looks again once it holds both people: an offer to oneself does not survive it."""
    (driver,) = await calls.drivers(replica, 1)
    passenger = calls.person()
    connection = await asyncpg.connect(fresh_database_url)
    await connection.execute("INSERT INTO trips.participant VALUES ($1)", passenger)
    async with connection.transaction():
        await connection.execute("SELECT FROM trips.participant WHERE person_id = $1 FOR UPDATE", passenger)
        merging = asyncio.create_task(calls.persistently(partial(calls.merge, replica, driver, passenger)))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        async with asyncio.timeout(30):
            while not await connection.fetchval(waits):
                await asyncio.sleep(0.01)
        await connection.execute(
            """
            INSERT INTO trips.trip (trip_id, state, passenger_id, vehicle, latitude, longitude, created_at, updated_at,
                                    expires_at)
            VALUES (900, 2, $1, 1, -1.9, 30, now(), now(), now() + interval '10 minutes')
            """,
            passenger,
        )
        await connection.execute(
            "INSERT INTO trips.offer VALUES (901, 900, $1, 1, 5, now() + interval '2 minutes')", driver
        )
    await connection.close()
    assert calls.reason(await merging) == ""
    trip = await calls.trip_of(replica, 900)
    assert (trip.state, trip.offers[0].state) == (pb.TRIP_STATE_REQUESTED, pb.OFFER_STATE_WITHDRAWN)


async def test_trips_that_are_over_follow_the_person(replica: Any, fresh_database_url: str) -> None:
    """In either role, and who cancelled them."""
    old, new = calls.person(), calls.person()
    connection = await asyncpg.connect(fresh_database_url)
    await connection.execute(
        f"""
        INSERT INTO trips.trip (trip_id, state, passenger_id, driver_id, vehicle, latitude, longitude, created_at,
                                updated_at, expires_at, cancelled_by)
        SELECT 1000 + n, 7, CASE WHEN n = 1 THEN 77 ELSE {old} END, CASE WHEN n = 1 THEN {old} ELSE 77 END, 1, -1.9, 30,
               now(), now(), now(), CASE WHEN n < 3 THEN {old} ELSE 77 END
        FROM generate_series(1, 3) n
        """
    )
    await connection.close()
    assert calls.reason(await calls.merge(replica, old, new)) == ""
    trips = [await calls.trip_of(replica, trip_id) for trip_id in (1001, 1002, 1003)]
    assert [(trip.passenger_id, trip.driver_id, trip.cancelled_by) for trip in trips] == [
        (77, new, new),
        (new, 77, new),
        (new, 77, 77),
    ]


async def test_a_change_repeated_as_the_survivor_gets_its_first_outcome(replica: Any) -> None:
    """Who repeats a request after a merge acts under the new id and is told what the first request was told."""
    (driver,) = await calls.drivers(replica, 1)
    old, new = calls.person(), calls.person()
    wish = calls.new_trip(old)
    (first,) = await calls.create(replica, wish)
    accepting = calls.accepting(first.trip, driver)
    (accepted,) = await calls.answer(replica, accepting)
    renamed = calls.person()
    await calls.merge(replica, old, new)
    await calls.merge(replica, driver, renamed)
    wish.passenger_id, accepting.driver_id = new, renamed
    (again,) = await calls.create(replica, wish)
    (accepted_again,) = await calls.answer(replica, accepting)
    assert again.SerializeToString(deterministic=True) == first.SerializeToString(deterministic=True)
    assert accepted_again.SerializeToString(deterministic=True) == accepted.SerializeToString(deterministic=True)
    wish.vehicle = pb.VEHICLE_CAB
    assert [calls.reason(result) for result in await calls.create(replica, wish)] == ["REQUEST_ID_REUSED"]


async def test_what_comes_under_the_old_id_is_the_survivors(replica: Any) -> None:
    """A passenger who was merged, twice over, rides, cancels and is found under every id they ever had."""
    driver, old_driver = await calls.drivers(replica, 2)
    oldest, old, new = calls.person(), calls.person(), calls.person()
    await calls.merge(replica, oldest, old)
    await calls.merge(replica, old, new)
    trip = await calls.created(replica, oldest, [driver, old_driver])
    assert trip.passenger_id == new
    assert {(await calls.open_trip(replica, who)).trip.trip_id for who in (oldest, old, new)} == {trip.trip_id}
    (second,) = await calls.create(replica, calls.new_trip(new))
    assert calls.reason(second) == "TRIP_ALREADY_OPEN"
    for who in (oldest, new):
        listed = await replica.trips.ListTrips(pb.ListTripsRequest(person_id=who))
        assert [each.trip_id for each in listed.trips] == [trip.trip_id]
    given_up = await calls.cancel(replica, trip.trip_id, old)
    assert given_up.trip.cancelled_by == new
    assert {recipient for _, recipient in await calls.heard(replica)} == {driver, old_driver}
    both = pb.BatchGetOpenTripsRequest(person_ids=[oldest, old, oldest])
    assert {calls.reason(each) for each in (await replica.trips.BatchGetOpenTrips(both)).results} == {"TRIP_NOT_FOUND"}


async def test_a_driver_goes_on_under_the_old_id(replica: Any) -> None:
    """Presence, search, being asked by name, answers and steps of a merged driver are the survivor's."""
    (old,) = await calls.drivers(replica, 1)
    new, passenger = calls.person(), calls.person()
    await calls.merge(replica, old, new)
    (moved,) = await calls.presences(replica, calls.coming_online(old, (-1.95, 30.06)))
    assert moved.presence.person_id == new
    assert [found.person_id for found in await calls.search(replica, calls.KIGALI)] == [new]
    assert await calls.search(replica, calls.KIGALI, who=old) == []
    trip = await calls.created(replica, passenger, [old, new])
    assert [offer.driver_id for offer in trip.offers] == [new]
    accepting = calls.accepting(trip, new)
    accepting.driver_id = old
    (accepted,) = await calls.answer(replica, accepting)
    assert (calls.reason(accepted), accepted.trip.driver_id) == ("", new)
    (arrived,) = await calls.advance(replica, trip.trip_id, old, pb.TRIP_STATE_ARRIVED)
    assert (calls.reason(arrived), arrived.trip.driver_id) == ("", new)
    assert (await calls.presence_of(replica, old)).trip_id == trip.trip_id


async def test_merges_under_old_ids_reach_the_survivors(replica: Any) -> None:
    """Who is merged into somebody merged becomes the last survivor, and merging back changes nothing."""
    (driver,) = await calls.drivers(replica, 1)
    old, new = calls.person(), calls.person()
    await calls.merge(replica, old, new)
    assert calls.reason(await calls.merge(replica, driver, old)) == ""
    assert calls.reason(await calls.merge(replica, new, driver)) == ""
    found = [await calls.presence_of(replica, who) for who in (driver, old, new)]
    assert {presence.person_id for presence in found} == {new}


async def test_trips_made_under_both_ids_during_merges_leave_one(open_trips: Any, fresh_database_url: str) -> None:
    """Whatever the order in which a merge and requests of both people come, nothing stays under the old id."""
    async with open_trips() as left, open_trips() as right:
        crowd = await calls.drivers(left, 3)
        pairs = [(calls.person(), calls.person()) for _ in range(15)]
        results = await asyncio.gather(
            *(calls.persistently(partial(calls.create, left, calls.new_trip(old, crowd))) for old, _ in pairs),
            *(calls.persistently(partial(calls.merge, right, old, new)) for old, new in pairs),
            *(calls.persistently(partial(calls.create, right, calls.new_trip(new, crowd))) for _, new in pairs),
            *(
                calls.persistently(partial(calls.presences, left, calls.coming_online(old, (0, 30))))
                for old, _ in pairs
            ),
        )
        assert {calls.reason(result) for result in results[15:30]} == {""}
        for old, new in pairs:
            trip = (await calls.open_trip(left, new)).trip
            assert trip.passenger_id == new
            assert (await calls.open_trip(right, old)).trip == trip
            assert (await calls.presence_of(left, old)).person_id == new
    connection = await asyncpg.connect(fresh_database_url)
    orphans = await connection.fetchval(
        """
        SELECT (SELECT count(*) FROM trips.trip WHERE passenger_id = ANY($1::bigint[]))
             + (SELECT count(*) FROM trips.presence WHERE person_id = ANY($1::bigint[]))
        """,
        [old for old, _ in pairs],
    )
    await connection.close()
    assert orphans == 0


async def test_a_request_that_waits_for_a_merge_is_the_survivors(replica: Any, fresh_database_url: str) -> None:
    """Who asked before the merge and is served after it looks again under the lock."""
    await calls.drivers(replica, 1)
    old, new = calls.person(), calls.person()
    connection = await asyncpg.connect(fresh_database_url)
    await connection.execute("INSERT INTO trips.participant VALUES ($1), ($2)", old, new)
    async with connection.transaction():
        await connection.execute("SELECT FROM trips.participant WHERE person_id = $1 FOR UPDATE", old)
        creating = asyncio.create_task(calls.persistently(partial(calls.create, replica, calls.new_trip(old))))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        async with asyncio.timeout(30):
            while not await connection.fetchval(waits):
                await asyncio.sleep(0.01)
        await connection.execute("INSERT INTO trips.merged VALUES ($1, $2)", old, new)
    await connection.close()
    assert (await creating).trip.passenger_id == new
