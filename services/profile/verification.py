"""When a code may be sent, and when one proves a number. Plain values in, a value or an error out.

The limits stand against three things: guessing a code, sending SMS to strangers at our cost, and keeping the owner of a
number from proving it by asking first. So what one user asks for counts mostly against that user.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import field

from chassis import errors
from chassis.records import record

CODE_LIFE = datetime.timedelta(minutes=10)
# Of a million codes: with all that a day allows to one number, guessing needs 38 years for an even chance.
MAX_ATTEMPTS = 5
# An SMS takes seconds; whoever asks again sooner would pay for nothing.
RESEND_COOLDOWN = datetime.timedelta(seconds=60)
DAY = datetime.timedelta(days=1)
# Codes that one user may ask for in a day, whatever becomes of them, and to one number.
MAX_BY_OWNER = 10
MAX_BY_OWNER_TO_NUMBER = 3
# Codes to one number in a day, whoever asks: a stranger uses up three of them and leaves its owner the rest.
MAX_TO_NUMBER = 10

_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_MAX_USER = 255
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class OwnerInvalid(errors.InvalidArgument):
    """Neither a user nor a person."""

    reason = "OWNER_INVALID"


class NumberInvalid(errors.InvalidArgument):
    """Not E.164."""

    reason = "NUMBER_INVALID"


class CodeInvalid(errors.InvalidArgument):
    """Not six digits."""

    reason = "CODE_INVALID"


class NumberTaken(errors.AlreadyExists):
    """Somebody has proved it already."""

    reason = "NUMBER_TAKEN"


class OtherNumberLinked(errors.Refused):
    """The user has another number."""

    reason = "OTHER_NUMBER_LINKED"


class NumberOptedOut(errors.Refused):
    """Whoever has the number asked for no SMS."""

    reason = "NUMBER_OPTED_OUT"


class CodeTooSoon(errors.Refused):
    """The last code to that number is hardly there."""

    reason = "CODE_TOO_SOON"


class CodeLimitReached(errors.Refused):
    """Enough codes for a day."""

    reason = "CODE_LIMIT_REACHED"


class VerificationFailed(errors.Refused):
    """The code proves nothing; why is nobody's business."""

    reason = "VERIFICATION_FAILED"


class NumberNotFound(errors.NotFound):
    """The user has no number, nor is one being verified."""

    reason = "NUMBER_NOT_FOUND"


@record
class Asked:
    """A question for a code within the last day, as seen by who asks now for a number."""

    at: datetime.datetime
    by_owner: bool
    to_number: bool
    sent: bool


@record
class Pending:
    """What an owner is proving."""

    number_hash: bytes
    attempts: int
    expires_at: datetime.datetime


@record
class Linked:
    """A number that was proved, as seen by who asks now for a number: theirs, that one, or both."""

    by_owner: bool
    to_number: bool


@record
class Number:
    """What a user is told of their number."""

    number: str = field(repr=False)
    verified_at: datetime.datetime | None = None
    expires_at: datetime.datetime | None = None


def check_user(user: str) -> None:
    """Raise OwnerInvalid unless it can be somebody's name."""
    if not user or len(user) > _MAX_USER or _UNSTORABLE.search(user):
        raise OwnerInvalid


def check_code(code: str) -> None:
    """Raise CodeInvalid unless it is six digits."""
    if not _CODE.fullmatch(code):
        raise CodeInvalid


def check_links(linked: Sequence[Linked]) -> None:
    """Raise NumberTaken or OtherNumberLinked unless the number is free and the owner without one."""
    if any(link.by_owner and link.to_number for link in linked):
        raise NumberTaken
    if any(link.by_owner for link in linked):
        raise OtherNumberLinked
    if linked:
        raise NumberTaken


def check_limits(asked: Sequence[Asked], now: datetime.datetime) -> None:
    """Raise CodeTooSoon or CodeLimitReached unless one more code may be asked for now."""
    recent = sorted((one for one in asked if one.at > now - DAY), key=lambda one: one.at)
    own = [one for one in recent if one.by_owner]
    to_number = [one for one in recent if one.to_number and one.sent]
    own_to_number = [one for one in to_number if one.by_owner]
    for several, most in (
        (own, MAX_BY_OWNER),
        (own_to_number, MAX_BY_OWNER_TO_NUMBER),
        (to_number, MAX_TO_NUMBER),
    ):
        if len(several) >= most:
            raise CodeLimitReached(metadata=_again(several[-most].at + DAY, now))
    if own_to_number and now < own_to_number[-1].at + RESEND_COOLDOWN:
        raise CodeTooSoon(metadata=_again(own_to_number[-1].at + RESEND_COOLDOWN, now))


def proves(pending: Pending, number_hash: bytes | None, now: datetime.datetime, *, right_code: bool) -> bool:
    """Whether a code that was typed now proves the number; `number_hash` is None where none was named."""
    return (
        right_code
        and pending.attempts < MAX_ATTEMPTS
        and now < pending.expires_at
        and number_hash in {None, pending.number_hash}
    )


def _again(at: datetime.datetime, now: datetime.datetime) -> dict[str, str]:
    return {"retry_after_seconds": str(max(1, int((at - now).total_seconds() + 0.999)))}
