"""What rides cost: the sum itself, whatever the numbers are, and what both sides of a trip are told."""

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import SettingsError, load
from hailwire.trips.v1 import events_pb2, fares_pb2, fares_pb2_grpc
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips.by_vehicle import ByVehicle
from services.trips.fares import Rates, Step
from services.trips.presence import Vehicle
from services.trips.settings import TripsSettings
from tests.trips import calls

NORTH = (-1.9, 30.0)
SOUTH = (-1.99, 30.0)  # 10.0 km away, 13.0 km on the road, 26 minutes by moto
NUMBERS = st.fixed_dictionaries({vehicle: st.decimals(0, 99_999, places=2) for vehicle in Vehicle}).map(ByVehicle)
RATES = st.builds(
    Rates,
    step=st.decimals(Decimal("0.01"), 1000, places=2),
    base=NUMBERS,
    per_kilometer=NUMBERS,
    per_minute=NUMBERS,
    minimum=NUMBERS,
)
VEHICLES = st.sampled_from(Vehicle)
METERS = st.integers(0, 20_000_000)
SECONDS = st.integers(0, 10_000_000)


def seconds(number: int) -> datetime.timedelta:
    return datetime.timedelta(seconds=number)


def test_a_fare_that_anybody_can_check() -> None:
    """300 to begin with, 5 km at 120 and 10 minutes at 10 make 1000; a metre more costs the next hundred."""
    rates = Rates()
    assert rates.fare(Vehicle.MOTO, 5000, seconds(600)).text == "1000"
    assert rates.fare(Vehicle.MOTO, 5001, seconds(600)).text == "1100"
    assert rates.fare(Vehicle.MOTO, 0, seconds(0)).text == "500"


def test_thirds_add_up_to_wholes() -> None:
    """Twenty seconds at 0.10 a minute, three times over, are a tenth and not a rounding error more."""
    third = ByVehicle.from_text("moto=0.1 cab=0.1 lifan=0.1 truck=0.1 other=0.1")
    nothing = ByVehicle.from_text("moto=0 cab=0 lifan=0 truck=0 other=0")
    rates = Rates(
        currency="EUR", step=Step("0.10"), base=nothing, per_kilometer=nothing, per_minute=third, minimum=nothing
    )
    assert rates.fare(Vehicle.CAB, 0, seconds(60)).text == "0.10"
    assert rates.fare(Vehicle.CAB, 0, seconds(61)).text == "0.20"


@given(rates=RATES, vehicle=VEHICLES, meters=METERS, lasts=SECONDS)
def test_a_fare_is_the_next_step(rates: Rates, vehicle: Vehicle, meters: int, lasts: int) -> None:
    """It is a multiple of the step, no less than its parts and the minimum, and by less than a step more."""
    fare = rates.fare(vehicle, meters, seconds(lasts))
    parts = max(
        Fraction(rates.base[vehicle])
        + Fraction(rates.per_kilometer[vehicle]) * meters / 1000
        + Fraction(rates.per_minute[vehicle]) * lasts / 60,
        Fraction(rates.minimum[vehicle]),
    )
    assert Fraction(fare.amount) % Fraction(rates.step) == 0
    assert parts <= fare.amount < parts + Fraction(rates.step)
    assert Decimal(fare.text) == fare.amount
    assert "E" not in fare.text


@given(rates=RATES, vehicle=VEHICLES, meters=METERS, lasts=SECONDS, further=METERS, longer=SECONDS)
def test_more_is_never_cheaper(
    rates: Rates, vehicle: Vehicle, meters: int, lasts: int, further: int, longer: int
) -> None:
    """Whoever goes further or takes longer pays no less."""
    fare = rates.fare(vehicle, meters, seconds(lasts))
    assert rates.fare(vehicle, meters + further, seconds(lasts + longer)).amount >= fare.amount


def test_prices_come_from_the_environment() -> None:
    """Each number of a fare can be set, and what is wrong is told with the rest."""
    given = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    same = "moto={0} cab={0} lifan={0} truck={0} other={0}"
    rates = load(
        TripsSettings,
        given
        | {"FARE_CURRENCY": "KES", "FARE_ROUNDING": "0.50", "FARE_BASE": same.format(1), "FARE_PER_KM": same.format(2)}
        | {"FARE_PER_MINUTE": same.format(3), "FARE_MINIMUM": same.format(4)},
    ).terms.rates
    told = rates.fare(Vehicle.TRUCK, 1000, seconds(61))
    assert (told.currency, told.text) == ("KES", "6.50")
    assert rates.fare(Vehicle.TRUCK, 0, seconds(0)).text == "4.00"
    with pytest.raises(SettingsError) as refusal:
        load(TripsSettings, given | {"FARE_CURRENCY": "francs", "FARE_ROUNDING": "0", "FARE_BASE": "moto=1"})
    named = {problem.split(":")[0] for problem in refusal.value.problems}
    assert named == {"FARE_CURRENCY", "FARE_ROUNDING", "FARE_BASE"}


