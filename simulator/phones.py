"""The phones that somebody plays by hand: their conversations, who is watching them, and when they last wrote."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from simulator.addresses import is_bsuid
from simulator.clock import Clock
from simulator.outbox import Outbox, Provider, Received

_MOST_PHONES = 2000
_MOST_BUBBLES = 200
_MOST_UNSEEN_EVENTS = 1000

# A state only ever moves to the right; "failed" ends everything.
_ORDER = ["waiting", "accepted", "sent", "delivered", "read", "failed"]


@dataclass(slots=True)
class Bubble:
    """One message of a conversation: `content` is what the provider carries, `state` how far it has come."""

    id: str
    side: Literal["person", "business"]
    at: float
    content: dict[str, Any]
    state: str


@dataclass(slots=True)
class Phone:
    """One phone on one provider, known by its number, its BSUID or both; `key` is how the page names it."""

    provider: Provider
    key: str
    number: str | None
    bsuid: str | None
    name: str = ""
    wrote_at: float | None = None
    bubbles: deque[Bubble] = field(default_factory=lambda: deque(maxlen=_MOST_BUBBLES))
    watchers: int = 0

    @property
    def address(self) -> str:
        """What a message to this phone is sent to."""
        address = self.number or self.bsuid
        if address is None:
            raise ValueError("a phone has a number or a BSUID")
        return address


class PhoneBook:
    """The phones in use; the one that was used longest ago gives way to a new one."""

    def __init__(self, clock: Clock, outbox: Outbox) -> None:
        self._clock = clock
        self._outbox = outbox
        self._phones: OrderedDict[tuple[Provider, str], Phone] = OrderedDict()
        self._bubbles: dict[str, tuple[Phone, Bubble]] = {}
        self._listeners: dict[asyncio.Queue[bytes | None], frozenset[str]] = {}

    def find(self, provider: Provider, address: str) -> Phone | None:
        """The phone, when somebody plays it."""
        return self._phones.get((provider, address))

    def name_of(self, provider: Provider, address: str) -> str:
        """The one name of a phone, which stays the same when it is addressed by its BSUID: what it was first called."""
        phone = self.find(provider, address)
        return phone.key.partition(":")[2] if phone is not None else address

    def is_open(self, provider: Provider, address: str) -> bool:
        """Whether somebody is looking at this phone right now."""
        phone = self.find(provider, address)
        return phone is not None and phone.watchers > 0

    def take(self, provider: Provider, address: str, bsuid: str | None = None) -> Phone:
        """The phone of this address, taken into use with what it has received so far when it is new."""
        number, bsuid = (None, address) if is_bsuid(address) else (address, bsuid)
        phone = self.find(provider, address) or (self.find(provider, bsuid) if bsuid else None)
        if phone is None:
            self._make_room()
            phone = Phone(provider, f"{provider}:{address}", number, bsuid)
            for received in self._outbox.of(address)[-_MOST_BUBBLES:]:
                if received.provider == provider:
                    self._add(phone, Bubble(received.id, "business", received.at, readable(received), "delivered"))
        phone.number, phone.bsuid = phone.number or number, phone.bsuid or bsuid
        for name in filter(None, (phone.number, phone.bsuid)):
            self._phones[provider, name] = phone
            self._phones.move_to_end((provider, name))
        return phone

    def write(self, phone: Phone, message_id: str, content: dict[str, Any], at: float | None = None) -> Bubble:
        """The person writes: the bubble waits until the gateway has taken it."""
        phone.wrote_at = self._clock.now() if at is None else at
        bubble = Bubble(message_id, "person", phone.wrote_at, content, "waiting")
        self._add(phone, bubble)
        self._tell_bubble(phone, bubble)
        return bubble

    def receive(self, received: Received, content: dict[str, Any]) -> None:
        """The business has written; nothing happens when nobody plays that phone."""
        phone = self.find(received.provider, received.to)
        if phone is not None:
            self.show(phone, Bubble(received.id, "business", received.at, content, "accepted"))

    def show(self, phone: Phone, bubble: Bubble) -> None:
        """Add a bubble and tell who is watching."""
        self._add(phone, bubble)
        self._tell_bubble(phone, bubble)

    def advance(self, message_id: str, state: str) -> None:
        """A message has come further; never backwards."""
        phone, bubble = self._bubbles.get(message_id, (None, None))
        if phone is None or bubble is None or _ORDER.index(state) <= _ORDER.index(bubble.state):
            return
        bubble.state = state
        self._tell(phone, {"phone": phone.key, "id": bubble.id, "state": state})

    def is_read(self, message_id: str) -> bool:
        """Whether the person is known to have read this message."""
        return message_id in self._bubbles and self._bubbles[message_id][1].state == "read"

    def business_has_read(self, message_id: str) -> None:
        """The business says that it has read what the person wrote (and everything before it)."""
        phone, last = self._bubbles.get(message_id, (None, None))
        if phone is None or last is None:
            return
        for bubble in phone.bubbles:
            if bubble.side == "person" and bubble.at <= last.at:
                self.advance(bubble.id, "read")

    def business_types(self, message_id: str) -> None:
        """The business is about to answer this message; pages show it until the answer comes."""
        phone, _ = self._bubbles.get(message_id, (None, None))
        if phone is not None:
            self._tell(phone, {"phone": phone.key, "typing": True})

    def unread(self, phone: Phone) -> list[Bubble]:
        """What has arrived at this phone and was not looked at."""
        return [bubble for bubble in phone.bubbles if bubble.side == "business" and bubble.state == "delivered"]

    def listen(self, phones: list[Phone]) -> "asyncio.Queue[bytes | None]":
        """A queue of events about these phones, which begins with their conversations; None ends it."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(_MOST_UNSEEN_EVENTS)
        self._listeners[queue] = frozenset(phone.key for phone in phones)
        for phone in phones:
            phone.watchers += 1
            history = [_rendered(bubble) for bubble in phone.bubbles]
            names = {"number": phone.number, "bsuid": phone.bsuid}
            queue.put_nowait(orjson.dumps({"phone": phone.key, **names, "history": history}))
        return queue

    def leave(self, queue: "asyncio.Queue[bytes | None]", phones: list[Phone]) -> None:
        """Stop listening."""
        self._listeners.pop(queue, None)
        for phone in phones:
            phone.watchers -= 1

    def close(self) -> None:
        """End every stream of events, so that a server which stops need not wait for its pages."""
        for queue in list(self._listeners):
            self._end(queue)

    def _add(self, phone: Phone, bubble: Bubble) -> None:
        if len(phone.bubbles) == phone.bubbles.maxlen:
            self._bubbles.pop(phone.bubbles[0].id, None)
        phone.bubbles.append(bubble)
        self._bubbles[bubble.id] = (phone, bubble)

    def _make_room(self) -> None:
        idle = (key for key, phone in self._phones.items() if phone.watchers == 0)
        if len(self._phones) >= _MOST_PHONES and (key := next(idle, None)) is not None:
            phone = self._phones[key]
            for bubble in phone.bubbles:
                self._bubbles.pop(bubble.id, None)
            for name in filter(None, (phone.number, phone.bsuid)):
                self._phones.pop((phone.provider, name), None)

    def _tell_bubble(self, phone: Phone, bubble: Bubble) -> None:
        self._tell(phone, {"phone": phone.key, "bubble": _rendered(bubble)})

    def _tell(self, phone: Phone, event: dict[str, Any]) -> None:
        for queue, keys in list(self._listeners.items()):
            if phone.key in keys:
                if queue.full():
                    # A page that fell so far behind reconnects and gets the whole conversation anew.
                    self._end(queue)
                else:
                    queue.put_nowait(orjson.dumps(event))

    def _end(self, queue: "asyncio.Queue[bytes | None]") -> None:
        self._listeners.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


def readable(received: Received) -> dict[str, Any]:
    """The payload of a send as a page shows it."""
    content = orjson.loads(received.payload)
    return content if isinstance(content, dict) else {}


def _rendered(bubble: Bubble) -> dict[str, Any]:
    return {
        "id": bubble.id,
        "side": bubble.side,
        "at": bubble.at,
        "content": bubble.content,
        "state": bubble.state,
    }
