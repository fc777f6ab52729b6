"""Where somebody is, from whatever they sent: a shared location, typed coordinates, a map link, a plus code, a name."""

import difflib
import math
import re
import unicodedata
from dataclasses import dataclass

from openlocationcode import openlocationcode

from services.gateway.conversations.gazetteer import PLACES, Place
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


@dataclass(frozen=True, slots=True)
class Found:
    """One place; `name` is empty for bare coordinates."""

    latitude: float
    longitude: float
    name: str = ""


def read(message: Message, *, exactly: bool = False) -> tuple[Found, ...]:
    """The places that a message may mean: none, the one, or several to choose from.

    `exactly` takes numbers and whole names only: guessing at words that nobody asked for would be rude and slow.
    """
    if message.latitude is not None and message.longitude is not None:
        return (Found(message.latitude, message.longitude, message.place_name),)
    text = message.text.strip()[:500]
    point = _coordinates(text) or _plus_code(text)
    if point is not None:
        return (Found(*point),)
    return tuple(Found(place.latitude, place.longitude, place.name) for place in _named(text, exactly=exactly))


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


def _named(text: str, *, exactly: bool) -> list[Place]:
    wanted = folded(text)
    if wanted in _BY_NAME:
        return [_BY_NAME[wanted]]
    # Nobody's place has a longer name, and comparing long texts takes its time.
    if exactly or len(wanted) > 60:
        return []
    words = wanted.split()
    if all(len(word) < 3 for word in words):
        return []
    found = [place for name, place in _BY_NAME.items() if _begins(name, words)]
    if not found:
        close = difflib.get_close_matches(wanted, _BY_NAME, n=3, cutoff=0.8)
        found = [_BY_NAME[name] for name in close]
    return list(dict.fromkeys(found))[:9]


def _begins(name: str, words: list[str]) -> bool:
    """Whether each word is the beginning of one in the name."""
    return all(any(part.startswith(word) for part in name.split()) for word in words)
