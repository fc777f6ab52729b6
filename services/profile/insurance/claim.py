"""What a claim is, and how it may move on. Plain values; nothing is awaited."""

import datetime
import re
from dataclasses import replace
from enum import IntEnum

from chassis import errors
from chassis.records import record

MAX_DESCRIPTION = 4096
# Nobody has so many accidents that nobody has looked at; more would be made by a machine.
MOST_OPEN_CLAIMS = 5
# PostgreSQL stores no NUL, UTF-8 no surrogates.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class ClaimNotFound(errors.NotFound):
    """The person has no claim with that id."""

    reason = "CLAIM_NOT_FOUND"


class ClaimClosed(errors.Refused):
    """It was decided."""

    reason = "CLAIM_CLOSED"


class ClaimStepIllegal(errors.Refused):
    """A claim does not go back."""

    reason = "CLAIM_STEP_ILLEGAL"


class ClaimsTooMany(errors.Refused):
    """Too many of the person's claims are not decided yet."""

    reason = "CLAIMS_TOO_MANY"


class DescriptionInvalid(errors.InvalidArgument):
    """Nothing is said, or too much."""

    reason = "DESCRIPTION_INVALID"


class ClaimState(IntEnum):
    """As in the contract."""

    SUBMITTED = 1
    IN_REVIEW = 2
    ACCEPTED = 3
    REJECTED = 4


OPEN_STATES = frozenset({ClaimState.SUBMITTED, ClaimState.IN_REVIEW})

_NEXT = {
    ClaimState.SUBMITTED: frozenset({ClaimState.IN_REVIEW, ClaimState.ACCEPTED, ClaimState.REJECTED}),
    ClaimState.IN_REVIEW: frozenset({ClaimState.ACCEPTED, ClaimState.REJECTED}),
    ClaimState.ACCEPTED: frozenset(),
    ClaimState.REJECTED: frozenset(),
}


@record
class Claim:
    """One that was made. What it says is read by operators alone (operating.py)."""

    claim_id: int
    person_id: int
    state: ClaimState
    document_count: int
    submitted_at: datetime.datetime


def description(text: str) -> str:
    """What happened, as it can be stored; raises DescriptionInvalid."""
    said = _UNSTORABLE.sub("", text).strip()
    if not 1 <= len(said) <= MAX_DESCRIPTION:
        raise DescriptionInvalid
    return said


def moved(claim: Claim, state: ClaimState) -> Claim:
    """The claim one step on; raises ClaimClosed or ClaimStepIllegal."""
    if claim.state not in OPEN_STATES:
        raise ClaimClosed
    if state not in _NEXT[claim.state]:
        raise ClaimStepIllegal
    return replace(claim, state=state)
