"""What the simulator has accepted so far, phone by phone, read as it grows."""

import asyncio
import contextlib
import heapq
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

_EVERY_SECONDS = 0.1
_PAGE = 2000


@dataclass(frozen=True, slots=True)
class Delivered:
    """One accepted send; `outbox_id` is ours, which travelled with it, `message_id` the provider's; `at` in seconds."""

    number: int
    provider: str
    to: str
    outbox_id: int
    payload: dict[str, Any]
    message_id: str
    at: float

    @property
    def words(self) -> str:
        """The text that the person reads."""
        if self.provider == "twilio":
            return str(self.payload["Body"])
        kind = self.payload["type"]
        return str(self.payload["text"]["body"] if kind == "text" else self.payload["interactive"]["body"]["text"])


class Deliveries:
    """Every accepted send in order, copies included."""

    def __init__(self, session: aiohttp.ClientSession, simulator_url: str, *, patient: bool = False) -> None:
        self._patient = patient
        self.all: list[Delivered] = []
        # Without copies: a person who reads something twice acts once.
        self._by_phone: dict[str, dict[int, Delivered]] = defaultdict(dict)
        self._session = session
        self._url = simulator_url
        self._news = asyncio.Condition()
        self._reading = asyncio.Lock()

    def of(self, *addresses: str) -> list[Delivered]:
        """What the phone with these addresses has received, the first copy of each."""
        received = (self._by_phone[address].values() for address in addresses)
        return list(heapq.merge(*received, key=lambda one: one.number))

    async def until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until it holds; raises TimeoutError."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(holds)

    async def read(self) -> None:
        """Everything that is there by now."""
        async with self._reading:  # two at once would both take what is new
            await self._read()

    async def _read(self) -> None:
        while True:
            after = self.all[-1].number if self.all else 0
            url = f"{self._url}/outbox/all?after={after}&limit={_PAGE}"
            async with self._session.get(url) as response:
                assert response.headers["X-Outbox-Forgotten"] == "0"
                items = await response.json()
            for item in items:
                sent = _delivered(item)
                self.all.append(sent)
                self._by_phone[sent.to].setdefault(sent.outbox_id, sent)
            if items:
                async with self._news:
                    self._news.notify_all()
            if len(items) < _PAGE:
                return

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                await self.read()
            except (aiohttp.ClientError, OSError, TimeoutError):
                if not self._patient:
                    raise
            await asyncio.sleep(_EVERY_SECONDS)


@contextlib.asynccontextmanager
async def open_deliveries(simulator_url: str, *, patient: bool = False) -> AsyncIterator[Deliveries]:
    """Deliveries that are read in the background; a `patient` reader waits for a simulator that is down."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        deliveries = Deliveries(session, simulator_url, patient=patient)
        reading = asyncio.create_task(deliveries.run())
        try:
            yield deliveries
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading


def _delivered(item: dict[str, Any]) -> Delivered:
    payload = item["payload"]
    if item["provider"] == "twilio":
        outbox_id = parse_qs(urlsplit(payload["StatusCallback"]).query)["outbox"][0]
    else:
        outbox_id = payload["biz_opaque_callback_data"]
    at = datetime.fromisoformat(item["at"]).timestamp()
    return Delivered(item["number"], item["provider"], item["to"], int(outbox_id), payload, item["id"], at)
