"""What free text holds that may be worth keeping: a place, a time, a contact. Only what is clear counts.

Nothing is kept by this alone: the person is asked (enrichments.py). A contact is a name beside a wallet code; phone
numbers are left alone, because nothing here may use somebody else's.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import places_pb2
from services.gateway.conversations import enrichments_words, own_places, places, time_words
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.moments import When
from services.gateway.conversations.places import Found, folded
from services.gateway.conversations.turn import Turn
from services.gateway.conversations.understood_words import ABOUT_CONTACTS, ABOUT_PLACES, MOVING
from services.gateway.messages import Message, MessageKind

# Whoever writes more tells a story.
_LONGEST = 200
_MOST_WORDS = 20
# What the name of a place or a person may have (services/profile/places/place.py).
_LONGEST_NAME = 40
_MOST_NAMED = 5
# Shorter words alone name no place that could be told from another word.
_SHORTEST = 4

# As the profile service draws them, spaced as people type; whether it is one is known there.
_CODE = re.compile(r"(?<!\w)hw[-_. ]?[2-9a-hjkmnp-z]{7}(?!\w)", re.ASCII | re.IGNORECASE)
_AROUND_NAMES = ".,;:!?()[]\"'\u2019\u201c\u201d-"


async def read(turn: Turn) -> list[pb.Understood]:
    """At most one of each kind, a place or a contact first; none of a message that is long under way."""
    text = turn.message.text
    if turn.stale or len(text) > _LONGEST or len(text.split()) > _MOST_WORDS:
        return []
    codes = _CODE.findall(text)
    if len(codes) > 1:
        return []
    time, rest = await time_words.taken(_CODE.sub(" ", text).split(), turn.language, turn.now, turn.zone)
    who_or_where = _contact(codes[0], rest) if codes else await _place(turn, rest)
    found = [] if who_or_where is None else [who_or_where]
    return found if time is None else [*found, pb.Understood(time=enrichments_words.time(_in_minutes(time)))]


def _in_minutes(time: When) -> When:
    """As it is shown: "in two hours", said twice within a minute, is one time."""
    return time.replace(second=0, microsecond=0) if isinstance(time, datetime) else time


def _contact(code: str, tokens: Sequence[str]) -> pb.Understood | None:
    """The name that stands beside a wallet code."""
    printable = ("".join(filter(str.isprintable, token)) for token in tokens)
    bare = [re.sub(r"['\u2019]s$", "", word.strip(_AROUND_NAMES)) for word in printable]
    # Neither amounts nor phone numbers are part of a name, and somebody else's number is not ours to keep.
    words = [word for word in bare if not any(map(str.isdigit, word))]
    names = [word for word in words if folded(word) and folded(word) not in ABOUT_CONTACTS]
    name = " ".join(names)
    if not name or len(names) > _MOST_NAMED or len(name) > _LONGEST_NAME:
        return None
    return pb.Understood(contact=pb.UnderstoodContact(name=name, wallet_code=f"HW-{code[-7:].upper()}"))


async def _place(turn: Turn, tokens: Sequence[str]) -> pb.Understood | None:
    """The one place that the words can mean, if the person has not saved it yet."""
    kind, said = _kind(folded(" ".join(tokens)).split())
    words = [word for word in said if word not in ABOUT_PLACES]
    if not 0 < len(words) <= _MOST_NAMED:
        return None
    wanted = " ".join(words)
    found = await _named(turn, wanted)
    if found is None or (kind == places_pb2.PLACE_KIND_UNSPECIFIED and await _is_saved(turn, found, wanted)):
        return None
    return pb.Understood(
        place=pb.UnderstoodPlace(
            kind=kind, name=found.name[:_LONGEST_NAME].rstrip(), latitude=found.latitude, longitude=found.longitude
        )
    )


def _kind(words: list[str]) -> tuple[places_pb2.PlaceKind.ValueType, list[str]]:
    """Whether they say that something is home, work or school; and the other words."""
    for kind, key in own_places.KINDS.values():
        for language in LANGUAGES:
            said = folded(t(language, key)).split()
            for first in range(len(words) - len(said) + 1):
                if words[first : first + len(said)] == said:
                    others = words[:first] + words[first + len(said) :]
                    return (places_pb2.PLACE_KIND_UNSPECIFIED if MOVING & set(others) else kind), others
    return places_pb2.PLACE_KIND_UNSPECIFIED, words


async def _named(turn: Turn, wanted: str) -> Found | None:
    """A landmark of that name, or the only place of the gazetteer that it can mean."""
    known = places.read(Message(MessageKind.TEXT, text=wanted))
    if known:
        return known[0] if known[0].name else None
    if max(map(len, wanted.split())) < _SHORTEST:
        return None
    found = await turn.world.places.search(wanted)
    return Found(found[0].latitude, found[0].longitude, found[0].name) if len(found) == 1 else None


async def _is_saved(turn: Turn, found: Found, wanted: str) -> bool:
    """Whether the person has it already, or means a place of theirs that is called so."""
    own = await turn.world.places.mine()
    return any(
        wanted in own_places.spellings(place)
        or places.meters(found.latitude, found.longitude, place.latitude, place.longitude) <= own_places.SAME_METERS
        for place in own.saved
    )
