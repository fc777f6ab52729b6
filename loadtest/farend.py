"""The far end: what the stand-in for the providers has accepted, read as it grows."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import orjson

from launcher.failure import CommandError, ExitCode
from loadtest.ledger import Accepted

# The stand-in says when it accepted each: how often we look decides only when we learn of it.
_EVERY_SECONDS = 0.1
_PAGE = 5000


class FarEnd:
    """The simulator's outbox from `begin` on."""

    def __init__(self, session: aiohttp.ClientSession, simulator_url: str) -> None:
        self._session = session
        self._url = simulator_url.rstrip("/")
        self._after = 0

    async def begin(self) -> None:
        """What is there already is the past. Raises CommandError when there is no simulator."""
        try:
            async with self._session.get(f"{self._url}/outbox/all?limit=1") as response:
                self._after = int(response.headers["X-Outbox-Last"])
        except (aiohttp.ClientError, OSError, TimeoutError, KeyError, ValueError) as error:
            raise CommandError(f"there is no simulator at {self._url}: {error!r}", ExitCode.FAILED) from error

    async def webhooks(self) -> int:
        """How many webhooks the stand-in has posted itself and got an answer for."""
        async with self._session.get(f"{self._url}/stats") as response:
            return int(orjson.loads(await response.read()).get("webhooks_posted", 0))

    async def read(self, take: Callable[[Accepted], None]) -> None:
        """Everything that is new. Raises CommandError when something was forgotten before it was read."""
        while True:
            url = f"{self._url}/outbox/all?after={self._after}&limit={_PAGE}"
            async with self._session.get(url) as response:
                items = orjson.loads(await response.read())
            for item in items:
                if item["number"] != self._after + 1:
                    raise CommandError(
                        "the simulator has forgotten sends before they were read: raise SIMULATOR_OUTBOX_MAX.",
                        ExitCode.FAILED,
                    )
                self._after = item["number"]
                take(accepted(item))
            if len(items) < _PAGE:
                return

    async def follow(self, take: Callable[[Accepted], None]) -> None:
        """Read until cancelled; a stand-in that is slow to answer is asked again."""
        while True:
            try:
                await self.read(take)
            except (aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(_EVERY_SECONDS)
            await asyncio.sleep(_EVERY_SECONDS)


def accepted(item: dict[str, Any]) -> Accepted:
    """One item of the outbox. A send that carries no id of ours has 0."""
    payload = item["payload"]
    if item["provider"] == "twilio":
        ours = parse_qs(urlsplit(payload.get("StatusCallback", "")).query).get("outbox", ["0"])[0]
    else:
        ours = payload.get("biz_opaque_callback_data", "0")
    at = datetime.fromisoformat(item["at"]).timestamp()
    return Accepted(at, item["provider"], item["to"], item["id"], int(ours) if ours.isdecimal() else 0)
