"""The providers as people and the drill use them: phones write through the simulator, which tells what it did."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

_PAGE = 1000
# Longer than a frozen simulator sleeps: who gives up earlier does not know whether it has read the request.
_TIMEOUT = aiohttp.ClientTimeout(total=90)
_AGAIN_SECONDS = 0.2


class Providers:
    """Takes what people write, exactly once each, whatever happens to the simulator meanwhile."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._known: dict[str, set[str]] = {}

    async def whatsapp(self, address: str, content: Mapping[str, Any], *, bsuid: str = "") -> str:
        """A message from a number or, without one, from a BSUID; answers its id once the provider has it."""
        draft: dict[str, Any] = {"provider": "whatsapp", "from": address or bsuid, "wait": False}
        if address and bsuid:
            draft["bsuid"] = bsuid
        match content["type"]:
            case "text":
                draft["text"] = content["text"]["body"]
            case "location":
                draft["location"] = content["location"]
            case _:
                kind = content["interactive"]["type"]
                draft["tap"] = {"kind": kind, **content["interactive"][kind]}
        return await self._send(draft)

    async def sms(self, number: str, text: str) -> str:
        return await self._send({"provider": "twilio", "from": number, "wait": False, "text": text})

    async def deeds(self) -> list[dict[str, Any]]:
        """Each misdeed: its kind, phone and message."""
        return await self._listed("/misbehaviour/deeds")

    async def written(self) -> list[dict[str, Any]]:
        """Each message that a phone wrote, and what became of it."""
        return await self._listed("/phones/written")

    async def behave(self) -> None:
        """No more misbehaviour."""
        async with self._session.delete(f"{self._url}/misbehaviour") as response:
            response.raise_for_status()

    async def _send(self, draft: Mapping[str, Any]) -> str:
        phone = draft["from"]
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with self._session.post(f"{self._url}/phones/send", json=draft) as response:
                    assert response.status == 200, await response.text()
                    message_id = str((await response.json())["id"])
                    self._known.setdefault(phone, set()).add(message_id)
                    return message_id
            # It may have taken the message and died before saying so. One phone writes one message at a time.
            taken = await self._taken_unseen(phone)
            if taken:
                self._known.setdefault(phone, set()).add(taken)
                return taken

    async def _taken_unseen(self, phone: str) -> str:
        """The id of a message that the simulator has from this phone and we do not know; empty when there is none."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                known = self._known.get(phone, set())
                found = [one["id"] for one in await self.written() if one["from"] == phone and one["id"] not in known]
                assert len(found) < 2, f"{phone} wrote one message and the simulator has {found}"
                return str(found[0]) if found else ""
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _listed(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["number"] if found else 0
            async with self._session.get(f"{self._url}{path}?after={after}&limit={_PAGE}") as response:
                page = await response.json()
            found += page
            if len(page) < _PAGE:
                return found


@contextlib.asynccontextmanager
async def open_providers(url: str) -> AsyncIterator[Providers]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=_TIMEOUT) as session:
        yield Providers(session, url)
