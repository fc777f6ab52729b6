"""Settings of the trips service: each is read and means what it says."""

import datetime

import pytest

from chassis.settings import SettingsError, load
from services.trips.settings import TripsSettings

_GIVEN = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}


def test_the_terms_come_from_the_environment() -> None:
    """How far, how fresh and how long can be set."""
    environ = {
        "SEARCH_RADIUS_METERS": "2500",
        "LOCATION_FRESH_SECONDS": "60",
        "OFFER_TTL_SECONDS": "30",
        "TRIP_REQUEST_TTL_SECONDS": "90",
    }
    terms = load(TripsSettings, {**_GIVEN, **environ}).terms
    assert terms.radius_meters == 2500
    assert terms.location_fresh == datetime.timedelta(seconds=60)
    assert terms.offer_lasts == datetime.timedelta(seconds=30)
    assert terms.request_lasts == datetime.timedelta(seconds=90)


def test_how_long_people_are_waited_for_can_be_set() -> None:
    """Both waits, and how often within how many days a passenger may not come."""
    environ = {
        "NO_SHOW_WAIT_MINUTES": "7",
        "DRIVER_LATE_MINUTES": "12",
        "NO_SHOW_LIMIT": "0",
        "NO_SHOW_DAYS": "30",
    }
    terms = load(TripsSettings, {**_GIVEN, **environ}).terms
    assert terms.no_show_after == datetime.timedelta(minutes=7)
    assert terms.driver_late_after == datetime.timedelta(minutes=12)
    assert (terms.no_show_limit, terms.no_show_window) == (0, datetime.timedelta(days=30))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """A newcomer corrects all of it in one go."""
    with pytest.raises(SettingsError) as refusal:
        load(TripsSettings, {"TRIPS_GRPC_PORT": "70000", "OFFER_TTL_SECONDS": "0", "EVENT_LEASE_SECONDS": "soon"})
    named = {problem.split(":")[0] for problem in refusal.value.problems}
    assert named == {"DATABASE_URL", "TRIPS_GRPC_PORT", "OFFER_TTL_SECONDS", "EVENT_LEASE_SECONDS"}