async def test_prices_are_told(replica: Any) -> None:
    """Everybody's prices, as they are set."""
    fares = fares_pb2_grpc.FaresServiceStub(replica.channel)
    rates = (await fares.ListRates(fares_pb2.ListRatesRequest())).rates
    assert [rate.vehicle for rate in rates] == [1, 2, 3, 4, 5]
    moto = rates[0]
    assert [moto.base.amount, moto.per_kilometer.amount, moto.per_minute.amount, moto.minimum.amount] == [
        "300", "120", "10", "500"
    ]  # fmt: skip
    assert moto.base.currency_code == "RWF"


async def test_estimates(replica: Any) -> None:
    """What a way would cost; places and vehicles that are none are refused one by one."""
    fares = fares_pb2_grpc.FaresServiceStub(replica.channel)

    def asked(**changed: Any) -> fares_pb2.EstimateFareRequest:
        given: dict[str, Any] = {
            "vehicle": pb.VEHICLE_MOTO,
            "pickup": calls.place(NORTH),
            "destination": calls.place(SOUTH),
        }
        return fares_pb2.EstimateFareRequest(**given | changed)

    items = [asked(), asked(vehicle=0), asked(destination=None), asked(pickup=calls.place((91, 0)))]
    results = (await fares.BatchEstimateFares(fares_pb2.BatchEstimateFaresRequest(requests=items))).results
    reasons = [calls.reason(result) for result in results]
    assert reasons == ["", "VEHICLE_REQUIRED", "LOCATION_INVALID", "LOCATION_INVALID"]
    estimate = results[0].estimate
    assert estimate.distance_meters == pytest.approx(13_010, abs=10)
    assert estimate.duration.seconds == pytest.approx(26 * 60, abs=3)
    assert (estimate.fare.amount, estimate.fare.currency_code) == ("2200", "RWF")


async def _riding(replica: Any, **asked: Any) -> tuple[pb.Trip, int]:
    """A trip under way, and who drives."""
    (driver,) = await calls.drivers(replica, 1, NORTH)
    wanted = calls.new_trip(calls.person(), [driver], NORTH)
    wanted.MergeFrom(pb.CreateTripRequest(**asked))
    (made,) = await calls.create(replica, wanted)
    await calls.answer(replica, calls.accepting(made.trip, driver))
    await calls.advance(replica, made.trip.trip_id, driver, pb.TRIP_STATE_ARRIVED, pb.TRIP_STATE_IN_PROGRESS)
    return made.trip, driver


async def _completed(replica: Any, trip: pb.Trip, driver: int) -> pb.Trip:
    (done,) = await calls.advance(replica, trip.trip_id, driver, pb.TRIP_STATE_COMPLETED)
    assert not calls.reason(done), done
    return done.trip


async def _moved(replica: Any, driver: int, at: tuple[float, float]) -> None:
    request = pb.UpdatePresenceRequest(request_id=calls.request_id(), person_id=driver, location=calls.place(at))
    (result,) = await calls.presences(replica, request)
    assert not calls.reason(result)


async def _shift(database_url: str, by: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"UPDATE chassis.clock SET shift = '{by}'")
    await connection.close()


async def test_a_ride_that_is_measured(replica: Any, fresh_database_url: str) -> None:
    """The places that the driver shares make the way; both sides are told the same fare, which is kept."""
    trip, driver = await _riding(replica)
    await calls.heard(replica)
    for step in range(1, 11):  # a kilometre each
        await _moved(replica, driver, (NORTH[0] - step * 0.00899, NORTH[1]))
    # The twentieth minute is for what the calls take.
    await _shift(fresh_database_url, "19 minutes")
    done = await _completed(replica, trip, driver)
    assert done.distance_meters == pytest.approx(9996, abs=15)
    # 300 + 10 km at 120 + up to 20 minutes at 10
    assert (done.fare.amount, done.fare.currency_code) == ("1700", "RWF")
    assert (done.end_time.ToDatetime() - done.start_time.ToDatetime()).total_seconds() == pytest.approx(1140, abs=60)
    assert await calls.trip_of(replica, trip.trip_id) == done
    (event,) = await calls.take(replica)
    assert event.kind == events_pb2.EVENT_KIND_TRIP_COMPLETED
    assert event.trip.fare == done.fare
    listed = await replica.trips.ListTrips(pb.ListTripsRequest(person_id=driver))
    assert listed.trips[0].fare == done.fare


