"""Two people who are one: items and notes of one of them become the other's, in the transaction that merges them."""

from collections.abc import Mapping

from chassis.database import Session
from services.profile.enrichments import effects, rows, statements


async def merge_enrichments(session: Session, absorbed: Mapping[int, int]) -> None:
    """From each absorbed person to their survivor; the people are locked.

    All items stay what they are. Of notes that say the same or stand in each other's way, the survivor's count.
    """
    await session.execute(statements.MERGE, list(absorbed), list(absorbed.values()))
    notes = await rows.read_notes(session, {*absorbed, *absorbed.values()})
    moved: dict[int, int] = {}
    gone: list[int] = []
    for former_id, person_id in absorbed.items():
        staying = effects.joined(notes[person_id], notes[former_id])
        moved |= {note.note_id: person_id for note in staying}
        gone += [note.note_id for note in notes[former_id] if note not in staying]
        notes[person_id] = [*notes[person_id], *staying]
    if moved:
        await session.execute(statements.MOVE_NOTES, list(moved), list(moved.values()))
    if gone:
        await session.execute(statements.DELETE_NOTES, gone)
