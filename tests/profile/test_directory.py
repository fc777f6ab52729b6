"""Who stands behind sightings: the rules alone, against a plain model."""

import datetime
import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.profile.directory import Directory
from services.profile.person import Identity, IdentityKind, Person, Sighting

_NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_IDENTITIES = [Identity(kind, f"+25078800{number:04}") for kind in (IdentityKind.SMS_NUMBER,) for number in range(8)]
_SIGHTINGS = st.lists(
    st.lists(st.sampled_from(_IDENTITIES), min_size=1, max_size=3, unique=True).map(lambda ids: Sighting(tuple(ids))),
    max_size=12,
)


@given(_SIGHTINGS, st.integers(0, 12))
def test_people_are_the_connected_identities(sightings: list[Sighting], cut: int) -> None:
    """In however many batches they are seen: identities are one person exactly when sightings connect them."""
    ids = itertools.count(1)
    people: list[Person] = []
    merged: dict[int, int] = {}
    for batch in (sightings[:cut], sightings[cut:]):
        directory = Directory(people, ids, _NOW)
        for seen in batch:
            directory.resolve(seen)
        gone = set(directory.absorbed)
        changed = {person.person_id: person for person in [*directory.created, *directory.changed]}
        people = [changed.pop(person.person_id, person) for person in people if person.person_id not in gone]
        people += changed.values()
        merged.update(directory.absorbed)
        assert not gone & {person.person_id for person in people}

    groups: list[set[Identity]] = []
    for seen in sightings:
        touched = [group for group in groups if group & set(seen.identities)]
        groups = [group for group in groups if group not in touched]
        groups.append(set(seen.identities).union(*touched))
    assert sorted(map(sorted_values, groups)) == sorted(sorted_values(person.identities) for person in people)
    for person in people:
        assert person.person_id <= min(person.merged_person_ids, default=person.person_id)
        assert len(person.identities) == len(set(person.identities))


def sorted_values(identities: set[Identity] | tuple[Identity, ...]) -> list[str]:
    return sorted(identity.value for identity in identities)
