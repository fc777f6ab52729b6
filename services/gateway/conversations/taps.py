"""The ids of buttons and rows.

An id carries all that its answer needs, so that a day-old button still gets a sensible one; its first two words name
the route.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Self, TypeAlias

from chassis.records import record
from hailwire.trips.v1 import trips_pb2

Vehicle: TypeAlias = trips_pb2.Vehicle.ValueType

VEHICLE_WORDS: dict[Vehicle, str] = {
    trips_pb2.VEHICLE_MOTO: "moto",
    trips_pb2.VEHICLE_CAB: "cab",
    trips_pb2.VEHICLE_LIFAN: "lifan",
    trips_pb2.VEHICLE_TRUCK: "truck",
    trips_pb2.VEHICLE_OTHER: "other",
}
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?", re.ASCII)
_VEHICLES = {word: vehicle for vehicle, word in VEHICLE_WORDS.items()}

GO_RIDE = "go:ride"
GO_DRIVE = "go:drive"
GO_OFFLINE = "go:offline"
GO_TRIPS = "go:trips"
GO_SCHEDULE = "go:schedule"
GO_SCHEDULES = "go:schedules"
GO_MENU = "go:menu"
ANYWHERE = "to:anywhere"
GO_INSURANCE = "go:insurance"
INSURANCE_SEND = "insurance:send"
INSURANCE_CLAIM = "insurance:claim"
GO_PLACES = "go:places"
ADD_PLACE = "place:add"
GO_NOTES = "go:notes"
GO_WALLET = "go:wallet"
WALLET_SEND = "wallet:send"


# What one message may hold: a place or a contact, and a time.
MOST_ITEMS = 2


class TapUnreadable(Exception):
    """An id that is none of ours, or of a version that we no longer speak."""


@record
class Spot:
    """Where somebody was, and when they said so."""

    latitude: float
    longitude: float
    at: datetime

    @classmethod
    def read(cls, text: str, latest: datetime | None = None) -> Self:
        """Read `str(spot)` back, a time after `latest` as `latest`; raises TapUnreadable."""
        try:
            latitude, longitude, seconds = text.split(",")
            spot = cls(float(latitude), float(longitude), datetime.fromtimestamp(int(seconds), UTC))
        except (ValueError, OverflowError, OSError) as error:
            raise TapUnreadable(text) from error
        if not (abs(spot.latitude) <= 90 and abs(spot.longitude) <= 180):  # also refuses NaN
            raise TapUnreadable(text)
        return replace(spot, at=latest) if latest is not None and spot.at > latest else spot

    def __str__(self) -> str:
        # Five decimals are a metre: finer than any phone, and short enough for an id.
        return f"{self.latitude:.5f},{self.longitude:.5f},{int(self.at.timestamp())}"

    @property
    def location(self) -> trips_pb2.Location:
        """As the trips service takes it."""
        return trips_pb2.Location(latitude=self.latitude, longitude=self.longitude)


def route_of(tap: str) -> str:
    """The first two words of an id."""
    return ":".join(tap.split(":", 2)[:2])


def parts_of(tap: str) -> list[str]:
    """The words after the route."""
    return tap.split(":")[2:]


def vehicle_of(word: str) -> Vehicle:
    """The vehicle of a word; raises TapUnreadable."""
    if word not in _VEHICLES:
        raise TapUnreadable(word)
    return _VEHICLES[word]


def number_of(tap: str) -> int:
    """The one positive number that an id ends with after its route; raises TapUnreadable."""
    parts = parts_of(tap)
    if not parts:
        raise TapUnreadable(tap)
    return positive(parts[0])


def positive(text: str) -> int:
    """A number as our services give them (int64, positive); raises TapUnreadable."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
        raise TapUnreadable(text)
    return int(text)


def minute_of_day(text: str) -> int:
    """A minute of a day, 0 to 1439; raises TapUnreadable."""
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) < 24 * 60):
        raise TapUnreadable(text)
    return int(text)


def language(code: str) -> str:
    """Choose a language."""
    return f"lang:set:{code}"


def vehicle(flow: str, chosen: Vehicle, spot: Spot | None = None) -> str:
    """Choose a vehicle in the flow "ride" or "drive"; the place may be known already."""
    return f"{flow}:vehicle:{VEHICLE_WORDS[chosen]}" + (f":{spot}" if spot else "")


