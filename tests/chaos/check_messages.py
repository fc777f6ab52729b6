"""What people wrote: stored once each, in their order, in one conversation, by nobody else."""

from collections import Counter

from simulator.envelopes import FORGED
from tests.chaos.looking import Look, bare
from tests.chaos.snapshot import Item, Person
from tests.chaos.verdict import Verdict


def check(look: Look, verdict: Verdict) -> None:
    _stored_once(look, verdict)
    for person in look.snapshot.people:
        _in_order(look, verdict, person)
        _one_conversation(look, verdict, person)
    _nobody_else(look, verdict)
    _numbered(look, verdict)


def _stored_once(look: Look, verdict: Verdict) -> None:
    snapshot = look.snapshot
    verdict.each(
        "messages",
        "lost",
        "written and not stored",
        (
            f"{one.message_id} of {one.person}"
            for one in snapshot.written
            if not one.given_up and one.message_id not in look.items_by_message
        ),
    )
    verdict.each(
        "messages",
        "doubled",
        "stored twice",
        (message_id for message_id, items in look.items_by_message.items() if len(items) > 1),
    )
    said = {one.message_id: one.says for one in snapshot.written}
    verdict.each(
        "messages",
        "wrong",
        "stored with other words",
        (
            message_id
            for message_id, items in look.items_by_message.items()
            if message_id in said and any(item.says != said[message_id] for item in items)
        ),
    )
    copies = Counter(item.key for item in snapshot.items if item.kind != "event")
    verdict.each("messages", "doubled", "two items of one key", (key.hex() for key, n in copies.items() if n > 1))
    stored = {item.key for item in snapshot.items}
    verdict.each("messages", "wrong", "an item without its key", (key.hex() for key in stored - snapshot.keys))
    verdict.each("messages", "lost", "a key without its item", (key.hex() for key in snapshot.keys - stored))


def _in_order(look: Look, verdict: Verdict, person: Person) -> None:
    """Providers may deliver in any order; but what was answered 200 comes before what was written after that."""
    earlier: list[tuple[float, int]] = []
    for one in look.snapshot.written:
        if one.person != person.name or one.message_id not in look.items_by_message:
            continue
        inbox_id = look.items_by_message[one.message_id][0].inbox_id
        if any(taken_at < one.at and inbox_id < before for taken_at, before in earlier):
            verdict.note("messages", "reordered", f"{one.message_id} of {person.name} stored before an earlier one")
        if one.taken_at is not None:
            earlier.append((one.taken_at, inbox_id))


def _one_conversation(look: Look, verdict: Verdict, person: Person) -> None:
    """One for each set of names that nobody has shown to be the same person's."""
    items = look.items_of(person)
    strangers = _strangers(items)
    found = {look.roots.get(item.conversation_id or 0, 0) for item in items}
    if len(found) != len(strangers):
        verdict.note("messages", "wrong", f"{person.name} writes in {len(found)} conversations")
    for names in strangers:
        if len(look.ids_of(names)) > 1:
            verdict.note("messages", "wrong", f"{person.name} is several people")
    for conversation_id in found:
        conversation = look.conversation_by_id.get(conversation_id)
        if conversation is None:
            verdict.note("messages", "wrong", f"{person.name} writes in no conversation")
            continue
        for address in conversation.addresses:
            if bare(address) not in person.addresses:
                verdict.note("messages", "wrong", f"{address} shares the conversation of {person.name}")
        own = look.ids_of(person.addresses)
        if conversation.person_id is not None and look.survivor(conversation.person_id) not in own:
            verdict.note("messages", "wrong", f"the conversation of {person.name} is led with somebody else")


def _strangers(items: list[Item]) -> list[set[str]]:
    """The names in these items, those together that some item names together."""
    found: list[set[str]] = []
    for item in items:
        names = {bare(address) for address in item.addresses}
        apart = [one for one in found if not one & names]
        found = [*apart, names.union(*(one for one in found if one & names))]
    return found


def _nobody_else(look: Look, verdict: Verdict) -> None:
    if look.snapshot.forged_taken:
        verdict.note("messages", "wrong", f"{look.snapshot.forged_taken} forged posts were not refused")
    for message_id, items in look.items_by_message.items():
        if FORGED in message_id:
            verdict.note("messages", "wrong", f"forged and stored: {message_id}")
        elif message_id not in look.written_by_id:
            verdict.note("messages", "wrong", f"stored and written by nobody: {message_id}")
        else:
            verdict.each("messages", "wrong", "stored for somebody else", _misfiled(look, items))


def _misfiled(look: Look, items: list[Item]) -> list[str]:
    person = look.person_of(items[0])
    return [
        f"{item.message_id}: {address}"
        for item in items
        for address in item.addresses
        if person is None or bare(address) not in person.addresses
    ]


def _numbered(look: Look, verdict: Verdict) -> None:
    """Each message and event of a conversation got one place in its order. Merging renumbers."""
    queued = Counter(item.conversation_id for item in look.snapshot.items if item.kind in {"message", "event"})
    for one in look.snapshot.conversations:
        if one.merged_into is None and one.conversation_id not in look.merged:
            given, used = one.next_seq - 1, queued[one.conversation_id]
            if given != used:
                kind = "lost" if given > used else "doubled"
                verdict.note("messages", kind, f"conversation {one.conversation_id}: {given} places for {used} items")
