"""People that replicas lend each other: sealed like numbers in the database, and named by keyed hashes."""

from chassis.caching.copies import Unreadable
from chassis.caching.second_level import Copies, Seal, SecondLevel
from services.profile.person import Person, Sighting, settled
from services.profile.rows import identity_hash
from services.profile.sealing import SealBroken, Sealer


class LentPeople:
    """The same person by id and by identity, believed only as far as `level` knows of no change."""

    def __init__(self, level: SecondLevel, sealer: Sealer, *, ttl_seconds: float, lookup_ttl_seconds: float) -> None:
        """How long a person lies there by id, and by an identity."""

        def opened(sealed: bytes, bound_to: bytes) -> bytes:
            try:
                return sealer.open(sealed, bound_to)
            except SealBroken as broken:
                raise Unreadable from broken

        def key(seen: Sighting) -> str:
            first = seen.identities[0]
            return identity_hash(sealer, first.kind.value, first.value).hex()

        seal = Seal(sealer.seal, opened)
        self.level = level
        self.by_id: Copies[int, Person] = Copies(
            level,
            "people",
            Person,
            ttl_seconds=ttl_seconds,
            names=lambda _, person: everyone(person),
            fits=lambda asked, person: asked in everyone(person),
            seal=seal,
        )
        self.by_identity: Copies[Sighting, Person] = Copies(
            level,
            "identities",
            Person,
            ttl_seconds=min(ttl_seconds, lookup_ttl_seconds),
            key=key,
            names=lambda _, person: everyone(person),
            fits=lambda seen, person: set(seen.identities) <= set(person.identities) and settled(seen, person),
            seal=seal,
        )


def everyone(person: Person) -> tuple[int, ...]:
    """Every id that this person is known by."""
    return (person.person_id, *person.merged_person_ids)
