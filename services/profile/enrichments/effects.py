"""What applying an item makes of a person's places and notes. Nothing is awaited.

An item that would change nothing is refused: nobody is told that something was done when nothing was.
"""

import datetime
from collections.abc import Sequence

from chassis import errors
from chassis.records import record
from services.profile.enrichments.value import Contact, Moment, Notable, Place
from services.profile.places import place
from services.profile.places.place import Kind, Result, Saved

# With the menu and two items that wait they fill a list of ten. Of two people who become one nothing is lost for being
# more: that many may be kept, more may be had.
MOST_TIMES = 3
MOST_CONTACTS = 4


class NothingToApply(errors.Refused):
    """All of it is so already."""

    reason = "NOTHING_TO_APPLY"


class TimeInPast(errors.Refused):
    """That moment is over."""

    reason = "TIME_IN_PAST"


class NotesTooMany(errors.Refused):
    """The person has MOST_TIMES or MOST_CONTACTS already."""

    reason = "NOTES_TOO_MANY"


class NoteNotFound(errors.NotFound):
    """The person has no such note."""

    reason = "NOTE_NOT_FOUND"


@record
class Note:
    """A time or a contact that a person let us keep; its id is 0 until it is written."""

    note_id: int
    value: Notable

    def is_over(self, now: datetime.datetime) -> bool:
        """Whether it means nothing any more."""
        return isinstance(self.value, Moment) and self.value.at <= now


def placed(places: Sequence[Saved], found: Place) -> Result:
    """A person's places with this one; raises NothingToApply or PlacesTooMany.

    What somebody calls a place themselves is better than what we call it: a name of ours changes no name of theirs.
    """
    if found.called.kind is Kind.NAMED and any(one.spot.is_at(found.spot) for one in places):
        raise NothingToApply
    result = place.saved(places, found.called, found.spot)
    if result.merged or result.places == tuple(places):
        raise NothingToApply
    return result


def noted(notes: Sequence[Note], value: Notable, now: datetime.datetime) -> tuple[Note, ...]:
    """A person's notes with this one, which is the last; raises NothingToApply, TimeInPast or NotesTooMany.

    A contact takes the place of those with its name or its code.
    """
    new = Note(0, value)
    current = [note for note in notes if not note.is_over(now)]
    if isinstance(value, Contact):
        contacts = [note.value for note in current if isinstance(note.value, Contact)]
        if any(value.says_the_same(other) for other in contacts):
            raise NothingToApply
        current = [note for note in current if not (isinstance(note.value, Contact) and value.is_like(note.value))]
        beside, most = sum(isinstance(note.value, Contact) for note in current), MOST_CONTACTS
    else:
        if new.is_over(now):
            raise TimeInPast
        if any(note.value == value for note in current):
            raise NothingToApply
        beside, most = sum(not isinstance(note.value, Contact) for note in current), MOST_TIMES
    if beside >= most:
        raise NotesTooMany
    return (*current, new)


def joined(own: Sequence[Note], others: Sequence[Note]) -> tuple[Note, ...]:
    """Those of the other that stay when two people are one: what the first has already, or has otherwise, goes."""
    return tuple(other for other in others if not any(_rivals(note.value, other.value) for note in own))


def forgotten(notes: Sequence[Note], note_id: int) -> Note:
    """The note that shall go; raises NoteNotFound."""
    for note in notes:
        if note.note_id == note_id:
            return note
    raise NoteNotFound


def _rivals(one: Notable, other: Notable) -> bool:
    if isinstance(one, Contact) and isinstance(other, Contact):
        return one.is_like(other)
    return one == other
