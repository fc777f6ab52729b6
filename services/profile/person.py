"""What a person is and which changes are allowed. Plain values in, plain values or an error out; nothing is awaited."""

import datetime
import re
from collections.abc import Collection, Iterable
from dataclasses import field, replace
from enum import IntEnum

from chassis import errors
from chassis.quiet_hours import QuietHours
from chassis.records import record

MAX_NAME = 100
MAX_IDENTITIES = 8

# E.164: a country code does not begin with 0 and there are at most 15 digits. Not stricter: what the provider delivered
# from is an address that works, whatever a numbering plan says about it.
_NUMBER = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)
_USER_ID = re.compile(r"[A-Za-z0-9._-]{1,160}", re.ASCII)
# PostgreSQL stores no NUL, UTF-8 no surrogates.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

# What an update may name, apart from "identities", which stands alone.
FIELDS = frozenset({"name", "language", "opt_outs", "quiet_hours"})


class IdentityInvalid(errors.InvalidArgument):
    """Neither a number nor a user id."""

    reason = "IDENTITY_INVALID"


class IdentitiesMissing(errors.InvalidArgument):
    """Nobody can be found without an identity, or with more than MAX_IDENTITIES."""

    reason = "IDENTITIES_MISSING"


class PersonNotFound(errors.NotFound):
    """There is nobody with that id."""

    reason = "PERSON_NOT_FOUND"


class FieldUnknown(errors.InvalidArgument):
    """The mask names a field that cannot be changed, or the new value is none."""

    reason = "FIELD_UNKNOWN"


class LanguageUnknown(errors.InvalidArgument):
    """We do not speak that language."""

    reason = "LANGUAGE_UNKNOWN"


class IdentityKind(IntEnum):
    """As in the contract."""

    WHATSAPP_NUMBER = 1
    WHATSAPP_USER = 2
    SMS_NUMBER = 3


# How a channel names somebody by a number.
_WHATSAPP = frozenset({IdentityKind.WHATSAPP_NUMBER, IdentityKind.WHATSAPP_USER})


class Channel(IntEnum):
    """As in the contract."""

    WHATSAPP = 1
    SMS = 2


@record
class Identity:
    """One way in which a provider names a person."""

    kind: IdentityKind
    value: str = field(repr=False)  # a repr may end in a log

    @property
    def is_user_id(self) -> bool:
        """Whether it means one person for ever; numbers change hands."""
        return self.kind is IdentityKind.WHATSAPP_USER


@record
class Person:
    """Somebody who writes to us. `identities` are in the order in which they became known."""

    person_id: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    name: str = field(default="", repr=False)
    language: str = ""
    identities: tuple[Identity, ...] = ()
    opt_outs: tuple[Channel, ...] = ()
    merged_person_ids: tuple[int, ...] = ()
    version: int = 1
    quiet: QuietHours | None = None


@record
class Sighting:
    """Identities that a provider signed together, and the name that came with them."""

    identities: tuple[Identity, ...]
    name: str = field(default="", repr=False)

    @property
    def user_ids(self) -> tuple[Identity, ...]:
        """Those that never change hands."""
        return tuple(identity for identity in self.identities if identity.is_user_id)

    @property
    def numbers(self) -> tuple[Identity, ...]:
        """Those that may have been somebody else's."""
        return tuple(identity for identity in self.identities if not identity.is_user_id)


@record
class Renaming:
    """A person's new identities and those that they have no longer, as the provider told."""

    person_id: int
    current: tuple[Identity, ...]
    former: tuple[Identity, ...]


@record
class Update:
    """New values for the named fields of one person; `quiet` are the first and the last minute of the quiet hours."""

    person_id: int
    fields: frozenset[str]
    name: str = field(default="", repr=False)
    language: str = ""
    opt_outs: tuple[int, ...] = ()
    quiet: tuple[int, int] = (0, 0)
    renaming: Renaming | None = None


def identity(kind: int, value: str) -> Identity:
    """A checked identity; raises IdentityInvalid."""
    if kind == IdentityKind.WHATSAPP_USER:
        valid = _USER_ID.fullmatch(value)
    elif kind in {IdentityKind.WHATSAPP_NUMBER, IdentityKind.SMS_NUMBER}:
        valid = _NUMBER.fullmatch(value)
    else:
        valid = None
    if valid is None:
        raise IdentityInvalid
    return Identity(IdentityKind(kind), value)


