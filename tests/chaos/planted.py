"""The faults that are planted into a clean run, and what the checker must say of each."""

from dataclasses import replace

from tests.chaos.planted_notes import NOTES
from tests.chaos.plants import (
    Plant,
    a_message,
    a_person_of,
    a_reply,
    a_send,
    a_stranger,
    a_trip,
    an_event,
    another_accepts,
    backwards,
    changed,
    forge,
    frenchman_hears_english,
    in_another_conversation,
    of_one_person,
    other_step,
    shift_key,
    status_never_stored,
    swap_replies,
    swap_sends,
    swapped,
    two_events_of_one_trip,
    without,
)

# What is planted, and what must be found: "subject kind" and a few of the words.
PLANTS: dict[str, tuple[Plant, str, str]] = NOTES | {
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
    "a status that was taken and never stored": (status_never_stored, "statuses lost", "its row does not know"),
    "a message with the words of another": (
        lambda left: replace(left, items=changed(left.items, a_message(left), says="what somebody else said")),
        "messages wrong",
        "with other words",
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
