"""Faults to plant into a clean run, and what the checker must say of each."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hailwire.trips.v1 import events_pb2
from tests.chaos.check_trips import COMPLETED
from tests.chaos.snapshot import Item, Offer, Reply, Send, Snapshot, Trip

T = TypeVar("T")
Plant = Callable[[Snapshot], Snapshot]


def without(rows: Sequence[T], row: T) -> tuple[T, ...]:
    return tuple(one for one in rows if one is not row)


def changed(rows: Sequence[T], row: T, **fields: Any) -> tuple[T, ...]:
    return tuple(replace(one, **fields) if one is row else one for one in rows)  # type: ignore[type-var]


def rows_of(left: Snapshot, table: str) -> tuple[Any, ...]:
    return tuple(getattr(left, table))


def with_rows(left: Snapshot, table: str, rows: Sequence[Any]) -> Snapshot:
    fields: dict[str, Any] = {table: tuple(rows)}
    return replace(left, **fields)


def a_message(left: Snapshot) -> Item:
    """One that a rider wrote in the middle of the run."""
    found = [item for item in left.items if item.kind == "message" and item.says.startswith("ride")]
    return found[len(found) // 2]


def an_event(left: Snapshot, kind: int = events_pb2.EVENT_KIND_DRIVER_ARRIVED) -> Item:
    return next(item for item in left.items if item.told is not None and item.told.kind == kind)


def a_reply(left: Snapshot) -> Reply:
    cause = a_message(left).key
    return next(reply for reply in left.replies if reply.cause == cause)


def a_send(left: Snapshot) -> Send:
    return next(send for send in left.sends if send.outbox_id == a_reply(left).outbox_id)


def a_trip(left: Snapshot) -> Trip:
    return next(trip for trip in left.trips if trip.state == COMPLETED)


def a_stranger(left: Snapshot) -> str:
    """An address of somebody else than a_reply is for."""
    own = a_reply(left).address
    return next(reply.address for reply in left.replies if reply.address != own)


def swapped(left: Snapshot, one: Any, other: Any) -> Snapshot:
    """Two items of the inbox in each other's place."""
    items = changed(changed(left.items, one, inbox_id=other.inbox_id), other, inbox_id=one.inbox_id)
    return replace(left, items=tuple(sorted(items, key=lambda item: item.inbox_id)))


def of_one_person(left: Snapshot) -> list[Item]:
    """The items of the conversation of a_message."""
    conversation = a_message(left).conversation_id
    return [item for item in left.items if item.conversation_id == conversation and item.kind == "message"]


def two_replies_of_one_person(left: Snapshot) -> tuple[Reply, Reply]:
    conversation = a_message(left).conversation_id
    found = [reply for reply in left.replies if reply.conversation_id == conversation]
    return found[2], found[3]


def swap_replies(left: Snapshot) -> Snapshot:
    one, other = two_replies_of_one_person(left)
    replies = changed(changed(left.replies, one, cause=other.cause), other, cause=one.cause)
    return replace(left, replies=replies)


def swap_sends(left: Snapshot) -> Snapshot:
    one, other = (
        next(send for send in left.sends if send.outbox_id == reply.outbox_id)
        for reply in two_replies_of_one_person(left)
    )
    return replace(left, sends=changed(changed(left.sends, one, number=other.number), other, number=one.number))


def two_events_of_one_trip(left: Snapshot) -> tuple[Item, Item]:
    trip_id = a_trip(left).trip_id
    first, second = (
        next(
            item
            for item in left.items
            if item.told is not None and item.told.kind == kind and item.told.trip_id == trip_id
        )
        for kind in (events_pb2.EVENT_KIND_TRIP_ACCEPTED, events_pb2.EVENT_KIND_TRIP_STARTED)
    )
    return first, second


def other_step(left: Snapshot, **fields: Any) -> Snapshot:
    trip_id = a_trip(left).trip_id
    step = next(one for one in left.changes if one.trip_id == trip_id and one.step == "advance")
    return replace(left, changes=changed(left.changes, step, **fields))


def a_person_of(left: Snapshot, role: str) -> Any:
    return next(one for one in left.people if one.role == role and one.completed)


def another_accepts(left: Snapshot) -> Snapshot:
    trip = a_trip(left)
    offers = (*trip.offers, Offer(10**9, 10**9, 2))
    return replace(left, trips=changed(left.trips, trip, offers=offers))


def frenchman_hears_english(left: Snapshot) -> Snapshot:
    reply = next(one for one in left.replies if one.words.startswith(("Votre course est", "Your trip is complete")))
    french = reply.words.startswith("Votre")
    words = "Your trip is complete. Thank you for riding with us!" if french else "Votre course est terminée. Merci"
    send = next(send for send in left.sends if send.outbox_id == reply.outbox_id)
    return replace(
        left, replies=changed(left.replies, reply, words=words), sends=changed(left.sends, send, words=words)
    )


