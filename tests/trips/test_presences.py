"""Drivers on the map, and who is found from where."""

import math
import random
from typing import Any

import asyncpg
import pytest

from hailwire.trips.v1 import trips_pb2 as pb
from services.trips.geo import Location, metres
from services.trips.search import NEAREST_DRIVERS
from tests.trips import calls


def _update(driver: int, **values: Any) -> pb.UpdatePresenceRequest:
    return pb.UpdatePresenceRequest(request_id=calls.request_id(), person_id=driver, **values)


async def test_going_online_needs_a_vehicle_and_a_place(replica: Any) -> None:
    """Given now or known from before; what is left out keeps its value."""
    driver, here = calls.person(), calls.place(calls.KIGALI)
    results = await calls.presences(
        replica,
        _update(driver, online=True),
        _update(driver, online=True, vehicle=pb.VEHICLE_MOTO),
        _update(driver, vehicle=pb.VEHICLE_CAB, location=here),
        _update(driver, online=True),
        _update(driver, online=False),
        _update(driver, online=True, vehicle=pb.VEHICLE_UNSPECIFIED),
        _update(driver, location=pb.Location(latitude=91, longitude=0)),
        _update(0, online=False),
    )
    assert [calls.reason(result) for result in results] == [
        "VEHICLE_REQUIRED",
        "LOCATION_REQUIRED",
        "",
        "",
        "",
        "VEHICLE_REQUIRED",
        "LOCATION_INVALID",
        "PERSON_INVALID",
    ]
    presence = await calls.presence_of(replica, driver)
    assert (presence.online, presence.vehicle, presence.location) == (False, pb.VEHICLE_CAB, here)


async def test_unknown_drivers_have_no_presence(replica: Any) -> None:
    """Whoever never drove is told apart from whoever is offline."""
    request = pb.BatchGetPresencesRequest(person_ids=[2**40])
    (result,) = (await replica.trips.BatchGetPresences(request)).results
    assert calls.reason(result) == "PRESENCE_NOT_FOUND"


async def test_one_batch_of_a_thousand_moves(replica: Any) -> None:
    """The largest batch, one driver twice: the later update counts."""
    crowd = [calls.person() for _ in range(999)]
    moved = (calls.KIGALI[0] + 0.01, calls.KIGALI[1])
    results = await calls.presences(
        replica, *(calls.coming_online(driver) for driver in crowd), calls.coming_online(crowd[0], moved)
    )
    assert len(results) == 1000
    assert (await calls.presence_of(replica, crowd[0])).location == calls.place(moved)


async def test_the_asker_is_never_found(replica: Any) -> None:
    """Nobody is offered their own ride, nor a driver who waits for a ride."""
    one, two = await calls.drivers(replica, 2)
    assert [found.person_id for found in await calls.search(replica, calls.KIGALI, who=one)] == [two]
    await calls.created(replica, two, [one])
    assert [found.person_id for found in await calls.search(replica, calls.KIGALI)] == [one]


@pytest.mark.parametrize("wrong", [{"pickup": pb.Location(latitude=-90.1)}, {"vehicle": 0}, {}])
async def test_a_wrong_search_is_refused(replica: Any, wrong: dict[str, Any]) -> None:
    """A search without a place or a vehicle fails alone."""
    values = {"vehicle": pb.VEHICLE_MOTO, "pickup": calls.place(calls.KIGALI), **wrong}
    if not wrong:
        del values["pickup"]
    good = pb.SearchDriversRequest(vehicle=pb.VEHICLE_MOTO, pickup=calls.place(calls.KIGALI))
    request = pb.BatchSearchDriversRequest(requests=[pb.SearchDriversRequest(**values), good])
    bad, fine = (await replica.trips.BatchSearchDrivers(request)).results
    assert calls.reason(bad) == ("VEHICLE_REQUIRED" if "vehicle" in wrong else "LOCATION_INVALID")
    assert calls.reason(fine) == ""


@pytest.mark.parametrize(
    "centre",
    [
        pytest.param((0.0, 10.0), id="equator"),
        pytest.param((-1.94, 30.06), id="kigali"),
        pytest.param((60.17, 24.94), id="helsinki"),
        pytest.param((78.2, 15.6), id="svalbard"),
        pytest.param((-16.8, 179.995), id="fiji"),
        pytest.param((52.0, -179.98), id="aleutians"),
        pytest.param((89.95, 0.0), id="pole"),
    ],
)
async def test_the_nearest_are_found_in_metres(replica: Any, centre: tuple[float, float]) -> None:
    """The same drivers in the same order as by measuring every one of them, wherever on the globe."""
    dice = random.Random(7)
    spread = 0.15
    squeeze = max(0.01, math.cos(math.radians(centre[0])))
    crowd = {}
    for _ in range(400):
        latitude = min(90.0, centre[0] + dice.uniform(-spread, spread))
        longitude = (centre[1] + dice.uniform(-spread, spread) / squeeze + 180) % 360 - 180
        crowd[calls.person()] = (latitude, longitude)
    await calls.presences(replica, *(calls.coming_online(driver, at) for driver, at in crowd.items()))
    pickup = Location(*centre)
    measured = sorted((metres(pickup, Location(*at)), driver) for driver, at in crowd.items())
    inside = [(distance, driver) for distance, driver in measured if distance <= 10_000]
    assert 9 < len(inside) < 390
    found = await calls.search(replica, centre, limit=9)
    assert [driver.person_id for driver in found] == [driver for _, driver in inside[:9]]
    assert [driver.distance_meters for driver in found] == pytest.approx([distance for distance, _ in inside[:9]])
    assert len(await calls.search(replica, centre, limit=50)) == min(50, len(inside))


