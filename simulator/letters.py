"""What a provider wants the business to know: one message that a person wrote, or one step of a message's way."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from simulator.outbox import Provider
from simulator.retries import Failure, RetryPolicy

Way = Literal["waiting", "taken", "given_up", "lost"]

_KEPT = (
    "number",
    "provider",
    "about",
    "phone",
    "subject",
    "url",
    "content",
    "at",
    "state",
    "due",
    "copy",
    "attempts",
    "began",
)


@dataclass(slots=True, eq=False)
class Letter:
    """One message or status; it may travel alone or with others, and as often as it takes.

    `subject` is the id of the message that it is or tells of, `phone` its person's address, `content` the lists of a
    Meta webhook's value, or the fields of Twilio's form. A `copy` is posted because of misbehaviour; `due` is when.
    """

    number: int
    provider: Provider
    about: Literal["messages", "statuses"]
    phone: str
    subject: str
    url: str
    content: dict[str, Any]
    at: float
    state: str = ""
    due: float | None = None
    copy: bool = False
    attempts: int = 0
    way: Way = "waiting"
    taken_at: float | None = None
    # When it was first tried, in real seconds since the epoch.
    began: float | None = None
    # What became of the first attempt: the gateway's status, 0 without an answer.
    first: "asyncio.Future[int] | None" = field(default=None, repr=False)

    def attempted(self, status: int) -> None:
        """Tell whoever waits for the first attempt."""
        if self.first is not None and not self.first.done():
            self.first.set_result(status)

    def kept(self) -> dict[str, Any]:
        """What must survive the process."""
        return {name: getattr(self, name) for name in _KEPT}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One webhook: the URL that the provider was told, the exact bytes, what it tells, how stubborn the provider is."""

    provider: Provider
    url: str
    body: bytes
    headers: Mapping[str, str]
    retries: RetryPolicy
    letters: tuple[Letter, ...] = ()


# (why it was not taken, HTTP status or 0)
Refused = tuple[Failure, int]
