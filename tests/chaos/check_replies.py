"""What we answered: something to every message and event, once, in order, to whom it is for, in their language."""

from collections import defaultdict

from hailwire.trips.v1 import events_pb2, trips_pb2
from services.gateway.waiting import NOTE_POSITION
from tests.chaos.looking import Look, bare
from tests.chaos.snapshot import Item, Reply
from tests.chaos.tongues import foreign_words
from tests.chaos.verdict import Verdict

# Nobody need hear of an offer that is closed before they could, or closed without having been shown.
_MAY_BE_SILENT = {events_pb2.EVENT_KIND_OFFER_MADE, events_pb2.EVENT_KIND_OFFER_CLOSED}
_ANSWERABLE = {trips_pb2.OFFER_STATE_OPEN, trips_pb2.OFFER_STATE_ACCEPTED, trips_pb2.OFFER_STATE_DECLINED}


def check(look: Look, verdict: Verdict) -> None:
    _answered(look, verdict)
    _once_and_in_order(look, verdict)
    _settled(look, verdict)
    _to_whom_it_is_for(look, verdict)
    _in_their_language(look, verdict)


def _answered(look: Look, verdict: Verdict) -> None:
    for item in look.snapshot.items:
        if any(reply.position != NOTE_POSITION for reply in look.replies_by_cause.get(item.key, ())):
            continue
        if item.kind == "message":
            written = look.written_by_id.get(item.message_id)
            if written is not None:
                verdict.note("replies", "lost", f"{item.message_id} of {written.person} has no answer")
        elif item.told is not None and not _may_be_silent(look, item):
            verdict.note("replies", "lost", f"event {item.told.event_id} of kind {item.told.kind} was told to nobody")


def _may_be_silent(look: Look, item: Item) -> bool:
    told = item.told
    if told is None or told.kind not in _MAY_BE_SILENT:
        return False
    if told.kind == events_pb2.EVENT_KIND_OFFER_CLOSED:
        return True
    offers = {offer.offer_id: offer for trip in look.snapshot.trips for offer in trip.offers}
    offer = offers.get(told.offer_id)
    return offer is None or offer.state not in _ANSWERABLE


def _once_and_in_order(look: Look, verdict: Verdict) -> None:
    positions: dict[bytes, list[int]] = defaultdict(list)
    last: dict[int | None, int] = {}
    for reply in look.snapshot.replies:
        positions[reply.cause].append(reply.position)
        cause = look.item_by_key.get(reply.cause)
        if cause is None:
            verdict.note("replies", "wrong", f"reply {reply.outbox_id} answers nothing")
            continue
        if look.roots.get(cause.conversation_id or 0) != look.roots.get(reply.conversation_id):
            verdict.note("replies", "wrong", f"reply {reply.outbox_id} is in another conversation than its cause")
        if reply.position == NOTE_POSITION:
            _check_note(reply, cause, positions[reply.cause], verdict)
            continue  # whoever waited long was told so, whatever waited before their message
        if cause.inbox_id < last.get(cause.conversation_id, 0):
            verdict.note("replies", "reordered", f"reply {reply.outbox_id} answers an earlier message than the last")
        last[cause.conversation_id] = max(cause.inbox_id, last.get(cause.conversation_id, 0))
    for cause_key, found in positions.items():
        if len(set(found)) < len(found):
            verdict.note("replies", "doubled", f"{cause_key.hex()} has replies {found}")
        elif (answers := sorted(set(found) - {NOTE_POSITION})) != list(range(len(answers))):
            verdict.note("replies", "lost", f"{cause_key.hex()} has replies {found}")


def _check_note(reply: Reply, cause: Item, places: list[int], verdict: Verdict) -> None:
    """Only who wrote is told that it takes longer, and before they are answered."""
    if cause.kind != "message":
        verdict.note("replies", "wrong", f"note {reply.outbox_id} tells of a wait that nobody minds")
    if places[-1] != places[0]:
        verdict.note("replies", "reordered", f"note {reply.outbox_id} comes after the answer")


def _settled(look: Look, verdict: Verdict) -> None:
    for reply in look.snapshot.replies:
        if reply.state in {"queued", "sending", "unknown"}:
            verdict.note("replies", "stuck", f"reply {reply.outbox_id} is {reply.state}")
        elif reply.state != "accepted":
            verdict.note("replies", "lost", f"reply {reply.outbox_id} is {reply.state}")


def _to_whom_it_is_for(look: Look, verdict: Verdict) -> None:
    for reply in look.snapshot.replies:
        cause = look.item_by_key.get(reply.cause)
        person = look.person_of(cause) if cause is not None else None
        if cause is not None and (person is None or bare(reply.address) not in person.addresses):
            name = person.name if person is not None else "nobody"
            verdict.note("replies", "wrong", f"reply {reply.outbox_id} goes to {reply.address} and is for {name}")


def _in_their_language(look: Look, verdict: Verdict) -> None:
    """From the first choice on; until then we ask in every language. Two who became one may have been asked twice."""
    spoken: dict[int, str] = {}
    for item in look.snapshot.items:
        conversation_id = look.roots.get(item.conversation_id or 0, 0)
        before = spoken.get(conversation_id)
        written = look.written_by_id.get(item.message_id) if item.kind == "message" else None
        if written is not None and written.language:
            spoken[conversation_id] = written.language
        if conversation_id in look.merged:
            continue
        for reply in look.replies_by_cause.get(item.key, ()):
            language = before if reply.position == NOTE_POSITION else spoken.get(conversation_id)
            if language is None:
                continue
            found = foreign_words(language, _everything(reply))
            if found:
                verdict.note("replies", "wrong", f"reply {reply.outbox_id} is not in {language}: {found!r}")


def _everything(reply: Reply) -> str:
    return "\n".join((reply.words, *reply.titles))
