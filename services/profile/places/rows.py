"""Reads and writes the places of people within a transaction that holds the locks of the people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis.database import Database, Session
from services.profile.places import statements
from services.profile.places.place import Called, Kind, Recent, Result, Saved, Spot


async def read_saved(source: Database | Session, person_ids: Collection[int]) -> dict[int, list[Saved]]:
    """By the id asked for, in the order of their saving; nobody is left out."""
    found: dict[int, list[Saved]] = {person_id: [] for person_id in person_ids}
    for row in await source.fetch(statements.LIST_SAVED, list(found)) if found else ():
        found[row["asked_id"]].append(saved(row))
    return found


async def read_recent(source: Database | Session, person_ids: Collection[int]) -> dict[int, list[Recent]]:
    """By the id asked for, the latest first; nobody is left out."""
    found: dict[int, list[Recent]] = {person_id: [] for person_id in person_ids}
    for row in await source.fetch(statements.LIST_RECENT, list(found)) if found else ():
        found[row["asked_id"]].append(recent(row))
    return found


async def write_saved(
    session: Session, person_id: int, before: Sequence[Saved], after: Sequence[Saved]
) -> dict[Saved, int]:
    """Make the rows of a person what `after` says; the ids of those that are new."""
    known = {place.place_id: place for place in before}
    await change_saved(session, {place: person_id for place in after if known.get(place.place_id, place) != place})
    gone = known.keys() - {place.place_id for place in after}
    if gone:
        await session.execute(statements.DELETE_SAVED, sorted(gone))
    return {
        place: await session.fetchval(
            statements.NEW_SAVED,
            person_id,
            place.called.kind.value,
            place.called.name,
            place.spot.latitude,
            place.spot.longitude,
        )
        for place in after
        if not place.place_id
    }


async def write_result(session: Session, person_id: int, saved: dict[int, list[Saved]], result: Result) -> Saved:
    """Write what became of a person's places, and note it in `saved` for whoever is next; the one it was about."""
    ids = await write_saved(session, person_id, saved[person_id], result.places)
    saved[person_id] = [replace(one, place_id=ids.get(one, one.place_id)) for one in result.places]
    return replace(result.about, place_id=ids.get(result.about, result.about.place_id))


async def change_saved(session: Session, owners: Mapping[Saved, int]) -> None:
    """Write existing places anew, each as its owner's; none cost nothing."""
    if owners:
        await session.execute(
            statements.CHANGE_SAVED,
            [place.place_id for place in owners],
            list(owners.values()),
            [place.called.kind.value for place in owners],
            [place.called.name for place in owners],
            [place.spot.latitude for place in owners],
            [place.spot.longitude for place in owners],
        )


async def write_recent(session: Session, person_id: int, after: Sequence[Recent]) -> None:
    """The latest places of a person, instead of what there was."""
    await session.execute(statements.DELETE_RECENT, [person_id])
    if after:
        await session.execute(
            statements.NEW_RECENT,
            [person_id] * len(after),
            list(range(1, len(after) + 1)),
            [one.name for one in after],
            [one.spot.latitude for one in after],
            [one.spot.longitude for one in after],
        )


def saved(row: Any) -> Saved:
    """A saved place of a row."""
    return Saved(row["saved_place_id"], Called(Kind(row["kind"]), row["name"]), _spot(row))


def recent(row: Any) -> Recent:
    """A recent place of a row."""
    return Recent(row["name"], _spot(row))


def _spot(row: Any) -> Spot:
    return Spot(row["latitude"], row["longitude"])
