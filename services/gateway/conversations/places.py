"""Where somebody is, as far as the message itself tells: shared, coordinates, a map link, a plus code, a landmark."""

import math
import re
import unicodedata

from openlocationcode import openlocationcode

from chassis.records import record
from services.gateway.conversations.gazetteer import PLACES
from services.gateway.messages import Message

# Short plus codes are completed with the town that we serve.
KIGALI = (-1.9500, 30.0600)

_NUMBER = r"[-+\u2212]?\d{1,3}"
# Both numbers need decimals: "1 2" is somebody choosing, not a place in the sea.
_DEGREES = rf"{_NUMBER}\.\d{{1,12}}"
_TYPED = re.compile(rf"\s*({_DEGREES})\s*[,; ]\s*({_DEGREES})\s*")
# French keyboards write decimals with a comma; then something else must part the two numbers.
_COMMA_DEGREES = rf"{_NUMBER},\d{{1,12}}"
_TYPED_WITH_COMMAS = re.compile(rf"\s*({_COMMA_DEGREES})\s*[; ]\s*({_COMMA_DEGREES})\s*")
_IN_A_LINK = re.compile(rf"(?:[?&](?:q|ll|query|daddr)=|@|geo:)({_NUMBER}\.\d+),({_NUMBER}\.\d+)")
_DIGIT = "[23456789CFGHJMPQRVWX]"
_PLUS_CODE = re.compile(rf"(?<![\w+])({_DIGIT}{{2,8}}\+{_DIGIT}{{0,7}})(?![\w+])", re.IGNORECASE)
_EARTH_RADIUS_METERS = 6_371_009


@record
class Found:
    """One place; `name` is empty for bare coordinates."""

    latitude: float
    longitude: float
    name: str = ""


def read(message: Message) -> tuple[Found, ...]:
    """The place that a message tells by itself: shared, in numbers, or by the whole name of a landmark.

    What else a name may mean is asked of the profile service (own_places.find).
    """
    point = exact(message)
    if point is not None:
        return (point,)
    place = _BY_NAME.get(folded(message.text[:500]))
    return () if place is None else (Found(place.latitude, place.longitude, place.name),)


def exact(message: Message) -> Found | None:
    """The place that a message tells in numbers of any kind; None when it has none."""
    if message.latitude is not None and message.longitude is not None:
        return Found(message.latitude, message.longitude, message.place_name)
    text = message.text.strip()[:500]
    point = _coordinates(text) or _plus_code(text)
    return None if point is None else Found(*point)


def plus_code(latitude: float, longitude: float) -> str:
    """What a place is called that has no other name, as maps show it."""
    code: str = openlocationcode.encode(latitude, longitude)
    return code


def near(latitude: float, longitude: float, within_meters: float = 700) -> str:
    """The name of the nearest landmark, for people who know the town; empty when none is that near."""
    distance, name = min((meters(latitude, longitude, place.latitude, place.longitude), place.name) for place in PLACES)
    return name if distance <= within_meters else ""


def meters(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Great-circle distance."""
    phi, to_phi = math.radians(latitude), math.radians(to_latitude)
    half = (
        math.sin((to_phi - phi) / 2) ** 2
        + math.cos(phi) * math.cos(to_phi) * math.sin(math.radians(to_longitude - longitude) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_METERS * math.asin(min(1.0, math.sqrt(half)))


def folded(text: str) -> str:
    """Lower case, without accents and punctuation, single spaces: how words are compared."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )
    return " ".join("".join(letter if letter.isalnum() else " " for letter in bare).split())


def _coordinates(text: str) -> tuple[float, float] | None:
    match = _TYPED.fullmatch(text) or _TYPED_WITH_COMMAS.fullmatch(text) or _IN_A_LINK.search(text)
    if match is None:
        return None
    latitude, longitude = (float(part.replace("\u2212", "-").replace(",", ".")) for part in match.groups())
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _plus_code(text: str) -> tuple[float, float] | None:
    match = _PLUS_CODE.search(text)
    if match is None:
        return None
    code = match[1].upper()
    if openlocationcode.isShort(code):
        code = openlocationcode.recoverNearest(code, *KIGALI)
    if not openlocationcode.isFull(code):
        return None
    area = openlocationcode.decode(code)
    return area.latitudeCenter, area.longitudeCenter


_BY_NAME = {folded(name): place for place in PLACES for name in (place.name, *place.names)}
