"""People who know nothing but what is on their screens: each reads what is new and does what the last of it asks."""

import asyncio
import contextlib
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from services.gateway.conversations.catalogue import t
from tests.chaos.reading import words_of
from tests.chaos.snapshot import Person, Written
from tests.mesh.deliveries import Delivered, Deliveries
from tests.mesh.phones import folded, options
from tests.mesh.posting import location, tap, text

# How it is chosen (typed, or a kind of tap), the number or id to send, and what is read.
Choice = tuple[str, str, str]


class Post(Protocol):
    """Takes what people write: answers the message's id once the provider has it."""

    async def whatsapp(self, address: str, content: Mapping[str, Any], *, bsuid: str = "") -> str: ...

    async def sms(self, number: str, text: str) -> str: ...


class OutOfPatience(Exception):
    """Somebody waited for an answer that did not come."""


@dataclass
class Clock:
    """When people stop starting something new, and when they stop waiting at all (on the monotonic clock)."""

    closing: asyncio.Event = field(default_factory=asyncio.Event)
    patient_until: float = float("inf")
    # How many know their language and, of drivers, are online.
    settled: int = 0
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)

    def rush(self) -> None:
        """Whoever thinks about what to write writes it now, all at once."""
        self._hurry.set()
        self._hurry = asyncio.Event()

    async def thinking(self, seconds: float) -> None:
        """That long, or until there is a rush."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)


class Somebody:
    """One person with one phone."""

    def __init__(
        self,
        post: Post,
        deliveries: Deliveries,
        clock: Clock,
        dice: random.Random,
        *,
        role: str,
        number: str,
        bsuid: str = "",
        sms: bool = False,
        language: str = "en",
    ) -> None:
        self.role = role
        self.sms = sms
        self.language = language
        self.dice = dice
        self.clock = clock
        self.completed = 0
        self.gave_up = 0
        self.waits_for = ""
        # What of a number and a BSUID their phone tells the business: "number", "bsuid", or whatever there is.
        self.shows = ""
        self.written: list[Written] = []
        self._number = number
        self._bsuid = bsuid
        self._post = post
        self._deliveries = deliveries
        self._seen = 0

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(filter(None, (self._number, self._bsuid)))

    @property
    def name(self) -> str:
        return self.addresses[0]

    @property
    def has_heard_enough(self) -> bool:
        """Beyond 45 messages the pair limit gives a phone one in six seconds, and a run would take minutes."""
        return len(self._deliveries.of(*self.addresses)) > 30

    def told(self) -> Person:
        """For the checker: a passenger's phone shows also what came after its owner had gone home."""
        heard = self._deliveries.of(*self.addresses) if self.role == "passenger" else []
        completed = sum(self.reads(message, "told-completed") for message in heard)
        gave_up = sum(self.reads(message, "given-up") for message in heard)
        return Person(self.name, self.addresses, self.role, completed, gave_up, self.waits_for)

    def word(self, key: str) -> str:
        """What something is called in this person's language, up to where it varies, as an SMS may show it."""
        return folded(t(self.language, key, distance="|", count=1, number="|", vehicle="|").partition("|")[0])

    async def think(self, seconds: float) -> None:
        """A moment, shorter once it is time to go home."""
        await self.clock.thinking(self.dice.uniform(0.3, 1.7) * (seconds if not self.clock.closing.is_set() else 0.2))

    async def say(self, words: str, *, language: str = "") -> None:
        await self.send(text(words), language=language)

    async def share(self, latitude: float, longitude: float) -> None:
        """Share a location; without WhatsApp, type it."""
        if self.sms:
            await self.say(f"{latitude:.6f}, {longitude:.6f}")
        else:
            await self.send(location(latitude, longitude))

    async def send(self, content: dict[str, Any], *, language: str = "") -> None:
        if self.sms:
            message_id = await self._post.sms(self._number, content["text"]["body"])
        else:
            number = self._number if self.shows != "bsuid" else ""
            bsuid = self._bsuid if self.shows != "number" else ""
            message_id = await self._post.whatsapp(number, content, bsuid=bsuid)
        self.written.append(Written(self.name, message_id, language, says=words_of(content)))

    async def choose(self, choice: Choice, language: str = "") -> None:
        """Tap it, or type its number."""
        kind, ident, title = choice
        content = text(ident) if kind == "typed" else tap(kind, ident, title)
        await self.send(content, language=language)

    def unread(self) -> list[Delivered]:
        return self._deliveries.of(*self.addresses)[self._seen :]

    async def news(self, what: str) -> list[Delivered]:
        """Everything that is new, as soon as there is something."""
        self.waits_for = what
        left = self.clock.patient_until - time.monotonic()
        while not self.unread():
            try:
                await self._deliveries.until(lambda: bool(self.unread()), min(5.0, max(left, 0.1)))
            except TimeoutError:
                left = self.clock.patient_until - time.monotonic()
                if left <= 0:
                    raise OutOfPatience(f"{self.role} {self.name} waits for {what}") from None
        self.waits_for = ""
        news = self.unread()
        self._seen += len(news)
        return news

    async def introduce(self) -> None:
        """Say hello until the language is chosen."""
        await self.say("hello")
        while True:
            news = await self.news("the question about the language")
            for message in reversed(news):
                choice = self.offered(message, "language-name")
                if choice is not None:
                    await self.choose(choice, self.language)
                    break
                if folded(t(self.language, "language-chosen")) in folded(message.words):
                    return

    def offered(self, message: Delivered, *keys: str) -> Choice | None:
        """The first of these choices that the message holds."""
        for key in keys:
            begins = self.word(key)
            for choice in options(message):
                if folded(choice[2]).startswith(begins):
                    return choice
        return None

    def reads(self, message: Delivered, *keys: str) -> bool:
        """Whether the message holds one of these sentences."""
        words = folded(message.words)
        return any(self.word(key) in words for key in keys)

    def asks_for_place(self, message: Delivered) -> bool:
        """Whether it wants a location."""
        return self.reads(message, "place-type" if self.sms else "place-share")
