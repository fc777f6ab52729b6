"""Enrichments between rows and our own values."""

import datetime
from collections.abc import Collection, Sequence
from typing import Any

from chassis.database import Database, Session
from services.profile.enrichments import statements
from services.profile.enrichments.effects import Note
from services.profile.enrichments.item import Item, Source, Status
from services.profile.enrichments.value import Contact, Kind, Moment, Notable, Place, Value, Weekly, kind_of
from services.profile.places.place import Called, Spot
from services.profile.places.place import Kind as PlaceKind


async def read_pending(session: Session, person_ids: Collection[int]) -> dict[int, list[Item]]:
    """What waits for each person's word, oldest first; nobody is left out."""
    found: dict[int, list[Item]] = {person_id: [] for person_id in person_ids}
    for row in await session.fetch(statements.PENDING, list(found)) if found else ():
        found[row["person_id"]].append(item(row))
    return found


async def read_items(source: Database | Session, item_ids: Collection[int]) -> dict[int, Item]:
    """Those that there are, by id."""
    rows = await source.fetch(statements.FIND, list(item_ids)) if item_ids else []
    return {row["item_id"]: item(row) for row in rows}


async def read_notes(session: Session, person_ids: Collection[int]) -> dict[int, list[Note]]:
    """What each person let us keep, by their own id, over or not; nobody is left out."""
    found: dict[int, list[Note]] = {person_id: [] for person_id in person_ids}
    for row in await session.fetch(statements.NOTES, list(found)) if found else ():
        found[row["person_id"]].append(note(row))
    return found


async def insert(session: Session, items: Sequence[Item], now: datetime.datetime) -> None:
    """All of them with one statement; none cost nothing."""
    if not items:
        return
    values = [(*_columns(one.value), *_place_columns(one.value)) for one in items]
    await session.execute(
        statements.INSERT,
        [one.item_id for one in items],
        [one.person_id for one in items],
        [one.source.value for one in items],
        *(list(column) for column in zip(*values, strict=True)),
        now,
    )


async def write_notes(session: Session, person_id: int, before: Sequence[Note], after: Sequence[Note]) -> list[Note]:
    """Make the rows of a person what `after` says; the notes with their ids."""
    gone = {one.note_id for one in before} - {one.note_id for one in after}
    if gone:
        await session.execute(statements.DELETE_NOTES, sorted(gone))
    written = []
    for one in after:
        note_id = one.note_id or await session.fetchval(statements.INSERT_NOTE, person_id, *_columns(one.value))
        written.append(Note(note_id, one.value))
    return written


def item(row: Any) -> Item:
    """An item of a row."""
    return Item(
        item_id=row["item_id"],
        person_id=row["person_id"],
        status=Status(row["status"]),
        source=Source(row["source"]),
        value=_place(row) if row["kind"] == Kind.PLACE else _notable(row),
        created_at=row["created_at"],
        decided_at=row["decided_at"],
        applied_at=row["applied_at"],
    )


def note(row: Any) -> Note:
    """A note of a row."""
    return Note(row["note_id"], _notable(row))


def _place(row: Any) -> Value:
    return Place(Called(PlaceKind(row["place_kind"]), row["name"]), Spot(row["latitude"], row["longitude"]))


def _notable(row: Any) -> Notable:
    if row["kind"] == Kind.CONTACT:
        return Contact(row["name"], row["code"])
    return Moment(row["moment"]) if row["moment"] is not None else Weekly(row["minute_of_day"], row["weekdays"])


def _columns(value: Value) -> tuple[Any, ...]:
    """Kind, name, moment, minute of the day, weekdays, code."""
    kind = kind_of(value).value
    if isinstance(value, Place):
        return kind, value.called.name, None, None, None, None
    if isinstance(value, Contact):
        return kind, value.name, None, None, None, value.code
    if isinstance(value, Moment):
        return kind, "", value.at, None, None, None
    return kind, "", None, value.minute_of_day, value.weekdays, None


def _place_columns(value: Value) -> tuple[Any, ...]:
    """Kind of place, latitude, longitude."""
    if isinstance(value, Place):
        return value.called.kind.value, value.spot.latitude, value.spot.longitude
    return None, None, None
