"""What every phone has received: each accepted send is kept in order, duplicates included, inside two bounds."""

from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Literal

from simulator.clock import rfc3339

Provider = Literal["whatsapp", "twilio"]
PROVIDERS: tuple[Provider, ...] = ("whatsapp", "twilio")


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted send. `payload` is the request body as JSON text, kept as bytes to stay small."""

    number: int
    provider: Provider
    to: str
    id: str
    at: float
    payload: bytes
    # How its answer went wrong although it was accepted.
    fault: str | None = None


class Outbox:
    """Accepted sends of both providers, the oldest forgotten beyond `most_messages` or `most_bytes` of payload."""

    def __init__(self, *, most_messages: int, most_bytes: int) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._all: deque[Received] = deque()
        self._by_phone: dict[str, deque[Received]] = {}
        self._bytes = 0
        self._number = 0
        self.forgotten = 0

    def add(
        self, provider: Provider, to: str, message_id: str, at: float, payload: bytes, fault: str | None = None
    ) -> Received:
        """Keep an accepted send."""
        received = Received(self._number + 1, provider, to, message_id, at, payload, fault)
        self.remember(received)
        return received

    def remember(self, received: Received) -> None:
        """Keep one that may have been accepted by the process before; its running number is the next."""
        self._number = received.number
        self._all.append(received)
        self._by_phone.setdefault(received.to, deque()).append(received)
        self._bytes += len(received.payload)
        while len(self._all) > self._most_messages or self._bytes > self._most_bytes:
            self._forget_oldest()

    def of(self, to: str) -> list[Received]:
        """What this phone has received, oldest first; `to` in canonical form."""
        return list(self._by_phone.get(to, ()))

    def after(self, number: int, limit: int | None = None) -> list[Received]:
        """Everything with a larger running number, oldest first, at most `limit` of it."""
        if not self._all:
            return []
        # Numbers are consecutive, so that the place of the first one is known without looking.
        start = max(0, number + 1 - self._all[0].number)
        return list(islice(self._all, start, None if limit is None else start + limit))

    def clear(self) -> None:
        """Forget everything; the running number goes on."""
        self._all.clear()
        self._by_phone.clear()
        self._bytes = 0

    @property
    def last_number(self) -> int:
        """The running number of the newest send, which is also how many there have ever been."""
        return self._number

    def _forget_oldest(self) -> None:
        oldest = self._all.popleft()
        self._bytes -= len(oldest.payload)
        self.forgotten += 1
        # Both orders agree, so the oldest of all is also the oldest of its phone.
        of_phone = self._by_phone[oldest.to]
        of_phone.popleft()
        if not of_phone:
            del self._by_phone[oldest.to]


def kept(received: Received) -> dict[str, Any]:
    """What must survive the process."""
    return {**asdict(received), "payload": received.payload.decode()}


def as_json(items: Iterable[Received], *, numbered: bool) -> bytes:
    """A JSON array of sends; the payloads are spliced in because they are JSON already."""
    return b"[" + b",".join(_item(item, numbered=numbered) for item in items) + b"]"


def _item(item: Received, *, numbered: bool) -> bytes:
    fault = f'"{item.fault}"' if item.fault is not None else "null"
    number = f'"number":{item.number},"fault":{fault},' if numbered else ""
    # Ids and canonical addresses hold nothing that JSON would escape.
    head = (
        f'{{{number}"provider":"{item.provider}","to":"{item.to}","id":"{item.id}","at":"{rfc3339(item.at)}","payload":'
    )
    return head.encode() + item.payload + b"}"
