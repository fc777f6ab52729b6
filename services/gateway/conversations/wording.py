"""Measures, ages and times as people say them, in each language."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp

from hailwire.profile.v1 import wallet_pb2
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations.catalogue import LANGUAGES, t

# Babel is imported by those who use it: slow to import, and nobody is written to before we serve.

# Rwanda keeps Central Africa Time all year round.
LOCAL_TIME = timezone(timedelta(hours=2), "CAT")

VEHICLE_NAMES = {
    trips_pb2.VEHICLE_MOTO: "vehicle-moto",
    trips_pb2.VEHICLE_CAB: "vehicle-cab",
    trips_pb2.VEHICLE_LIFAN: "vehicle-lifan",
    trips_pb2.VEHICLE_TRUCK: "vehicle-truck",
    trips_pb2.VEHICLE_OTHER: "vehicle-other",
}

STATE_NAMES = {
    trips_pb2.TRIP_STATE_REQUESTED: "state-requested",
    trips_pb2.TRIP_STATE_OFFERED: "state-offered",
    trips_pb2.TRIP_STATE_ACCEPTED: "state-accepted",
    trips_pb2.TRIP_STATE_ARRIVED: "state-arrived",
    trips_pb2.TRIP_STATE_IN_PROGRESS: "state-in-progress",
    trips_pb2.TRIP_STATE_COMPLETED: "state-completed",
    trips_pb2.TRIP_STATE_CANCELLED: "state-cancelled",
    trips_pb2.TRIP_STATE_EXPIRED: "state-expired",
}


def load() -> None:
    """Read how each language writes numbers and times now instead of at its first text."""
    for language in LANGUAGES:
        distance(language, 1500)
        moment(language, datetime.fromtimestamp(0, UTC))


def vehicle_name(language: str, vehicle: trips_pb2.Vehicle.ValueType) -> str:
    """What a vehicle is called."""
    return t(language, VEHICLE_NAMES.get(vehicle, "vehicle-other"))


def state_name(language: str, state: trips_pb2.TripState.ValueType) -> str:
    """How a trip stands, in a list."""
    return t(language, STATE_NAMES.get(state, "state-requested"))


def distance(language: str, meters: float) -> str:
    """Metres as "80 m", "1.2 km" or "14 km": as exact as somebody who waits needs it."""
    if meters < 995:
        return f"{max(10, round(meters / 10) * 10)} m"
    kilometers = meters / 1000
    # Rounded before it is written, so that everybody at 1.2 km shares what is kept.
    return _kilometers(language, round(kilometers, 1) if kilometers < 9.95 else round(kilometers))


@lru_cache(maxsize=1024)
def _kilometers(language: str, kilometers: float) -> str:
    from babel.numbers import format_decimal

    return f"{format_decimal(kilometers, '0.0' if kilometers < 9.95 else '0', locale=language)} km"


def money(language: str, amount: wallet_pb2.Money) -> str:
    """An amount as the language groups its digits: "1,500 RWF", "1 500 RWF", "12.50 USD"."""
    return _money(language, amount.amount, amount.currency_code)


@lru_cache(maxsize=1024)
def _money(language: str, amount: str, currency: str) -> str:
    from babel.numbers import format_decimal

    decimals = len(amount.partition(".")[2])
    written = format_decimal(Decimal(amount), "#,##0" + ("." + "0" * decimals if decimals else ""), locale=language)
    # No-break spaces would make an SMS of 160 characters one of 70.
    return " ".join(f"{written} {currency}".split())


def age(language: str, seconds: float) -> str:
    """Seconds as "5 minutes", "3 hours" or "2 days"; at least a minute, and past a month no longer counted."""
    minutes = max(1, int(seconds // 60))
    if minutes < 60:
        return t(language, "age-minutes", count=minutes)
    if minutes < 24 * 60:
        return t(language, "age-hours", count=minutes // 60)
    if minutes < 31 * 24 * 60:
        return t(language, "age-days", count=minutes // (24 * 60))
    return t(language, "age-months")


def freshness(language: str, seconds: float) -> str:
    """How long ago a driver was seen where the list says."""
    if seconds < 60:
        return t(language, "seen-now")
    return t(language, "seen-before", age=age(language, seconds))


def moment(language: str, when: datetime) -> str:
    """Day and time where our people live."""
    from babel.dates import format_datetime

    return format_datetime(when.astimezone(LOCAL_TIME), t(language, "moment-pattern"), tzinfo=None, locale=language)


def map_link(location: trips_pb2.Location) -> str:
    """A link that every phone opens in a map."""
    return f"https://maps.google.com/?q={location.latitude:.5f},{location.longitude:.5f}"


def utc(timestamp: Timestamp) -> datetime:
    """A moment of a contract as Python has it."""
    return timestamp.ToDatetime(tzinfo=UTC)
