"""How long ways take, and that whoever runs the service can say so."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import SettingsError, load
from services.trips.by_vehicle import ByVehicle
from services.trips.eta import Leg, StraightLines
from services.trips.geo import Location, metres
from services.trips.presence import Vehicle
from services.trips.settings import TripsSettings

PLACES = st.builds(Location, st.floats(-80, 80), st.floats(-180, 180))
GIVEN = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}


def test_a_known_way() -> None:
    """A tenth of a degree north is 11.12 km as the crow flies, 14.46 km on the road and 29 minutes by moto."""
    route = StraightLines().route(Leg(Vehicle.MOTO, Location(-1.9, 30.0), Location(-2.0, 30.0)))
    assert route.meters == pytest.approx(14_455, rel=0.001)
    assert route.lasts.total_seconds() / 60 == pytest.approx(28.9, rel=0.001)


@given(start=PLACES, end=PLACES, vehicle=st.sampled_from(Vehicle))
async def test_ways_are_no_shorter_than_lines(start: Location, end: Location, vehicle: Vehicle) -> None:
    """No way is shorter than the straight line, the way back is as long, and staying takes no time."""
    router = StraightLines()
    there, back, stay = await router.routes(
        [Leg(vehicle, start, end), Leg(vehicle, end, start), Leg(vehicle, start, start)]
    )
    assert there.meters >= metres(start, end)
    assert there.meters == pytest.approx(back.meters, rel=1e-6, abs=0.01)
    assert (stay.meters, stay.lasts) == (0, datetime.timedelta())
    assert there.lasts >= datetime.timedelta()


@given(north=st.floats(0, 1), further=st.floats(0, 1))
def test_further_is_later(north: float, further: float) -> None:
    """Who is further away on the same line arrives no earlier, whatever they drive."""
    home = Location(-2.0, 30.0)
    for vehicle in Vehicle:
        near = StraightLines().route(Leg(vehicle, Location(-2.0 + north, 30.0), home))
        far = StraightLines().route(Leg(vehicle, Location(-2.0 + north + further, 30.0), home))
        assert far.lasts >= near.lasts


def test_speeds_come_from_the_environment() -> None:
    """Twice the speed is half the time; the detour is set as well."""
    leg = Leg(Vehicle.CAB, Location(-1.9, 30.0), Location(-1.95, 30.1))
    speeds = {"SPEED_KMH": "moto=60, cab=50, lifan=40, truck=40, other=40"}
    usual = load(TripsSettings, GIVEN).terms.router
    quick = load(TripsSettings, GIVEN | speeds).terms.router
    straight = load(TripsSettings, GIVEN | {"ROUTE_DETOUR": "1"}).terms.router
    assert isinstance(usual, StraightLines)
    assert isinstance(quick, StraightLines)
    assert isinstance(straight, StraightLines)
    assert quick.route(leg).lasts.total_seconds() == pytest.approx(usual.route(leg).lasts.total_seconds() / 2)
    assert straight.route(leg).meters == pytest.approx(metres(leg.start, leg.end))


@pytest.mark.parametrize(
    "text",
    ["30", "moto=30", "moto=0 cab=1 lifan=1 truck=1 other=1", "moto=-1 cab=1 lifan=1 truck=1 other=1",
     "moto=x cab=1 lifan=1 truck=1 other=1", "moto=1 moto=2 cab=1 lifan=1 truck=1 other=1",
     "boat=1 moto=1 cab=1 lifan=1 truck=1 other=1", "moto=1e3 cab=1 lifan=1 truck=1 other=1"],
)  # fmt: skip
def test_speeds_that_are_none(text: str) -> None:
    """A vehicle that is missing, unknown or named twice, or a speed that nobody drives, is one problem at the start."""
    with pytest.raises(SettingsError) as refusal:
        load(TripsSettings, GIVEN | {"SPEED_KMH": text})
    assert [problem.split(":")[0] for problem in refusal.value.problems] == ["SPEED_KMH"]


@given(st.fixed_dictionaries({vehicle: st.decimals(0, 99999, places=2) for vehicle in Vehicle}))
def test_what_is_written_is_read_again(numbers: dict[Vehicle, Decimal]) -> None:
    """The text of the numbers gives the numbers."""
    assert ByVehicle.from_text(str(ByVehicle(numbers))) == ByVehicle(numbers)
