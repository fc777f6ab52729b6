"""What the audit log says about changes of people: identities, names and consent, not which language they chose."""

from collections.abc import Iterable

from services.profile import audit
from services.profile.audit import Entry
from services.profile.directory import Directory
from services.profile.person import Channel, Identity, Person


def decided(directory: Directory, actor: str) -> list[Entry]:
    """Everything that a directory decided: people who were made or merged, and who has other identities now."""
    made = [
        Entry("person.created", person.person_id, actor, {"identities": _kinds(person.identities)})
        for person in directory.created
    ]
    merged = [
        entry
        for former_id, person_id in directory.absorbed.items()
        for entry in (
            Entry("person.merged", former_id, actor, {"into": person_id}),
            Entry("person.merged", person_id, actor, {"former": former_id}),
        )
    ]
    changed = [
        entry
        for person in directory.changed
        for entry in between(directory.before(person.person_id), person, actor)
    ]  # fmt: skip
    return [*made, *merged, *changed]


def between(before: Person, after: Person, actor: str) -> list[Entry]:
    """What is different about one person."""
    person_id = after.person_id
    found = [
        Entry(action, person_id, actor, {"identities": _kinds(identities)})
        for action, identities in (
            ("identity.added", [one for one in after.identities if one not in before.identities]),
            ("identity.removed", [one for one in before.identities if one not in after.identities]),
        )
        if identities
    ]
    if after.name != before.name:
        found.append(Entry("name.changed", person_id, actor))
    found += [
        Entry(action, person_id, actor, {"channels": _named(channels)})
        for action, channels in (
            ("consent.withdrawn", set(after.opt_outs) - set(before.opt_outs)),
            ("consent.given", set(before.opt_outs) - set(after.opt_outs)),
        )
        if channels
    ]
    return found


def updates(before: dict[int, Person], changed: Iterable[Person]) -> list[Entry]:
    """What people changed about themselves."""
    return [entry for person in changed for entry in between(before[person.person_id], person, audit.PERSON)]


def _kinds(identities: Iterable[Identity]) -> list[str]:
    return [identity.kind.name.lower() for identity in identities]


def _named(channels: Iterable[Channel]) -> list[str]:
    return [channel.name.lower() for channel in sorted(channels)]