def sighting(identities: Iterable[tuple[int, str]], name: str) -> Sighting:
    """Checked identities, each once; raises IdentitiesMissing or IdentityInvalid."""
    checked = tuple(dict.fromkeys(identity(kind, value) for kind, value in identities))
    if not 1 <= len(checked) <= MAX_IDENTITIES:
        raise IdentitiesMissing
    return Sighting(checked, clean_name(name))


def renaming(person_id: int, current: Iterable[tuple[int, str]], former: Iterable[tuple[int, str]]) -> Renaming:
    """Checked identities, each once; raises IdentitiesMissing or IdentityInvalid."""
    now = sighting(current, "").identities
    before = tuple(dict.fromkeys(identity(kind, value) for kind, value in former))
    if len(before) > MAX_IDENTITIES:
        raise IdentitiesMissing
    return Renaming(person_id, now, tuple(one for one in before if one not in now))


def clean_name(text: str) -> str:
    """A name as it can be stored: without what no text type takes, at most MAX_NAME characters."""
    return _UNSTORABLE.sub("", text).strip()[:MAX_NAME].rstrip()


def updated(person: Person, update: Update, languages: Collection[str], now: datetime.datetime) -> Person:
    """The person after an update; the same object when nothing changed.

    Raises FieldUnknown, LanguageUnknown or QuietHoursInvalid.
    """
    for name in sorted(update.fields - FIELDS):
        raise FieldUnknown(metadata={"field": name[:40]})
    changed = person
    if "name" in update.fields:
        changed = replace(changed, name=clean_name(update.name))
    if "language" in update.fields:
        if update.language and update.language not in languages:
            raise LanguageUnknown
        changed = replace(changed, language=update.language)
    if "opt_outs" in update.fields:
        if not set(update.opt_outs) <= set(Channel):
            raise FieldUnknown(metadata={"field": "opt_outs"})
        changed = replace(changed, opt_outs=tuple(sorted({Channel(channel) for channel in update.opt_outs})))
    if "quiet_hours" in update.fields:
        changed = replace(changed, quiet=QuietHours.read(*update.quiet))
    if changed == person:
        return person
    return replace(changed, version=person.version + 1, updated_at=now)


def learned(person: Person, seen: Sighting, now: datetime.datetime) -> Person:
    """The person with identities that are new and, while there is none, the name; the same object if nothing is."""
    new = tuple(identity for identity in seen.identities if identity not in person.identities)
    name = person.name or seen.name
    if not new and name == person.name:
        return person
    return replace(person, identities=person.identities + new, name=name, version=person.version + 1, updated_at=now)


def renamed(person: Person, change: Renaming, now: datetime.datetime) -> Person:
    """The person under new identities: another number is another WhatsApp account, and replaces everything there."""
    everything = any(identity.kind is IdentityKind.WHATSAPP_NUMBER for identity in change.current)
    kept = tuple(
        one
        for one in person.identities
        if one in change.current or not (one in change.former or (everything and one.kind in _WHATSAPP))
    )
    identities = kept + tuple(one for one in change.current if one not in kept)
    if identities == person.identities:
        return person
    return replace(person, identities=identities, version=person.version + 1, updated_at=now)


def without(person: Person, lost: Identity, now: datetime.datetime) -> Person:
    """The person after one of their numbers went to somebody else."""
    left = tuple(one for one in person.identities if one != lost)
    return replace(person, identities=left, version=person.version + 1, updated_at=now)


def merged(survivor: Person, other: Person, now: datetime.datetime) -> Person:
    """Both in one: identities and silence of both, everything else of the survivor where it has it."""
    return replace(
        survivor,
        identities=survivor.identities + other.identities,
        name=survivor.name or other.name,
        language=survivor.language or other.language,
        opt_outs=tuple(sorted({*survivor.opt_outs, *other.opt_outs})),
        quiet=survivor.quiet or other.quiet,
        merged_person_ids=tuple(sorted({*survivor.merged_person_ids, *other.merged_person_ids, other.person_id})),
        version=max(survivor.version, other.version) + 1,
        updated_at=now,
    )


def settled(seen: Sighting, person: Person) -> bool:
    """Whether the person already is everything that a sighting tells."""
    return learned(person, seen, person.updated_at) is person
