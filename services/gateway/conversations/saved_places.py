"""`places`: what a person has saved, with the ways to add, rename and delete."""

from chassis.errors import HailwireError
from hailwire.profile.v1 import places_pb2
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import guidance, menus, own_places, taps, wording
from services.gateway.conversations.flows.places import PLACES_NAME, PLACES_WHERE
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.places import folded
from services.gateway.conversations.turn import Moment, Outcome, Turn
from services.gateway.messages import Button, Buttons, Menu, Row

# The service takes no longer one (services/profile/places/place.py).
LONGEST_NAME = 40

_NAMED = places_pb2.PLACE_KIND_UNSPECIFIED
# What stands against a change, and what is said above the list of places as they are.
_REFUSED = {
    "PLACE_NOT_FOUND": "place-gone",
    "PLACE_NAME_TAKEN": "place-name-taken",
    "PLACES_TOO_MANY": "places-too-many",
}


async def show(turn: Turn) -> Outcome:
    """`places`: all of them."""
    return await _list(turn)


async def add(turn: Turn) -> Outcome:
    """Another one: ask where it is."""
    return await ask_where(turn)


async def ask_where(moment: Moment, lead: str = "") -> Outcome:
    """Ask where the new place is."""
    question = menus.place(moment, menus.body(lead, moment.say("place-where")))
    return Outcome(remembered(moment).asking(PLACES_WHERE, moment.now), (question,))


async def take_place(turn: Turn) -> Outcome:
    """The answer to where: ask for the name, or which of several places."""
    found = await own_places.find(turn)
    if not found:
        return await guidance.guide(turn, turn.say("place-unknown"))
    spots = [(taps.Spot(place.latitude, place.longitude, turn.now), place.name) for place in found]
    if len(spots) == 1:
        return _ask_name(turn, str(spots[0][0]))
    rows = tuple(Row(taps.keep_place(spot), name[:24].rstrip(), name if len(name) > 24 else "") for spot, name in spots)
    return Outcome(turn.state, (Menu(turn.say("place-which"), turn.say("label-places"), rows),))


async def name_it(turn: Turn) -> Outcome:
    """A place was tapped that shall be saved, however long ago it was shown: where it is does not change."""
    return _ask_name(turn, str(taps.Spot.read("".join(taps.parts_of(turn.message.tap)[:1]), turn.now)))


async def ask_name(moment: Moment, lead: str = "") -> Outcome:
    """Ask for the name, again."""
    target = _target(moment)
    return _ask_name(moment, target, lead) if target else await ask_where(moment, lead)


async def take_kind(turn: Turn) -> Outcome:
    """Home, work or school was tapped."""
    word, target = (*taps.parts_of(turn.message.tap), "", "")[:2]
    if word not in own_places.KINDS:
        raise taps.TapUnreadable(turn.message.tap)
    kind, title = own_places.KINDS[word]
    return await _change(turn, target, kind, turn.say(title))


async def take_name(turn: Turn) -> Outcome:
    """A name was typed."""
    # Broken halves of emoji and control characters are in no name, and cannot be sent on.
    words = ["".join(filter(str.isprintable, word)) for word in turn.message.text[:500].split()]
    name = " ".join(filter(None, words))
    target = _target(turn)
    if not folded(name) or len(name) > LONGEST_NAME or not target:
        return await guidance.guide(turn, turn.say("place-name-unreadable"))
    return await _change(turn, target, _NAMED, name)


async def show_one(turn: Turn) -> Outcome:
    """A place was tapped in the list; one that is gone by now leads to the list as it is."""
    place = await _own(turn, taps.number_of(turn.message.tap))
    if place is None:
        return await _list(turn, turn.say("place-gone"))
    at = trips_pb2.Location(latitude=place.latitude, longitude=place.longitude)
    words = turn.say("place-card", place=own_places.name(turn, place), link=wording.map_link(at))
    buttons = (
        Button(taps.own_place("rename", place.place_id), turn.say("button-rename-place")),
        Button(taps.own_place("delete", place.place_id), turn.say("button-delete-place")),
        Button(taps.GO_PLACES, turn.say("button-places")),
    )
    return Outcome(remembered(turn).home(), (Buttons(words, buttons),))


async def rename(turn: Turn) -> Outcome:
    """Another name: ask for it."""
    place = await _own(turn, taps.number_of(turn.message.tap))
    if place is None:
        return await _list(turn, turn.say("place-gone"))
    return _ask_name(turn, str(place.place_id))


async def delete(turn: Turn) -> Outcome:
    """Not any more."""
    try:
        await turn.world.places.delete("delete", taps.number_of(turn.message.tap))
    except HailwireError as error:
        return await _refused(turn, error)
    return await _list(turn, turn.say("place-deleted"))


async def _change(turn: Turn, target: str, kind: places_pb2.PlaceKind.ValueType, name: str) -> Outcome:
    """Save a new place, or rename the one that the target names."""
    called = "" if kind != _NAMED else name
    try:
        if target.isdigit():
            change = await turn.world.places.rename("rename", taps.positive(target), kind=kind, name=called)
        else:
            spot = taps.Spot.read(target, turn.now)
            change = await turn.world.places.save(
                "save", kind=kind, name=called, latitude=spot.latitude, longitude=spot.longitude
            )
    except HailwireError as error:
        return await _refused(turn, error)
    if change.merged:
        # Only home, work and school keep their names.
        kept = own_places.name(turn, places_pb2.SavedPlace(kind=change.kind))
        return await _list(turn, turn.say("place-same", place=kept))
    return await _list(turn, turn.say("place-saved", place=name))


async def _refused(turn: Turn, error: HailwireError) -> Outcome:
    """What stands against it, above the places as they are."""
    if error.reason not in _REFUSED:
        raise error
    return await _list(turn, turn.say(_REFUSED[error.reason]))


async def _own(turn: Turn, place_id: int) -> places_pb2.SavedPlace | None:
    own = await turn.world.places.mine()
    return next((place for place in own.saved if place.place_id == place_id), None)


async def _list(turn: Turn, lead: str = "") -> Outcome:
    """What is saved, then where the person was lately, which can be saved by a tap."""
    own = await turn.world.places.mine()
    saved = [own_places.row(turn, place, taps.own_place("show", place.place_id)) for place in own.saved]
    recent = [
        own_places.row(turn, place, taps.keep_place(taps.Spot(place.latitude, place.longitude, turn.now)))
        for place in own.recent
    ]
    ways = (Row(taps.ADD_PLACE, turn.say("row-add-place")), Row(taps.GO_MENU, turn.say("button-menu")))
    rows = (*[*saved, *recent][: own_places.MOST_SAVED], *ways)
    words = turn.say("places-list" if saved else "places-none")
    menu = Menu(menus.body(lead, words), turn.say("label-your-places"), rows)
    return Outcome(remembered(turn).home(), (menu,))


def _target(moment: Moment) -> str:
    """What is to be named: the spot of a new place or the id of a saved one; empty when neither was gathered."""
    text = remembered(moment).gathered.get("target", "")
    try:
        if text.isdigit():
            taps.positive(text)
        else:
            taps.Spot.read(text)
    except taps.TapUnreadable:
        return ""
    return text


def _ask_name(moment: Moment, target: str, lead: str = "") -> Outcome:
    rows = tuple(Row(taps.name_place(word, target), moment.say(key)) for word, (_, key) in own_places.KINDS.items())
    question = Menu(menus.body(lead, moment.say("place-name")), moment.say("label-place-names"), rows)
    return Outcome(remembered(moment).asking(PLACES_NAME, moment.now, target=target), (question,))
