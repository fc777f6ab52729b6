"""A person's own places where a place is asked for: offered, understood by name, and noted when a ride begins there.

A location request of WhatsApp holds no rows. Whoever has saved places gets them in a second message below it; on phones
that only have words, question and places are one numbered list.
"""

import asyncio
import contextlib
from collections.abc import Callable

from chassis.errors import HailwireError
from hailwire.profile.v1 import places_pb2
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import menus, places, taps
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.places import Found, folded
from services.gateway.conversations.turn import Moment, Turn
from services.gateway.messages import Menu, Reply, Row

# The kinds with a name of ours, in the order in which they are offered, and the word that names them in taps.
KINDS: dict[str, tuple[places_pb2.PlaceKind.ValueType, str]] = {
    "home": (places_pb2.PLACE_KIND_HOME, "row-place-home"),
    "work": (places_pb2.PLACE_KIND_WORK, "row-place-work"),
    "school": (places_pb2.PLACE_KIND_SCHOOL, "row-place-school"),
}
_TITLES = dict(KINDS.values())

# The service saves no more, and takes what is nearer for the same place (services/profile/places/place.py).
MOST_SAVED = 8
SAME_METERS = 50.0

# A landmark names what lies at it, not the quarter around it.
_AT_A_LANDMARK_METERS = 150.0
# Of a list.
_MOST_ROWS = 10

# So long is it waited for that a pickup is noted.
_PATIENCE_SECONDS = 0.5


def name(moment: Moment, place: places_pb2.SavedPlace) -> str:
    """What the person calls a place; a recent place without a name is called by its plus code."""
    if place.kind in _TITLES:
        return moment.say(_TITLES[place.kind])
    return place.name or places.plus_code(place.latitude, place.longitude)


def row(moment: Moment, place: places_pb2.SavedPlace, tap: str) -> Row:
    """A place in a list. A title holds 24 characters; what does not fit is read in full below it."""
    called = name(moment, place)
    about = called if len(called) > 24 else ""
    return Row(tap, called[:24].rstrip(), about if place.place_id else about or moment.say("place-recent"))


async def rows(moment: Moment, tap: Callable[[taps.Spot], str]) -> tuple[Row, ...]:
    """The places that are offered for a question; none on WhatsApp for those who saved none."""
    own = await moment.world.places.mine()
    if not own.saved and not moment.words_only:
        return ()
    offered = [*own.saved, *own.recent][:_MOST_ROWS]
    return tuple(row(moment, place, tap(_spot(moment, place))) for place in offered)


async def asked(moment: Moment, words: str, tap: Callable[[taps.Spot], str]) -> tuple[Reply, ...]:
    """The question for a place, with the person's own where there are any; the location request comes first."""
    question = menus.place(moment, words)
    offered = await rows(moment, tap)
    if not offered:
        return (question,)
    label = moment.say("label-your-places")
    if moment.words_only:
        return (Menu(question.body, label, offered),)
    return (question, Menu(moment.say("places-yours"), label, offered))


async def find(turn: Turn) -> tuple[Found, ...]:
    """The places that a message may mean: none, the one, or several to choose from.

    In numbers; then by the person's own names; then a landmark by its whole name; then whatever the gazetteer has.
    """
    point = places.exact(turn.message)
    if point is not None:
        return (point,)
    wanted = folded(turn.message.text[:500])
    if not any(letter.isalpha() for letter in wanted):
        return ()
    own = await turn.world.places.mine()
    for place in (*own.saved, *own.recent):
        if wanted in spellings(place):
            return (Found(place.latitude, place.longitude, name(turn, place)),)
    known = places.read(turn.message)
    if known:
        return known
    # What is chosen is told apart by where it is: of several at one spot the likeliest stays.
    spots: dict[str, Found] = {}
    for found in await turn.world.places.search(wanted):
        at = str(taps.Spot(found.latitude, found.longitude, turn.now))
        spots.setdefault(at, Found(found.latitude, found.longitude, found.name))
    return tuple(spots.values())


async def note(turn: Turn, spot: taps.Spot) -> None:
    """The person asked for a ride from there."""
    called = places.near(spot.latitude, spot.longitude, _AT_A_LANDMARK_METERS)
    # A convenience for the next time: the ride that has just been asked for waits for nobody who keeps it. Who is only
    # slow notes it all the same.
    with contextlib.suppress(HailwireError, TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await turn.world.places.visit("visit", name=called, latitude=spot.latitude, longitude=spot.longitude)


async def worth_saving(moment: Moment, trip: trips_pb2.Trip) -> tuple[Row, ...]:
    """The offer to save the pickup of a ride that is over; none when it is saved, or nothing more can be."""
    try:
        own = await moment.world.places.mine()
    except HailwireError:
        return ()  # that the ride is over is told all the same
    here = (trip.pickup.latitude, trip.pickup.longitude)
    if len(own.saved) >= MOST_SAVED or any(
        places.meters(*here, place.latitude, place.longitude) <= SAME_METERS for place in own.saved
    ):
        return ()
    tap = taps.keep_place(taps.Spot(*here, moment.now))
    return (Row(tap, moment.say("row-save-pickup"), moment.say("row-save-pickup-about")),)


def spellings(place: places_pb2.SavedPlace) -> set[str]:
    """What this place is called, folded: by the names of its kind in any language, or by its own."""
    if place.kind in _TITLES:
        return {folded(t(language, _TITLES[place.kind])) for language in LANGUAGES}
    return {folded(place.name)} - {""}


def _spot(moment: Moment, place: places_pb2.SavedPlace) -> taps.Spot:
    # What is chosen from a list is as fresh as the list: where a saved place is does not change.
    return taps.Spot(place.latitude, place.longitude, moment.now)
