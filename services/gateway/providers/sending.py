"""What became of one attempt to send, in the gateway's own words: every answer of a provider is one of these."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from chassis.records import record

# A provider that asks for more than an hour of silence is asked again after an hour.
_LONGEST_WAIT_SECONDS = 3600.0


@record
class Accepted:
    """The provider has taken it; it is not delivered yet."""

    provider_message_id: str


@record
class Retry:
    """Certainly not taken, may be later.

    `scope` says who has to wait: this recipient, or everyone whom this provider carries. `after_seconds` is None when
    the caller's own backoff fits.
    """

    reason: str
    after_seconds: float | None = None
    scope: Literal["recipient", "provider"] = "recipient"
    code: int | None = None


@record
class Final:
    """Not taken, and the same again would not be either."""

    reason: str
    code: int | None = None


@record
class Unknown:
    """It may have been taken and may not: to be settled by a status, the message list or a policy, never blindly."""

    reason: str


@record
class Stop:
    """Nothing should go to this provider until an operator has looked: credentials, permission, spam, configuration."""

    reason: str
    code: int | None = None


@record
class WindowClosed:
    """The person has not written for 24 hours: only a template may reach them."""

    code: int | None = None


@record
class OptedOut:
    """The person has asked the carrier not to be written to."""

    code: int | None = None


Verdict = Accepted | Retry | Final | Unknown | Stop | WindowClosed | OptedOut


def retry_after_seconds(header: str | None, now: datetime | None = None) -> float | None:
    """`Retry-After` as seconds from now, given as seconds or as a date; None when absent or garbled."""
    text = (header or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), _LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(max(wait, 0.0), _LONGEST_WAIT_SECONDS)
