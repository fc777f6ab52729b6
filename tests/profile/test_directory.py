"""Who stands behind sightings: the rules alone, against a plain model."""

import datetime
import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.profile.directory import Directory
from services.profile.person import Identity, IdentityKind, Person, Renaming, Sighting

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


_N1, _N2 = (Identity(IdentityKind.WHATSAPP_NUMBER, f"+25078800000{one}") for one in (1, 2))
_U1, _U2 = (Identity(IdentityKind.WHATSAPP_USER, f"RW.{one}") for one in (1, 2))


def people_after(*steps: Sighting | Renaming) -> list[tuple[int, set[Identity]]]:
    """Everybody after these steps, each in a batch of its own, by id."""
    ids = itertools.count(1)
    people: dict[int, Person] = {}
    for step in steps:
        directory = Directory(people.values(), ids, _NOW)
        if isinstance(step, Renaming):
            directory.rename(step)
        else:
            directory.resolve(step)
        for person in [*directory.created, *directory.changed]:
            people[person.person_id] = person
        for absorbed in directory.absorbed:
            del people[absorbed]
    return [(person.person_id, set(person.identities)) for _, person in sorted(people.items())]


def test_a_number_that_changed_hands() -> None:
    """A number that comes with another user id is another person's now; its former person keeps everything else."""
    assert people_after(Sighting((_N1, _U1)), Sighting((_N1, _U2))) == [(1, {_U1}), (2, {_N1, _U2})]
    # Also to somebody who is known already, with a number or without one.
    before = (Sighting((_N1, _U1)), Sighting((_U2,)))
    assert people_after(*before, Sighting((_N1, _U2))) == [(1, {_U1}), (2, {_N1, _U2})]
    before = (Sighting((_N1,)), Sighting((_N2, _U2)))
    assert people_after(*before, Sighting((_N1, _U2))) == [(1, set()), (2, {_N1, _N2, _U2})]


def test_a_number_and_a_user_id_that_meet() -> None:
    """Somebody known by a number alone and somebody known by a user id alone are one once both come together."""
    assert people_after(Sighting((_N1,)), Sighting((_N1, _U1))) == [(1, {_N1, _U1})]
    assert people_after(Sighting((_U1,)), Sighting((_N1,)), Sighting((_N1, _U1))) == [(1, {_N1, _U1})]


def test_new_names_of_one_person() -> None:
    """A person who took another number is known by the new names only, also when these have been seen already."""
    change = Renaming(1, (_N2, _U2), (_N1, _U1))
    assert people_after(Sighting((_N1, _U1)), change) == [(1, {_N2, _U2})]
    assert people_after(Sighting((_N1, _U1)), Sighting((_N2, _U2)), change) == [(1, {_N2, _U2})]
    assert people_after(Sighting((_N1, _U1)), Renaming(1, (_U2,), (_U1,))) == [(1, {_N1, _U2})]
    # The new number was a stranger's, and the old one is a stranger's by now: neither gives anything away.
    stranger = Sighting((_N2, Identity(IdentityKind.WHATSAPP_USER, "RW.3")))
    after = people_after(Sighting((_N1, _U1)), stranger, Sighting((_N1, _U2)), Renaming(1, (_N2,), (_N1, _U1)))
    assert after == [(1, {_N2}), (2, {stranger.identities[1]}), (3, {_N1, _U2})]


@given(
    st.lists(st.tuples(st.sampled_from([_N1, _N2, None]), st.sampled_from([_U1, _U2, None])).filter(any), max_size=12)
)
def test_nobody_has_two_user_ids(pairs: list[tuple[Identity | None, Identity | None]]) -> None:
    """Whatever numbers come with which user ids: user ids are never joined, and each identity is one person's."""
    people = people_after(*(Sighting(tuple(one for one in pair if one)) for pair in pairs))
    assert all(sum(one.is_user_id for one in identities) <= 1 for _, identities in people)
    owned = [one for _, identities in people for one in identities]
    assert len(owned) == len(set(owned))
    if pairs and all(pairs[-1]):
        assert any(set(pairs[-1]) <= identities for _, identities in people)
