"""Ways to plant a fault into a clean run, and rows to plant it at; tests/chaos/planted.py lists the faults."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.waiting import NOTE_POSITION
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


def with_notes(left: Snapshot, cause: Item, *, count: int = 1, before: bool = True) -> Snapshot:
    """The same run with notes that this takes longer: in the outbox, sent, delivered, and all of it told."""
    left = _spaced(left)
    answer = next(reply for reply in left.replies if reply.cause == cause.key)
    answered = next(send for send in left.sends if send.outbox_id == answer.outbox_id)
    steps = range(-count, 0) if before else range(1, count + 1)
    notes = [
        replace(
            answer,
            outbox_id=answer.outbox_id + step,
            position=NOTE_POSITION,
            provider_message_id=f"note {step}",
            delivery="delivered",
        )
        for step in steps
    ]
    sends = [
        replace(answered, number=answered.number + step, outbox_id=answer.outbox_id + step, message_id=f"note {step}")
        for step in steps
    ]
    first = left.items[-1].inbox_id + 1
    statuses = [
        Item(
            first + number,
            b"status of note %d" % number,
            "status",
            cause.provider,
            None,
            (),
            message_id=send.message_id,
            outbox_id=send.outbox_id,
            delivery="delivered",
        )
        for number, send in enumerate(sends)
    ]
    return replace(
        left,
        replies=tuple(sorted((*left.replies, *notes), key=lambda reply: reply.outbox_id)),
        sends=tuple(sorted((*left.sends, *sends), key=lambda send: send.number)),
        items=(*left.items, *statuses),
        keys=left.keys | {one.key for one in statuses},
    )


def _spaced(left: Snapshot) -> Snapshot:
    """The same run with room between the ids of replies and the numbers of sends."""
    return replace(
        left,
        replies=tuple(replace(one, outbox_id=one.outbox_id * 10) for one in left.replies),
        sends=tuple(replace(one, number=one.number * 10, outbox_id=one.outbox_id * 10) for one in left.sends),
        items=tuple(one if one.outbox_id is None else replace(one, outbox_id=one.outbox_id * 10) for one in left.items),
    )


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
    thanks = [t(language, "told-completed") for language in LANGUAGES]
    reply = next(one for one in left.replies if one.words.startswith(tuple(thanks)))
    words = next(other for other in thanks if not reply.words.startswith(other))
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


def status_never_stored(left: Snapshot) -> Snapshot:
    """Both sides of our own books agree; only the provider knows."""
    send = a_send(left)
    items = tuple(
        item
        for item in left.items
        if item.kind != "status" or (item.message_id != send.message_id and item.outbox_id != send.outbox_id)
    )
    return replace(left, items=items, replies=changed(left.replies, a_reply(left), delivery=""))
