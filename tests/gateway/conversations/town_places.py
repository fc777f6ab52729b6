"""Places by name in a town in memory: the rules of the service itself, over lists."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from hailwire.profile.v1 import places_pb2 as pb
from services.gateway.conversations.gazetteer import PLACES
from services.profile.places import matching, messages, place
from services.profile.places.matching import Candidate
from services.profile.places.place import Called, Known, Recent, Result, Saved, Spot

Kept = TypeVar("Kept")


class Gazetteer:
    """The landmarks, and what each person saved."""

    def __init__(self) -> None:
        self.saved: dict[int, tuple[Saved, ...]] = {}
        self.recent: dict[int, tuple[Recent, ...]] = {}
        self.ids = itertools.count(1)

    def own(self, person_id: int) -> tuple[Saved, ...]:
        return self.saved.get(person_id, ())

    def search(self, text: str) -> list[pb.KnownPlace]:
        """By the rules of the service; likeness is the share of letter triples."""
        wanted = matching.searchable(text)
        candidates = [
            Candidate(number, name, _likeness(wanted, name))
            for number, one in enumerate(PLACES)
            for name in {place.folded(called) for called in (one.name, *one.names)}
        ]
        found = [PLACES[number] for number in matching.chosen(wanted, candidates)] if wanted else []
        return list(messages.found([Known(one.name, Spot(one.latitude, one.longitude)) for one in found]).found.places)


class PersonsOwnPlaces:
    """One person's, for one message; `once` is the ledger."""

    def __init__(
        self, gazetteer: Gazetteer, person_id: int, once: Callable[[str, object, Callable[[], Any]], Any]
    ) -> None:
        self.gazetteer = gazetteer
        self.me = person_id
        self._once = once

    async def search(self, text: str) -> list[pb.KnownPlace]:
        return self.gazetteer.search(text)

    async def mine(self) -> pb.PersonPlaces:
        saved = self.gazetteer.own(self.me)
        recent = [
            one
            for one in self.gazetteer.recent.get(self.me, ())
            if not any(known.spot.is_at(one.spot) for known in saved)
        ]
        return messages.places(saved, recent).places

    async def save(
        self, step: str, *, kind: pb.PlaceKind.ValueType, name: str, latitude: float, longitude: float
    ) -> pb.PlaceChange:
        spot = Spot.checked(latitude, longitude)
        return self._kept(
            step,
            ("save", kind, name, latitude, longitude),
            lambda: self._changed(place.saved(self.gazetteer.own(self.me), Called.checked(kind, name), spot)),
        )

    async def rename(self, step: str, place_id: int, *, kind: pb.PlaceKind.ValueType, name: str) -> pb.PlaceChange:
        return self._kept(
            step,
            ("rename", place_id, kind, name),
            lambda: self._changed(place.renamed(self.gazetteer.own(self.me), place_id, Called.checked(kind, name))),
        )

    async def delete(self, step: str, place_id: int) -> pb.PlaceChange:
        return self._kept(
            step,
            ("delete", place_id),
            lambda: self._changed(place.deleted(self.gazetteer.own(self.me), place_id)),
        )

    async def visit(self, step: str, *, name: str, latitude: float, longitude: float) -> None:
        def change() -> pb.PlaceChange:
            seen = Recent(name, Spot.checked(latitude, longitude))
            self.gazetteer.recent[self.me] = place.visited(self.gazetteer.recent.get(self.me, ()), seen)
            return pb.PlaceChange()

        self._kept(step, ("visit", name, latitude, longitude), change)

    def _changed(self, result: Result) -> pb.PlaceChange:
        """Remember what became of them; what is new gets its id."""
        new = next((one for one in result.places if not one.place_id), None)
        made = None if new is None else replace(new, place_id=next(self.gazetteer.ids))
        self.gazetteer.saved[self.me] = tuple(made if one is new and made else one for one in result.places)
        about = made if made is not None and result.about is new else result.about
        return messages.change_result(replace(result, about=about)).change

    def _kept(self, step: str, fingerprint: object, change: Callable[[], Kept]) -> Kept:
        kept: Kept = self._once(step, fingerprint, change)
        return kept


def _likeness(wanted: str, name: str) -> float:
    asked, known = _triples(wanted), _triples(name)
    return len(asked & known) / len(asked) if asked else 0.0


def _triples(text: str) -> set[str]:
    padded = [f"  {word} " for word in text.split()]
    return {word[start : start + 3] for word in padded for start in range(len(word) - 2)}
