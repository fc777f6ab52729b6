"""What may be wrong with the notes to those who waited long, beside what may be wrong with any reply."""

from dataclasses import replace

from services.gateway.waiting import NOTE_POSITION
from tests.chaos.plants import Plant, a_message, a_reply, an_event, changed, with_notes

NOTES: dict[str, tuple[Plant, str, str]] = {
    "a note instead of an answer": (
        lambda left: replace(left, replies=changed(left.replies, a_reply(left), position=NOTE_POSITION)),
        "replies lost",
        "has no answer",
    ),
    "a note after the answer": (
        lambda left: with_notes(left, a_message(left), before=False),
        "replies reordered",
        "after the answer",
    ),
    "a note doubled": (
        lambda left: with_notes(left, a_message(left), count=2),
        "replies doubled",
        "has replies",
    ),
    "a note to nobody who waits": (
        lambda left: with_notes(left, an_event(left)),
        "replies wrong",
        "that nobody minds",
    ),
}
