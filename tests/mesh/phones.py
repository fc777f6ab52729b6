"""Phones whose owners know nothing but what is on their screens: they read, write, tap or type a number."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.mesh.deliveries import Delivered, Deliveries
from tests.mesh.posting import Postman, location, tap, text

# "2 Francais" in an SMS.
_NUMBERED = re.compile(r"^(\d{1,2}) (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Written:
    """A message that was answered 200; a `silent` one gets no answer of ours."""

    message_id: str
    silent: bool = False


class Phone:
    """Somebody on WhatsApp, with a number or only a BSUID, or with nothing but SMS.

    `written` is what was answered 200, in order. What was chosen from once is not looked at again.
    """

    def __init__(
        self, postman: Postman, deliveries: Deliveries, number: str, *, bsuid: str = "", sms: bool = False
    ) -> None:
        self.written: list[Written] = []
        self.address = number or bsuid
        self.sms = sms
        self._number = number
        self._bsuid = bsuid
        self._postman = postman
        self._deliveries = deliveries
        self._seen = 0

    @property
    def received(self) -> list[Delivered]:
        return self._deliveries.of(self.address)

    async def say(self, words: str) -> None:
        await self.send(text(words))

    async def share(self, latitude: float, longitude: float) -> None:
        """Share a location; without WhatsApp, type it."""
        if self.sms:
            await self.say(f"{latitude:.6f}, {longitude:.6f}")
        else:
            await self.send(location(latitude, longitude))

    async def send(self, content: dict[str, Any], *, silent: bool = False) -> None:
        """Post it until it is taken; by SMS only words can be sent."""
        if self.sms:
            message_id = await self._postman.sms(self._number, content["text"]["body"])
        else:
            message_id = await self._postman.whatsapp(self._number, content, bsuid=self._bsuid)
        self.written.append(Written(message_id, silent))

    async def hear(self, words: str, seconds: float = 60) -> None:
        """Wait for a message with these words after what was last chosen from; later choices come after it."""
        await self._find(lambda one: folded(words) in folded(one.words), f"a message with {words!r}", seconds)

    async def choose(self, begins: str, seconds: float = 60) -> None:
        """Wait for something to choose that begins so, and choose it."""
        found = await self._find(lambda one: option(one, begins) is not None, f"a choice {begins!r}", seconds)
        chosen = option(found, begins)
        assert chosen is not None
        kind, ident, title = chosen
        await (self.say(ident) if kind == "typed" else self.send(tap(kind, ident, title)))

    async def _find(self, wanted: Any, what: str, seconds: float) -> Delivered:
        def places() -> Iterator[int]:
            return (place for place, one in enumerate(self.received[self._seen :], self._seen) if wanted(one))

        try:
            await self._deliveries.until(lambda: next(places(), None) is not None, seconds)
        except TimeoutError:
            read = [one.words for one in self.received]
            raise AssertionError(f"{self.address} waits for {what}; read {self._seen}, then {read[-6:]}") from None
        place = next(places())
        self._seen = place + 1
        return self.received[place]


def option(message: Delivered, begins: str) -> tuple[str, str, str] | None:
    """(kind, id, title) of the first thing in a message that can be chosen and begins so; its number where typed."""
    return next((one for one in options(message) if folded(one[2]).startswith(folded(begins))), None)


def options(message: Delivered) -> Iterator[tuple[str, str, str]]:
    """Everything that can be chosen."""
    if message.provider == "twilio":
        yield from (("typed", number, title) for number, title in _NUMBERED.findall(message.payload["Body"]))
        return
    action = message.payload.get("interactive", {}).get("action", {})
    for button in action.get("buttons", []):
        yield "button_reply", button["reply"]["id"], button["reply"]["title"]
    for section in action.get("sections", []):
        for row in section.get("rows", []):
            yield "list_reply", row["id"], row["title"]


def folded(words: str) -> str:
    """Without accents, which an SMS may have lost."""
    return "".join(one for one in unicodedata.normalize("NFKD", words) if not unicodedata.combining(one)).lower()
