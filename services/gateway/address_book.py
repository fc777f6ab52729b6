"""Decides in memory which conversation an address writes in: found, made, merged or moved. Nothing is awaited.

The rule is the profile service's: a user id says who it is; a number follows the user id that it last came with. Two
conversations become one only when one was known without a user id and the other without a number; whatever else looks
alike may be a number that changed hands.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from services.gateway.messages import Address


class AddressBook:
    """The addresses that a batch may concern. Conversations that are not made yet have negative ids."""

    def __init__(self, known: Mapping[str, int]) -> None:
        """`known` holds every address of each conversation that may change."""
        self._before = dict(known)
        self._owners = dict(known)
        self._members: defaultdict[int, set[str]] = defaultdict(set)
        for address, conversation_id in known.items():
            self._members[conversation_id].add(address)
        self._merged: dict[int, int] = {}
        self._made = 0

    def join(self, addresses: Sequence[str]) -> int:
        """The conversation of addresses that a provider signed together."""
        users = [one for one in addresses if _is_user(one)]
        numbers = [one for one in addresses if not _is_user(one)]
        found: int | None = None
        for address in users or numbers:
            found = self._with_owner(found, address)
        for number in numbers if users else ():
            owner = self._owners.get(number)
            if owner is None or owner == found:
                continue
            if self._has(owner, user=True) or (found is not None and self._has(found, user=False)):
                self._leave(number)
            else:
                found = self._with_owner(found, number)
        if found is None:
            self._made += 1
            found = -self._made
        for address in addresses:
            self._assign(address, found)
        return found

    def rename(self, former: Sequence[str], current: Sequence[str]) -> int:
        """The conversation of somebody who has other addresses now; another number replaces everything there was."""
        known = [one for one in sorted(former, key=_is_user, reverse=True) if one in self._owners]
        if not known:
            return self.join(former)
        found = self._owners[known[0]]
        for address in current:
            if _is_user(address):
                found = self._with_owner(found, address) or found
        everything = any(not _is_user(one) for one in current)
        for address in sorted(self._members[found]):
            if address not in current and (everything or address in former):
                self._leave(address)
        for address in current:
            self._assign(address, found)
        return found

    def root(self, conversation_id: int) -> int:
        """What it became part of, or itself."""
        while (into := self._merged.get(conversation_id)) is not None:
            conversation_id = into
        return conversation_id

    @property
    def merges(self) -> dict[int, int]:
        """From each conversation that is part of another one now to that one."""
        return {lost: self.root(lost) for lost in self._merged if lost > 0}

    @property
    def moves(self) -> list[tuple[str, int, int | None]]:
        """Addresses that left a conversation: (address, from there, to that one or to none)."""
        return [
            (address, self.root(before), after)
            for address, before in self._before.items()
            if (after := self._owners.get(address)) != self.root(before)
        ]

    @property
    def new(self) -> dict[str, int]:
        """Addresses that nobody had."""
        return {address: owner for address, owner in self._owners.items() if address not in self._before}

    def _has(self, conversation_id: int, *, user: bool) -> bool:
        return any(_is_user(one) is user for one in self._members[conversation_id])

    def _with_owner(self, found: int | None, address: str) -> int | None:
        owner = self._owners.get(address)
        if owner is None or owner == found:
            return found
        return owner if found is None else self._merge(found, owner)

    def _merge(self, one: int, other: int) -> int:
        # The older one survives: ids go up, and those that are not made yet go down from zero.
        kept, lost = sorted((one, other), key=lambda each: (each < 0, abs(each)))
        self._merged[lost] = kept
        for address in sorted(self._members.pop(lost, ())):
            self._assign(address, kept)
        return kept

    def _leave(self, address: str) -> None:
        self._members[self._owners.pop(address)].discard(address)

    def _assign(self, address: str, conversation_id: int) -> None:
        owner = self._owners.get(address)
        if owner is not None and owner in self._members:
            self._members[owner].discard(address)
        self._owners[address] = conversation_id
        self._members[conversation_id].add(address)


def _is_user(address: str) -> bool:
    return Address.from_key(address).kind == "user"


def conflicting(groups: Iterable[Sequence[str]], known: Mapping[str, int]) -> set[int]:
    """The conversations of groups whose addresses are not all known in one: they may change."""
    concerned: set[int] = set()
    for group in groups:
        owners = {known.get(address) for address in group}
        if len(owners) > 1:
            concerned |= {owner for owner in owners if owner is not None}
    return concerned
