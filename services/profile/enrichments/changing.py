"""What people say about items, and what comes of it: in one transaction with what it changes and the audit of it."""

import datetime
from collections.abc import Sequence
from typing import TypeAlias

from chassis import errors
from chassis.database import Session
from chassis.records import record
from services.profile import audit
from services.profile import statements as people_statements
from services.profile.audit import Entry
from services.profile.enrichments import effects, item, messages, rows, statements
from services.profile.enrichments.effects import Note
from services.profile.enrichments.item import Item, ItemNotFound, Status
from services.profile.enrichments.locking import LockedPeople
from services.profile.enrichments.value import Contact, Notable, Place, kind_of
from services.profile.person import PersonNotFound
from services.profile.places import rows as place_rows
from services.profile.places.place import Saved
from services.profile.wallet.account import PayeeUnknown, TransferToSelf


@record
class Decide:
    """Yes or no to an item."""

    person_id: int
    item_id: int
    status: Status


@record
class Apply:
    """Let an item count."""

    person_id: int
    item_id: int


@record
class Forget:
    """A note shall go."""

    person_id: int
    note_id: int


Order: TypeAlias = Decide | Apply | Forget


class Changing:
    """Orders inside one transaction. Whoever changes anything of a person's holds the person."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._people = LockedPeople(session)
        self._items: dict[int, Item] = {}
        self._notes: dict[int, list[Note]] = {}
        self._saved: dict[int, list[Saved]] = {}
        self._payees: dict[str, int | None] = {}
        self._entries: list[Entry] = []

    async def lock(self, orders: Sequence[Order], *, wait: bool) -> set[int]:
        """The people whose items they are."""
        return await self._people.lock([order.person_id for order in orders], wait=wait)

    async def decide(self, orders: Sequence[Order]) -> list[bytes | errors.HailwireError]:
        """In order; a refusal is an outcome like any other, but what is asked for nobody is not kept."""
        now = await self._session.fetchval(people_statements.NOW)
        await self._read(orders)
        before = {one.item_id: one.status for one in self._items.values()}
        outcomes: list[bytes | errors.HailwireError] = []
        for order in orders:
            person_id = self._people.whole(order.person_id)
            if person_id is None:
                outcomes.append(PersonNotFound())
                continue
            try:
                outcomes.append(await self._carry_out(person_id, order, now))
            except errors.HailwireError as refusal:
                outcomes.append(messages.refused(refusal))
        await self._write(before)
        await audit.write(self._session, self._entries)
        return outcomes

    async def _read(self, orders: Sequence[Order]) -> None:
        """Everything that the orders are about, with a statement for each sort of thing."""
        self._items = await rows.read_items(
            self._session, {order.item_id for order in orders if not isinstance(order, Forget)}
        )
        changing = [order for order in orders if not isinstance(order, Decide)]
        people = self._people.everybody([order.person_id for order in changing])
        applied = [self._items[one.item_id].value for one in changing if isinstance(one, Apply) and self._is(one)]
        self._notes = await rows.read_notes(self._session, people)
        if any(isinstance(value, Place) for value in applied):
            self._saved = await place_rows.read_saved(self._session, people)
        if codes := sorted({value.code for value in applied if isinstance(value, Contact)}):
            found = await self._session.fetch(statements.PAYEES, codes)
            self._payees = {row["code"]: row["person_id"] for row in found}

    def _is(self, order: Apply) -> bool:
        return order.item_id in self._items

    async def _carry_out(self, person_id: int, order: Order, now: datetime.datetime) -> bytes:
        if isinstance(order, Forget):
            return await self._forget(person_id, order.note_id)
        found = self._items.get(order.item_id)
        if found is None or found.person_id != person_id:
            raise ItemNotFound
        if isinstance(order, Decide):
            changed = item.decided(found, order.status, now)
            if changed is not found:
                self._note(changed, {})
            return messages.change(changed)
        changed = item.applied(found, now)
        if isinstance(found.value, Place):
            place_id = await self._place(person_id, found.value)
            self._note(changed, {"place": place_id})
            return messages.change(changed, place_id=place_id)
        note_id = await self._keep(person_id, found.value, now)
        self._note(changed, {"note": note_id})
        return messages.change(changed, note_id=note_id)

    def _note(self, changed: Item, became: dict[str, int]) -> None:
        """The item is so from now on, which the audit log tells without what it was."""
        self._items[changed.item_id] = changed
        detail: audit.Detail = {"item": changed.item_id, "kind": kind_of(changed.value).name.lower(), **became}
        action = f"enrichment.{changed.status.name.lower()}"
        self._entries.append(Entry(action, changed.person_id, audit.PERSON, detail))

    async def _place(self, person_id: int, found: Place) -> int:
        result = effects.placed(self._saved[person_id], found)
        return (await place_rows.write_result(self._session, person_id, self._saved, result)).place_id

    async def _keep(self, person_id: int, value: Notable, now: datetime.datetime) -> int:
        if isinstance(value, Contact):
            payee_id = self._payees.get(value.code)
            if payee_id is None:
                raise PayeeUnknown
            if payee_id == person_id:
                raise TransferToSelf
        before = self._notes[person_id]
        after = effects.noted(before, value, now)
        self._notes[person_id] = await rows.write_notes(self._session, person_id, before, after)
        return self._notes[person_id][-1].note_id

    async def _forget(self, person_id: int, note_id: int) -> bytes:
        before = self._notes[person_id]
        gone = effects.forgotten(before, note_id)
        after = [note for note in before if note is not gone]
        self._notes[person_id] = await rows.write_notes(self._session, person_id, before, after)
        detail: audit.Detail = {"note": note_id, "kind": kind_of(gone.value).name.lower()}
        self._entries.append(Entry("note.forgotten", person_id, audit.PERSON, detail))
        return messages.forgotten(gone)

    async def _write(self, before: dict[int, Status]) -> None:
        """Only from the status that was read; Conflict when an item went meanwhile, because its days were over."""
        changed = [one for one in self._items.values() if one.status is not before[one.item_id]]
        if not changed:
            return
        written = await self._session.execute(
            statements.UPDATE,
            [one.item_id for one in changed],
            [before[one.item_id].value for one in changed],
            [one.status.value for one in changed],
            [one.decided_at for one in changed],
            [one.applied_at for one in changed],
        )
        if written != len(changed):
            raise errors.Conflict("an item changed meanwhile")
