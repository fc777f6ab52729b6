"""A snapshot with its indexes: who somebody is under each of their names, what caused what."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from tests.chaos.snapshot import Conversation, Item, Person, Reply, Send, Snapshot, Written


class Look:
    """Read-only; everything is worked out when first asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @cached_property
    def items_by_message(self) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = defaultdict(list)
        for item in self.snapshot.items:
            if item.kind == "message":
                found[item.message_id].append(item)
        return found

    @cached_property
    def item_by_key(self) -> dict[bytes, Item]:
        return {item.key: item for item in self.snapshot.items}

    @cached_property
    def written_by_id(self) -> dict[str, Written]:
        return {one.message_id: one for one in self.snapshot.written}

    @cached_property
    def replies_by_cause(self) -> dict[bytes, list[Reply]]:
        found: dict[bytes, list[Reply]] = defaultdict(list)
        for reply in self.snapshot.replies:
            found[reply.cause].append(reply)
        return found

    @cached_property
    def reply_by_id(self) -> dict[int, Reply]:
        return {reply.outbox_id: reply for reply in self.snapshot.replies}

    @cached_property
    def sends_by_reply(self) -> dict[int, list[Send]]:
        found: dict[int, list[Send]] = defaultdict(list)
        for send in sorted(self.snapshot.sends, key=lambda one: one.number):
            found[send.outbox_id].append(send)
        return found

    @cached_property
    def roots(self) -> dict[int, int]:
        """Each conversation and the one into which it was merged, or itself."""
        return {one.conversation_id: one.merged_into or one.conversation_id for one in self.snapshot.conversations}

    @cached_property
    def merged(self) -> set[int]:
        """Conversations that took part in a merge, under their surviving names."""
        return {one.merged_into for one in self.snapshot.conversations if one.merged_into is not None}

    @cached_property
    def conversation_by_id(self) -> dict[int, Conversation]:
        return {one.conversation_id: one for one in self.snapshot.conversations}

    @cached_property
    def person_by_address(self) -> dict[str, Person]:
        return {address: person for person in self.snapshot.people for address in person.addresses}

    @cached_property
    def person_by_id(self) -> dict[int, Person]:
        """Of the profile service's ids, those who were merged included."""
        found = {}
        for address, person_id in self.snapshot.identities.items():
            person = self.person_by_address.get(address)
            if person is not None:
                found[self.survivor(person_id)] = person
        return found | {one: found[into] for one, (into, _) in self.snapshot.persons.items() if into in found}

    def survivor(self, person_id: int) -> int:
        return self.snapshot.persons.get(person_id, (person_id, ""))[0]

    def items_of(self, person: Person) -> list[Item]:
        """What a person wrote, as it was stored."""
        mine = (one.message_id for one in self.snapshot.written if one.person == person.name)
        return [item for message_id in mine for item in self.items_by_message.get(message_id, ())]

    def ids_of(self, addresses: Iterable[str]) -> set[int]:
        """The profile service's ids of whoever has these addresses; one, when all is well."""
        known = self.snapshot.identities
        return {self.survivor(known[address]) for address in addresses if address in known}

    def person_of(self, item: Item) -> Person | None:
        """Who wrote it, or whom it was told to."""
        if item.told is not None:
            return self.person_by_id.get(item.told.recipient_id)
        written = self.written_by_id.get(item.message_id)
        return next((one for one in self.snapshot.people if written and one.name == written.person), None)


def bare(address: str) -> str:
    """`whatsapp:+250...` without the channel."""
    return address.partition(":")[2]
