"""What was understood, in a town in memory: the rules of the service itself, over lists."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from chassis.errors import InvalidArgument
from hailwire.profile.v1 import enrichments_pb2 as pb
from services.profile.enrichments import effects, item, messages
from services.profile.enrichments.effects import Note
from services.profile.enrichments.item import Item, ItemNotFound, Source, Status
from services.profile.enrichments.value import Contact, Place, Value
from services.profile.places.place import Saved
from services.profile.wallet.account import PayeeUnknown, TransferToSelf
from tests.gateway.conversations.bank import Bank
from tests.gateway.conversations.town_places import Gazetteer

Kept = TypeVar("Kept")


class Desk:
    """Items and notes of everybody."""

    def __init__(self, gazetteer: Gazetteer, bank: Bank) -> None:
        self.gazetteer = gazetteer
        self.bank = bank
        self.items: dict[int, Item] = {}
        self.notes: dict[int, tuple[Note, ...]] = {}
        self.ids = itertools.count(1)

    def of(self, person_id: int) -> list[Item]:
        """The person's, newest first."""
        return [one for one in reversed(self.items.values()) if one.person_id == person_id]


class PersonsEnrichments:
    """One person's, for one message; `once` is the ledger."""

    def __init__(
        self,
        desk: Desk,
        person_id: int,
        now: datetime,
        once: Callable[[str, object, Callable[[], Any]], Any],
    ) -> None:
        self.desk = desk
        self.me = person_id
        self.now = now
        self._once = once

    async def add(
        self, step: str, source: pb.ItemSource.ValueType, understood: Sequence[pb.Understood]
    ) -> list[pb.EnrichmentItem]:
        kept = []
        for one in understood:
            try:
                value = messages.value(one)
            except InvalidArgument:
                continue
            word = f"{step}:{one.WhichOneof('value')}"
            kept.append(messages.item(self._kept(word, str(one), partial(self._added, source, value))))
        return kept

    def _added(self, source: int, value: Value) -> Item:
        for waiting in self.desk.of(self.me):
            if waiting.status is Status.PENDING and waiting.value == value:
                return waiting
        new = Item(next(self.desk.ids), self.me, Status.PENDING, Source(source), value, self.now)
        self.desk.items[new.item_id] = new
        return new

    async def items(self, item_ids: Sequence[int]) -> list[pb.EnrichmentItem]:
        return [messages.item(one) for item_id in item_ids if (one := self._mine(item_id)) is not None]

    async def pending(self, most: int) -> list[pb.EnrichmentItem]:
        waiting = [one for one in self.desk.of(self.me) if one.status is Status.PENDING]
        return [messages.item(one) for one in waiting[:most]]

    async def decide(self, step: str, item_id: int, *, confirmed: bool) -> None:
        def change() -> None:
            status = Status.CONFIRMED if confirmed else Status.REJECTED
            self.desk.items[item_id] = item.decided(self._found(item_id), status, self.now)

        self._kept(step, ("decide", item_id, confirmed), change)

    async def apply(self, step: str, item_id: int) -> None:
        def change() -> None:
            found = self._found(item_id)
            applied = item.applied(found, self.now)
            if isinstance(found.value, Place):
                gazetteer = self.desk.gazetteer
                result = effects.placed(gazetteer.own(self.me), found.value)
                gazetteer.saved[self.me] = tuple(self._with_id(one) for one in result.places)
            else:
                if isinstance(found.value, Contact):
                    payee_id = self.desk.bank.codes.get(found.value.code)
                    if payee_id is None:
                        raise PayeeUnknown
                    if payee_id == self.me:
                        raise TransferToSelf
                after = effects.noted(self.desk.notes.get(self.me, ()), found.value, self.now)
                self.desk.notes[self.me] = (*after[:-1], Note(next(self.desk.ids), found.value))
            self.desk.items[item_id] = applied

        self._kept(step, ("apply", item_id), change)

    async def notes(self) -> list[pb.Note]:
        return [
            pb.Note(note_id=one.note_id, understood=messages.understood(one.value))
            for one in self.desk.notes.get(self.me, ())
            if not one.is_over(self.now)
        ]

    async def forget(self, step: str, note_id: int) -> None:
        def change() -> None:
            notes = self.desk.notes.get(self.me, ())
            gone = effects.forgotten(notes, note_id)
            self.desk.notes[self.me] = tuple(one for one in notes if one is not gone)

        self._kept(step, ("forget", note_id), change)

    def _with_id(self, one: Saved) -> Saved:
        return one if one.place_id else replace(one, place_id=next(self.desk.gazetteer.ids))

    def _mine(self, item_id: int) -> Item | None:
        one = self.desk.items.get(item_id)
        return one if one is not None and one.person_id == self.me else None

    def _found(self, item_id: int) -> Item:
        one = self._mine(item_id)
        if one is None:
            raise ItemNotFound
        return one

    def _kept(self, step: str, fingerprint: object, change: Callable[[], Kept]) -> Kept:
        kept: Kept = self._once(step, fingerprint, change)
        return kept
