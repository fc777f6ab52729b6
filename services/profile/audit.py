"""The audit log: who changed what about a person, written in the transaction of the change and never edited.

An entry outlives whom it is about. Therefore it names people by id and holds words of ours and whole numbers: no phone
number, no name, nothing that somebody wrote.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TypeAlias

from chassis.database import Database, Session, Statement
from chassis.records import record

Detail: TypeAlias = Mapping[str, int | str | Sequence[int | str]]

# The person themself, by chat; ourselves, by what a provider told or because time passed; or "operator:<name>".
PERSON = "person"
SYSTEM = "system"

_ACTION = re.compile(r"[a-z]+(\.[a-z_]+)+", re.ASCII)
_ACTOR = re.compile(r"person|system|operator:[a-z0-9._-]{1,60}", re.ASCII)
# A word begins with a small letter, which neither a phone number nor a name does as it reaches us.
_WORD = re.compile(r"[a-z][a-z0-9_.:-]{0,39}", re.ASCII)

_WRITE = Statement(
    "profile.audit_write",
    """
INSERT INTO profile.audit (person_id, action, actor, detail)
SELECT person_id, action, actor, detail::jsonb
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
     AS entry (person_id, action, actor, detail, position)
ORDER BY position
""",
)

_EXPIRE = Statement(
    "profile.audit_expire", "SELECT profile.expire_audit(chassis.now() - make_interval(days => $1), $2)"
)

# So many at a time: a step takes milliseconds.
_STEP = 1000


@record
class Entry:
    """One change. Raises ValueError for what the log must not hold: that is its author's mistake, not a caller's."""

    action: str
    """What was done, as in "consent.withdrawn": what it concerns, a dot, and a verb in the past."""
    person_id: int
    """Whom it is about."""
    actor: str
    """PERSON, SYSTEM or operator(name)."""
    detail: Detail = field(default_factory=dict)
    """What else is worth knowing, in words of ours, ids and amounts in the smallest unit of their currency."""

    def __post_init__(self) -> None:
        if not _ACTION.fullmatch(self.action) or not _ACTOR.fullmatch(self.actor):
            raise ValueError(f"not an action and an actor of the audit log: {self.action!r} by {self.actor!r}")
        for name, value in self.detail.items():
            values = [value] if isinstance(value, int | str) else value
            if not all(_WORD.fullmatch(one) for one in (name, *(one for one in values if isinstance(one, str)))):
                raise ValueError(f"the audit log holds words of ours and whole numbers; {name!r} has something else")


def operator(name: str) -> str:
    """An operator as an actor, by the name that they gave or that their machine knows; never empty."""
    return "operator:" + (re.sub(r"[^a-z0-9._-]", "-", name.lower())[:60] or "unknown")


async def write(session: Session, entries: Sequence[Entry]) -> None:
    """Write entries in the transaction that `session` is in, with one statement for all; none cost nothing."""
    if entries:
        await session.execute(
            _WRITE,
            [entry.person_id for entry in entries],
            [entry.action for entry in entries],
            [entry.actor for entry in entries],
            [json.dumps(entry.detail, separators=(",", ":")) for entry in entries],
        )


async def expire(database: Database, days: int) -> int:
    """Take out a step of what is older; answers how many entries went."""
    gone: int = await database.fetchval(_EXPIRE, days, _STEP)
    return gone
