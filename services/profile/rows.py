"""People and their identities between rows and values: sealed on the way in, opened on the way out."""

from collections.abc import Sequence
from typing import Any

from chassis.quiet_hours import QuietHours
from services.profile.person import Channel, Identity, IdentityKind, Person
from services.profile.sealing import Sealer


class PeopleRows:
    """Reads people out of rows and makes the arrays that statements take."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def person(self, row: Any) -> Person:
        """A person with everything that hangs on them."""
        return Person(
            person_id=row["person_id"],
            name=row["name"],
            language=row["language"],
            identities=tuple(
                Identity(IdentityKind(kind), self._sealer.open(sealed, value_hash).decode())
                for kind, value_hash, sealed in zip(row["kinds"], row["hashes"], row["sealed"], strict=True)
            ),
            opt_outs=tuple(Channel(channel) for channel in row["opt_outs"]),
            merged_person_ids=tuple(row["merged_person_ids"]),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            version=row["version"],
            quiet=QuietHours.stored(row["quiet_from"], row["quiet_to"]),
        )

    def hash(self, identity: Identity) -> bytes:
        """What an identity is found by. Each is sealed for its own hash, so that it opens in no other row."""
        return identity_hash(self._sealer, identity.kind, identity.value)

    def names(self, identities: Sequence[Identity]) -> tuple[list[int], list[bytes]]:
        """Kinds and hashes: enough to find them by."""
        return [identity.kind.value for identity in identities], [self.hash(identity) for identity in identities]

    def contents(self, identities: Sequence[Identity]) -> tuple[list[int], list[bytes], list[bytes]]:
        """Kinds, hashes and sealed values."""
        kinds, hashes = self.names(identities)
        sealed = [
            self._sealer.seal(identity.value.encode(), value_hash)
            for identity, value_hash in zip(identities, hashes, strict=True)
        ]
        return kinds, hashes, sealed


def identity_hash(sealer: Sealer, kind: int, value: str) -> bytes:
    """The same number on two channels is two identities, and has two hashes that nobody recognises as one."""
    return sealer.hashed("identity", b"%d" % kind, value.encode())
