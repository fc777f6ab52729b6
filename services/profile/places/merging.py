"""Two people who are one: the places of one of them become the other's, in the transaction that merges them."""

from collections.abc import Mapping

from chassis.database import Session
from services.profile.places import place, rows, statements
from services.profile.places.place import Recent, Saved


async def merge_places(session: Session, absorbed: Mapping[int, int]) -> None:
    """From each absorbed person to their survivor; the people are locked, and `merged_into` is written already.

    What has the name of a place of the survivor's, or lies at one, becomes a recent place: nothing that was saved is
    lost without a trace, and nobody has two homes.
    """
    # Read under their own ids: a merged person's id leads to the survivor's places by now.
    everybody = sorted({*absorbed, *absorbed.values()})
    saved, recent = await _own(session, everybody)
    if not any(saved[person_id] or recent[person_id] for person_id in absorbed):
        return
    for former_id, person_id in absorbed.items():
        saved_after, left_over = place.joined(saved[person_id], saved[former_id])
        moved = set(saved_after) & set(saved[former_id])
        await rows.change_saved(session, dict.fromkeys(moved, person_id))
        if left_over:
            await session.execute(statements.DELETE_SAVED, [one.place_id for one in left_over])
        former = [*recent[former_id], *(Recent(one.called.name, one.spot) for one in left_over)]
        if former:
            after = tuple(recent[person_id])
            # The survivor's own are the latest: visited last, the first of the other's before them.
            for one in [*reversed(former), *reversed(after)]:
                after = place.visited(after, one)
            await rows.write_recent(session, former_id, ())
            await rows.write_recent(session, person_id, after)
            recent[person_id] = list(after)
        saved[person_id], saved[former_id], recent[former_id] = list(saved_after), [], []


async def _own(session: Session, people: list[int]) -> tuple[dict[int, list[Saved]], dict[int, list[Recent]]]:
    """What lies under each id itself."""
    saved: dict[int, list[Saved]] = {person_id: [] for person_id in people}
    recent: dict[int, list[Recent]] = {person_id: [] for person_id in people}
    for row in await session.fetch(statements.OWN_SAVED, people):
        saved[row["person_id"]].append(rows.saved(row))
    for row in await session.fetch(statements.OWN_RECENT, people):
        recent[row["person_id"]].append(rows.recent(row))
    return saved, recent