async def test_places_far_apart_are_a_way_on_streets(replica: Any, fresh_database_url: str) -> None:
    """One place at the end, ten kilometres away, counts as thirteen."""
    trip, driver = await _riding(replica)
    await _moved(replica, driver, SOUTH)
    await _shift(fresh_database_url, "20 minutes")
    assert (await _completed(replica, trip, driver)).distance_meters == pytest.approx(13_010, abs=10)


async def test_a_phone_that_lies_still(replica: Any, fresh_database_url: str) -> None:
    """Steps of some metres to and fro are no way, however many; a slow walk in one direction is."""
    trip, driver = await _riding(replica)
    for step in range(20):
        await _moved(replica, driver, (NORTH[0] - 0.0001 * (step % 2), NORTH[1]))
    assert (await calls.trip_of(replica, trip.trip_id)).state == pb.TRIP_STATE_IN_PROGRESS
    await _shift(fresh_database_url, "20 minutes")
    assert (await _completed(replica, trip, driver)).distance_meters == 0
    trip, driver = await _riding(replica)
    for step in range(1, 21):
        await _moved(replica, driver, (NORTH[0] - 0.0001 * step, NORTH[1]))
    await _shift(fresh_database_url, "40 minutes")
    assert (await _completed(replica, trip, driver)).distance_meters == pytest.approx(200, abs=25)


async def test_nobody_drives_faster_than_the_clock(replica: Any) -> None:
    """A made-up place on the other side of the globe costs the passenger nothing."""
    trip, driver = await _riding(replica)
    await _moved(replica, driver, (60.0, -120.0))
    done = await _completed(replica, trip, driver)
    assert done.distance_meters < 2000
    assert done.fare.amount == "500"


async def test_a_destination_gives_an_estimate(replica: Any, fresh_database_url: str) -> None:
    """It is told with the trip, also to the driver who is asked, and counts when nothing was measured."""
    trip, driver = await _riding(replica, destination=calls.place(SOUTH))
    assert (trip.fare_estimate.amount, trip.fare_estimate.currency_code) == ("2200", "RWF")
    assert trip.destination == calls.place(SOUTH)
    assert not trip.HasField("fare")
    told = await calls.take(replica)
    assert told[0].trip.fare_estimate == trip.fare_estimate
    await _shift(fresh_database_url, "20 minutes")
    done = await _completed(replica, trip, driver)
    assert done.distance_meters == trip.distance_meters
    # 300 + 13.01 km at 120 + 20 minutes at 10
    assert done.fare.amount == "2100"
    assert done.fare_estimate == trip.fare_estimate


async def test_a_destination_that_is_none(replica: Any) -> None:
    """It is refused like any other place that is none."""
    (driver,) = await calls.drivers(replica, 1)
    wanted = calls.new_trip(calls.person(), [driver])
    wanted.destination.latitude = 91
    (result,) = await calls.create(replica, wanted)
    assert calls.reason(result) == "LOCATION_INVALID"


async def test_without_places_time_counts(replica: Any, fresh_database_url: str) -> None:
    """Nobody shared anything: the base and the minutes."""
    trip, driver = await _riding(replica)
    await _shift(fresh_database_url, "59 minutes")  # and less than another for what the calls take
    done = await _completed(replica, trip, driver)
    assert (done.distance_meters, done.fare.amount) == (0, "900")


async def test_what_was_told_stays_told(open_trips: Any) -> None:
    """Prices that rise later change nothing of rides that are over."""
    async with open_trips() as replica:
        trip, driver = await _riding(replica)
        done = await _completed(replica, trip, driver)
    dear, free = (f"moto={price} cab={price} lifan={price} truck={price} other={price}" for price in (9000, 0))
    # However long the second ride takes, its time costs nothing.
    async with open_trips(FARE_BASE=dear, FARE_PER_MINUTE=free, FARE_CURRENCY="UGX") as replica:
        assert (await calls.trip_of(replica, trip.trip_id)).fare == done.fare
        trip, driver = await _riding(replica)
        assert (await _completed(replica, trip, driver)).fare.amount == "9000"