async def test_a_crowd_that_looks_nearer_hides_nobody(replica: Any) -> None:
    """On the map of the north whoever is to the south looks nearer: a dozen of them hide nobody who is nearer."""
    pickup = Location(60.17, 24.94)
    degree = metres(Location(60, 0), Location(61, 0))
    crowd = {calls.person(): (pickup.latitude - (9_000 + number) / degree, pickup.longitude) for number in range(30)}
    nearest = calls.person()
    at = (pickup.latitude + 8_995 / degree, pickup.longitude)
    await calls.presences(replica, *(calls.coming_online(driver, where) for driver, where in crowd.items()))
    await calls.presences(replica, calls.coming_online(nearest, at))
    found = await calls.search(replica, (pickup.latitude, pickup.longitude), limit=9)
    assert [driver.person_id for driver in found] == [nearest, *crowd][:9]


async def test_the_radius_is_a_setting(open_trips: Any) -> None:
    """Who is just inside is found, who is just outside is not."""
    async with open_trips(SEARCH_RADIUS_METERS="1000") as replica:
        degree = metres(Location(0, 0), Location(1, 0))
        near, far = calls.person(), calls.person()
        await calls.presences(
            replica,
            calls.coming_online(near, (10 + 999 / degree, 20)),
            calls.coming_online(far, (10 + 1001 / degree, 20)),
        )
        assert [found.person_id for found in await calls.search(replica, (10, 20))] == [near]


async def test_a_search_uses_the_index_of_available_drivers(replica: Any, fresh_database_url: str) -> None:
    """The plan reads the index of available drivers by place, and can walk it in the order of distance."""
    connection = await asyncpg.connect(fresh_database_url)
    await connection.execute(
        """
        INSERT INTO trips.presence (person_id, online, vehicle, latitude, longitude, located_at)
        SELECT n, true, 1 + n % 5, -2 + random(), 30 + random(), chassis.now() FROM generate_series(1, 20000) n
        """
    )
    await connection.execute("ANALYZE trips.presence")
    place = "0, 30.5, -1.5, 30.4, -1.6, 30.6, -1.4, 26"
    numbers = [f"ARRAY[{number}]" for number in place.split(", ")]
    types = ["float8[]"] * 6 + ["int[]"]
    query = NEAREST_DRIVERS.sql
    values = ["ARRAY[0]::int[]", "ARRAY[0]::bigint[]", "ARRAY[1]::smallint[]"]
    values += [f"{number}::{kind}" for number, kind in zip(numbers[1:], types, strict=True)]
    values += ["interval '30 minutes'", "'Africa/Kigali'::text"]
    for number in range(len(values), 0, -1):
        query = query.replace(f"${number}", values[number - 1])
    plan = "\n".join(row[0] for row in await connection.fetch("EXPLAIN " + query))
    await connection.execute("SET enable_bitmapscan = off")  # which pays while a handful of drivers is expected
    ordered = "\n".join(row[0] for row in await connection.fetch("EXPLAIN " + query))
    await connection.close()
    assert "presence_available" in plan
    assert "Seq Scan on presence" not in plan
    assert "Order By: (place <-> " in ordered
    assert "Sort" not in ordered


async def test_the_smallest_numbers_are_a_place_too(replica: Any) -> None:
    """Next to nothing from the equator or from Greenwich, where PostgreSQL's arithmetic underflows, is on them."""
    for at in [(5e-324, 30.0), (-1e-310, -5e-324)]:
        (driver,) = await calls.drivers(replica, 1, at)
        (found, *_) = await calls.search(replica, at)
        assert (found.person_id, found.distance_meters) == (driver, 0.0)


async def test_each_vehicle_is_searched_for_by_itself(replica: Any) -> None:
    """Moto, cab, lifan, truck and other: a search, and a request to all, reach drivers of that vehicle alone."""
    vehicles = [vehicle for vehicle in pb.Vehicle.values() if vehicle != pb.VEHICLE_UNSPECIFIED]
    assert len(vehicles) == 5
    crowd = {vehicle: calls.person() for vehicle in vehicles}
    results = await calls.presences(
        replica, *(calls.coming_online(driver, vehicle=vehicle) for vehicle, driver in crowd.items())
    )
    assert not [result for result in results if calls.reason(result)]
    for vehicle, driver in crowd.items():
        found = await calls.search(replica, calls.KIGALI, vehicle=vehicle)
        assert [one.person_id for one in found] == [driver]
        wanted = calls.new_trip(calls.person())
        wanted.vehicle = vehicle
        (made,) = await calls.create(replica, wanted)
        assert [offer.driver_id for offer in made.trip.offers] == [driver]