def forge(left: Snapshot) -> Snapshot:
    item = a_message(left)
    forged = replace(item, message_id="wamid.F04CED1", key=b"f" * 16, inbox_id=left.items[-1].inbox_id + 1)
    return replace(left, items=(*left.items, forged), keys=left.keys | {forged.key})


def backwards(left: Snapshot) -> Snapshot:
    reply = a_reply(left)
    assert reply.delivery == "delivered"
    return replace(left, replies=changed(left.replies, reply, delivery="sent"))


def shift_key(left: Snapshot) -> Snapshot:
    return replace(left, keys=left.keys - {a_message(left).key})


def in_another_conversation(left: Snapshot) -> Snapshot:
    other = next(one for one in left.conversations if one.conversation_id != a_message(left).conversation_id)
    return replace(left, items=changed(left.items, a_message(left), conversation_id=other.conversation_id))


# What is planted, and what must be found: "subject kind" and a few of the words.
PLANTS: dict[str, tuple[Plant, str, str]] = {
    "a message lost from the inbox": (
        lambda left: replace(left, items=without(left.items, a_message(left))),
        "messages lost",
        "written and not stored",
    ),
    "a message lost with its key": (
        lambda left: replace(left, items=without(left.items, a_message(left)), keys=left.keys - {a_message(left).key}),
        "messages lost",
        "written and not stored",
    ),
    "a key lost": (shift_key, "messages wrong", "without its key"),
    "a place in the order given to nobody": (
        lambda left: replace(left, conversations=changed(left.conversations, left.conversations[0], next_seq=10**6)),
        "messages lost",
        "places for",
    ),
    "a message doubled": (
        lambda left: replace(left, items=(*left.items, replace(a_message(left), inbox_id=10**9, key=b"x" * 16))),
        "messages doubled",
        "stored twice",
    ),
    "a message doubled under its key": (
        lambda left: replace(left, items=(*left.items, replace(a_message(left), inbox_id=10**9))),
        "messages doubled",
        "two items of one key",
    ),
    "two messages swapped": (
        lambda left: swapped(left, of_one_person(left)[1], of_one_person(left)[2]),
        "messages reordered",
        "stored before an earlier one",
    ),
    "a message that nobody wrote": (
        lambda left: replace(
            left, written=tuple(one for one in left.written if one.message_id != a_message(left).message_id)
        ),
        "messages wrong",
        "written by nobody",
    ),
    "a forged message stored": (forge, "messages wrong", "forged and stored"),
    "a forged post taken": (
        lambda left: replace(left, forged_taken=1),
        "messages wrong",
        "not refused",
    ),
    "a message of somebody else": (
        lambda left: replace(left, items=changed(left.items, a_message(left), addresses=(a_stranger(left),))),
        "messages wrong",
        "stored for somebody else",
    ),
    "a message in a stranger's conversation": (in_another_conversation, "messages wrong", "conversations"),
    "an address in a stranger's conversation": (
        lambda left: replace(
            left,
            conversations=changed(
                left.conversations,
                next(one for one in left.conversations if one.conversation_id == a_message(left).conversation_id),
                addresses=("wa:+250799999999",),
            ),
        ),
        "messages wrong",
        "shares the conversation",
    ),
    "a pending row": (
        lambda left: replace(left, in_flight={"messages pending": 1}),
        "messages stuck",
        "messages pending",
    ),
    "a message among the dead letters": (
        lambda left: replace(left, dead_letters=(("message", "a bug"),)),
        "messages lost",
        "dead letter",
    ),
    "a reply lost": (
        lambda left: replace(left, replies=without(left.replies, a_reply(left))),
        "replies lost",
        "has no answer",
    ),
    "an event told to nobody": (
        lambda left: replace(left, replies=tuple(one for one in left.replies if one.cause != an_event(left).key)),
        "replies lost",
        "was told to nobody",
    ),
    "a reply doubled": (
        lambda left: replace(left, replies=(*left.replies, replace(a_reply(left), outbox_id=10**9))),
        "replies doubled",
        "has replies",
    ),
    "a gap among replies": (
        lambda left: replace(left, replies=changed(left.replies, a_reply(left), position=1)),
        "replies lost",
        "has replies",
    ),
    "two replies swapped": (swap_replies, "replies reordered", "answers an earlier message"),
    "a reply to nothing": (
        lambda left: replace(left, replies=changed(left.replies, a_reply(left), cause=b"nothing")),
        "replies wrong",
        "answers nothing",
    ),
    "a reply for somebody else": (
        lambda left: replace(left, replies=changed(left.replies, a_reply(left), address=a_stranger(left))),
        "replies wrong",
        "and is for",
    ),
    "a reply in another language": (frenchman_hears_english, "replies wrong", "is not in"),
    "a reply that is still queued": (
        lambda left: replace(left, replies=changed(left.replies, a_reply(left), state="queued")),
        "replies stuck",
        "is queued",
    ),
    "a reply given up": (
        lambda left: replace(left, replies=changed(left.replies, a_reply(left), state="skipped")),
        "replies lost",
        "is skipped",
    ),
    "a send lost": (
        lambda left: replace(left, sends=without(left.sends, a_send(left))),
        "replies lost",
        "never sent",
    ),
    "a send doubled without a cause": (
        lambda left: replace(
            left,
            sends=(*left.sends, replace(a_send(left), number=10**9)),
            replies=changed(left.replies, a_reply(left), attempts=2),
        ),
        "replies doubled",
        "without a cause",
    ),
    "a send more than was attempted": (
        lambda left: replace(left, sends=(*left.sends, replace(a_send(left), number=10**9))),
        "replies doubled",
        "in 1 attempts",
    ),
    "two sends swapped": (swap_sends, "replies reordered", "got reply"),
    "a send to somebody else": (
        lambda left: replace(left, sends=changed(left.sends, a_send(left), to="+250799999999")),
        "replies wrong",
        "was sent to",
    ),
    "a send in other words": (
        lambda left: replace(left, sends=changed(left.sends, a_send(left), words="Something else")),
        "replies wrong",
        "in other words",
    ),
    "a send of nothing": (
        lambda left: replace(left, sends=(*left.sends, replace(a_send(left), number=10**9, outbox_id=10**9))),
        "replies wrong",
        "which is not there",
    ),
    "a person who still waits": (
        lambda left: replace(left, people=changed(left.people, left.people[0], waits_for="an answer")),
        "replies stuck",
        "waits for an answer",
    ),
    "a status moved backwards": (backwards, "statuses lost", "is sent by its row"),
    "a status from nowhere": (
        lambda left: replace(left, replies=changed(left.replies, a_reply(left), delivery="read")),
        "statuses wrong",
        "which nobody told",
    ),
    "a trip lost": (
        lambda left: replace(left, trips=without(left.trips, a_trip(left))),
        "trips lost",
        "made and not there",
    ),
    "a trip doubled": (
        lambda left: replace(left, trips=(*left.trips, a_trip(left))),
        "trips doubled",
        "several rows",
    ),
    "a trip that people did not see": (
        lambda left: replace(left, people=changed(left.people, a_person_of(left, "passenger"), completed=0)),
        "trips doubled",
        "saw 0 trips completed",
    ),
    "a trip that is still open": (
        lambda left: replace(left, trips=changed(left.trips, a_trip(left), state=4)),
        "trips stuck",
        "left in state 4",
    ),
    "a trip with two drivers": (another_accepts, "trips doubled", "was accepted by 2"),
    "a trip with a driver who did not accept": (
        lambda left: replace(left, trips=changed(left.trips, a_trip(left), driver_id=10**9)),
        "trips wrong",
        "another driver",
    ),
    "a step lost": (lambda left: other_step(left, refused=True), "trips lost", "without"),
    "a step doubled": (
        lambda left: replace(
            left,
            changes=(
                *left.changes,
                next(one for one in left.changes if one.trip_id == a_trip(left).trip_id and one.step == "advance"),
            ),
        ),
        "trips doubled",
        "came 2 times",
    ),
    "steps in another order": (
        lambda left: replace(left, changes=tuple(reversed(left.changes))),
        "trips reordered",
        "went",
    ),
    "a change that nobody asked for": (
        lambda left: other_step(left, cause=b"nobody"),
        "trips wrong",
        "no message caused",
    ),
    "an event lost": (
        lambda left: replace(left, items=without(left.items, an_event(left))),
        "events lost",
        "nobody heard of",
    ),
    "an event doubled": (
        lambda left: replace(left, items=(*left.items, replace(an_event(left), key=b"e" * 16, inbox_id=10**9))),
        "events doubled",
        "told twice",
    ),
    "two events swapped": (
        lambda left: swapped(left, *two_events_of_one_trip(left)),
        "events reordered",
        "were told as",
    ),
    "an event for somebody else": (
        lambda left: replace(
            left,
            items=changed(
                left.items,
                an_event(left),
                told=replace(an_event(left).told, recipient_id=10**9),  # type: ignore[type-var]
            ),
        ),
        "events wrong",
        "without reason",
    ),
    "an event that is left": (
        lambda left: replace(left, in_flight={"events not acknowledged": 2}),
        "events stuck",
        "not acknowledged: 2",
    ),
    "a process that crashed": (
        lambda left: replace(left, crashed=("trips-1 ended by itself with 1",)),
        "processes wrong",
        "ended by itself",
    ),
}