def place(flow: str, chosen: Vehicle, spot: Spot) -> str:
    """Choose a place with the vehicle known: the pickup ("ride"), the driver's ("drive") or the destination ("to")."""
    return f"{flow}:at:{VEHICLE_WORDS[chosen]}:{spot}"


def here(flow: str, spot: Spot) -> str:
    """Use a location that came unasked."""
    return f"{flow}:here:{spot}"


def ask(chosen: Vehicle, spot: Spot, driver_id: int = 0) -> str:
    """Ask one driver, or (0) all who are near."""
    return asks(chosen, spot, (driver_id,))[0]


def asks(chosen: Vehicle, spot: Spot, driver_ids: Iterable[int]) -> list[str]:
    """The same for each driver of a list; the place is written out once."""
    to = f"ride:ask:{VEHICLE_WORDS[chosen]}:{spot}"
    return [f"{to}:{driver_id or 'all'}" for driver_id in driver_ids]


def retry(trip_id: int) -> str:
    """Give an unanswered trip up and search anew."""
    return f"ride:retry:{trip_id}"


def offer(answer: str, offer_id: int) -> str:
    """Say "accept" or "decline"."""
    return f"offer:{answer}:{offer_id}"


def step(word: str, trip_id: int) -> str:
    """Do something with a trip: "arrived", "start", "complete", "leave" (asks why), "show"."""
    return f"trip:{word}:{trip_id}"


def drop(trip_id: int, reason: str) -> str:
    """Give a trip up for a reason."""
    return f"trip:drop:{trip_id}:{reason}"


def talk(word: str, trip_id: int) -> str:
    """What concerns the other side of a trip: "share" or "keep" one's number, "block" or "unblock" them."""
    return f"talk:{word}:{trip_id}"


def stars(trip_id: int, count: int) -> str:
    """Give so many stars to the other side of a trip."""
    return f"rate:give:{trip_id}:{count}"


@record
class Payment:
    """A transfer that waits for a yes: whose, to whom, how much, and when it was asked. Its text names it for ever."""

    person_id: int
    code: str
    amount: str
    currency: str
    at: datetime

    @classmethod
    def read(cls, tap: str) -> Self:
        """Read `str(payment)` back; raises TapUnreadable."""
        parts = parts_of(tap)
        if len(parts) != 5:
            raise TapUnreadable(tap)
        person_id, code, amount, currency, asked_at = parts
        if not (code.isascii() and _AMOUNT.fullmatch(amount) and currency.isalpha()):
            raise TapUnreadable(tap)
        try:
            at = datetime.fromtimestamp(positive(asked_at), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise TapUnreadable(tap) from error
        return cls(positive(person_id), code, amount, currency, at)

    def __str__(self) -> str:
        return f"wallet:pay:{self.person_id}:{self.code}:{self.amount}:{self.currency}:{int(self.at.timestamp())}"


def history(page_token: str = "") -> str:
    """A page of the statement; without a token the first."""
    return f"wallet:history:{page_token}" if page_token else "wallet:history"


def quiet(from_minute: int, to_minute: int) -> str:
    """Be left alone from one minute of the day to the other; from 0 to 0: never."""
    return f"quiet:set:{from_minute}:{to_minute}"


def pay_to(code: str) -> str:
    """Send money to whoever has this wallet code."""
    return f"wallet:to:{code}"


def items(word: str, item_ids: Iterable[int]) -> str:
    """Do something with what was understood: "keep", "drop", "show"."""
    return f"item:{word}:{','.join(map(str, item_ids))}"


def item_ids(tap: str) -> list[int]:
    """Which; raises TapUnreadable. No message of ours names more than MOST_ITEMS."""
    texts = "".join(parts_of(tap)[:1]).split(",")
    if len(texts) > MOST_ITEMS:
        raise TapUnreadable(tap)
    return list(dict.fromkeys(map(positive, texts)))


def note(word: str, note_id: int) -> str:
    """Do something with what is kept: "show", "forget"."""
    return f"note:{word}:{note_id}"


def own_place(word: str, place_id: int) -> str:
    """Do something with a saved place: "show", "rename", "delete"."""
    return f"place:{word}:{place_id}"


def keep_place(spot: Spot) -> str:
    """Save a place; its name is asked for."""
    return f"place:at:{spot}"


def name_place(word: str, target: str) -> str:
    """Call a place "home", "work" or "school": a new one by its spot, or a saved one by its id."""
    return f"place:name:{word}:{target}"
