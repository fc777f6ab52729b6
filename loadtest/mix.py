"""What people write: words, taps, places, photos, SMS, MMS and requests for a ride, in the shares of an ordinary day.

Everything here is answered with exactly one message, wherever its sender's conversation is; so the n-th answer to
somebody belongs to their n-th message. What a ride brings about is told to people who write nothing else (people.py).
"""

import random
from dataclasses import dataclass
from typing import Any

from loadtest.people import Channel

# One message in so many asks a driver for a ride.
TRIP_EVERY = 50
# The middle of town and its reach in degrees, about 3 km each way.
_LATITUDE, _LONGITUDE, _REACH = -1.9500, 30.0600, 0.025

_WORDS = ("menu", "hello", "ride", "trips", "back", "bonjour", "how much is it to the market?", "thank you so much")
_TAPS = (
    ("list_reply", "ride:vehicle:moto", "Moto"),
    ("list_reply", "ride:vehicle:cab", "Cab"),
    ("button_reply", "go:ride", "Ride"),
    ("button_reply", "go:trips", "My trips"),
    ("button_reply", "go:menu", "Menu"),
)
_SHARES: dict[Channel, dict[str, int]] = {
    "whatsapp": {"text": 40, "tap": 30, "location": 24, "image": 6},
    "sms": {"sms": 90, "mms": 10},
}


# What comes with a file, of which the gateway takes only so many from one sender.
FILES = frozenset({"image", "mms"})


@dataclass(frozen=True, slots=True)
class Content:
    """`kind` is what the report calls it; `fields` belong into Meta's message or Twilio's form."""

    kind: str
    fields: dict[str, Any]


def written(channel: Channel, dice: random.Random) -> Content:
    """What somebody on this channel writes next."""
    shares = _SHARES[channel]
    (kind,) = dice.choices(list(shares), list(shares.values()))
    match kind:
        case "text":
            fields: dict[str, Any] = {"type": "text", "text": {"body": dice.choice(_WORDS)}}
        case "tap":
            fields = tap(*dice.choice(_TAPS))
        case "location":
            latitude, longitude = spot(dice)
            fields = {"type": "location", "location": {"latitude": latitude, "longitude": longitude}}
        case "image":
            fields = {"type": "image", "image": {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}}
        case "sms":
            words = "{:.5f}, {:.5f}".format(*spot(dice)) if dice.random() < 0.2 else dice.choice(_WORDS)
            fields = {"Body": words}
        case _:
            fields = {"Body": dice.choice(("", "here we are")), "NumMedia": "1", "MediaContentType0": "image/jpeg"}
    return Content(kind, fields)


def tap(kind: str, ident: str, title: str) -> dict[str, Any]:
    """A row or button that was tapped."""
    return {"type": "interactive", "interactive": {"type": kind, kind: {"id": ident, "title": title}}}


def request(latitude: float, longitude: float, now: int, driver_id: int) -> dict[str, Any]:
    """A tap that asks one driver for a ride from here."""
    return tap("list_reply", f"ride:ask:moto:{latitude:.5f},{longitude:.5f},{now}:{driver_id}", "A driver")


def spot(dice: random.Random) -> tuple[float, float]:
    """Somewhere in town."""
    return (
        round(_LATITUDE + dice.uniform(-_REACH, _REACH), 5),
        round(_LONGITUDE + dice.uniform(-_REACH, _REACH), 5),
    )
