"""A simulator on a free port, and a pretended gateway that takes its webhooks."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chassis.settings import load
from simulator.app import simulator
from simulator.settings import SimulatorSettings

ACCOUNT = "AC" + "0" * 32
RECIPIENT = "+250788123456"


@dataclass
class Webhook:
    path: str
    headers: dict[str, str]
    body: bytes
    is_signed: bool
    status: int = 0
    at: float = field(default_factory=time.monotonic)

    @property
    def values(self) -> list[dict[str, Any]]:
        """What each change of a Meta webhook holds."""
        entries = json.loads(self.body)["entry"]
        return [change["value"] for entry in entries for change in entry["changes"]]

    @property
    def ids(self) -> list[str]:
        """The messages that it carries or tells of, in their order."""
        if not self.path.startswith("/webhooks/whatsapp"):
            return [dict(parse_qsl(self.body.decode()))["MessageSid"]]
        return [
            item["id"] for value in self.values for item in (*value.get("messages", ()), *value.get("statuses", ()))
        ]


@dataclass
class Gateway:
    """Keeps each webhook and answers with the statuses it is given, then 200, or 403 when it is not signed.

    While `open` is not set, nothing is answered.
    """

    url: str = ""
    webhooks: list[Webhook] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    @property
    def signed(self) -> list[Webhook]:
        """What was not forged."""
        return [webhook for webhook in self.webhooks if webhook.is_signed]

    @property
    def ids(self) -> list[str]:
        """Every message that was written or told of, in the order of arrival."""
        return [found for webhook in self.signed for found in webhook.ids]

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        signed = _is_signed(self.url + request.raw_path, headers, body)
        webhook = Webhook(request.raw_path, headers, body, signed)
        self.webhooks.append(webhook)
        await self.open.wait()
        status = 403 if not signed else self.answers.pop(0) if self.answers else 200
        webhook.status = status
        return web.Response(text="<Response/>", status=status, content_type="text/xml")


def _is_signed(url: str, headers: dict[str, str], body: bytes) -> bool:
    if "x-twilio-signature" in headers:
        text = url + "".join(sorted(name + value for name, value in parse_qsl(body.decode(), keep_blank_values=True)))
        digest = hmac.new(b"dev-auth-token", text.encode(), hashlib.sha1).digest()
        return headers["x-twilio-signature"] == base64.b64encode(digest).decode()
    digest = hmac.new(b"dev-app-secret", body, hashlib.sha256).digest()
    return headers.get("x-hub-signature-256") == "sha256=" + digest.hex()


@dataclass
class Caller:
    """Calls the simulator as the gateway and the page do."""

    url: str
    session: aiohttp.ClientSession
    gateway: Gateway

    async def graph(self, message: dict[str, Any], **headers: str) -> tuple[int, Any]:
        url = f"{self.url}/graph/v24.0/106540352242922/messages"
        headers = {"Authorization": "Bearer dev-access-token", **headers}
        async with self.session.post(url, json=message, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def text(self, body: str = "hello", to: str = RECIPIENT, **more: Any) -> tuple[int, Any]:
        return await self.graph(
            {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": body}, **more}
        )

    async def interactive(self, interactive: dict[str, Any]) -> tuple[int, Any]:
        return await self.graph(
            {"messaging_product": "whatsapp", "to": RECIPIENT, "type": "interactive", "interactive": interactive}
        )

    async def twilio(
        self, method: str = "POST", path: str = "Messages.json", token: str = "dev-auth-token", **fields: str
    ) -> tuple[int, Any]:
        credentials = base64.b64encode(f"{ACCOUNT}:{token}".encode()).decode()
        async with self.session.request(
            method,
            f"{self.url}/twilio/2010-04-01/Accounts/{ACCOUNT}/{path}",
            data=fields if method == "POST" else None,
            params=fields if method == "GET" else None,
            headers={"Authorization": f"Basic {credentials}"},
        ) as response:
            return response.status, await response.json()

    async def sms(self, body: str = "hello", **fields: str) -> tuple[int, Any]:
        return await self.twilio(**{"To": RECIPIENT, "From": "+15550783881", "Body": body, **fields})

    async def ask(self, method: str, path: str, content: Any = None, **query: str) -> tuple[int, Any]:
        async with self.session.request(method, self.url + path, json=content, params=query) as response:
            return response.status, await response.json() if response.status != 204 else None

    async def fault(self, kind: str, provider: str = "whatsapp", **more: Any) -> None:
        """Plan misbehaviour by count."""
        status, answer = await self.ask("POST", "/faults", {"provider": provider, "kind": kind, **more})
        assert status == 204, answer

    async def write(self, text: str = "hello", *, phone: str = RECIPIENT, **more: Any) -> str:
        """A phone writes, and nobody waits for the gateway; the id of the message."""
        draft = {"provider": "whatsapp", "from": phone, "text": text, "wait": False, **more}
        status, answer = await self.ask("POST", "/phones/send", draft)
        assert (status, answer.get("taken")) == (200, None), answer
        return str(answer["id"])

    async def deeds(self) -> dict[str, int]:
        """How often each kind of misbehaviour happened."""
        return dict((await self.ask("GET", "/misbehaviour"))[1]["did"])

    async def stats(self) -> dict[str, int]:
        return dict((await self.ask("GET", "/stats"))[1])

    async def settled(self) -> None:
        """Wait until nothing is under way any more, copies for later left aside."""
        async with asyncio.timeout(90):
            stats = await self.stats()
            while stats["webhooks_waiting"] or stats["statuses_waiting"]:
                stats = await self.stats()

    async def outbox(self, to: str = RECIPIENT) -> list[dict[str, Any]]:
        status, items = await self.ask("GET", "/outbox", to=to)
        assert status == 200
        return list(items)


async def eventually(holds: Callable[[], bool], within: float = 90.0) -> None:
    """Wait until something holds, looking again after each turn of the loop."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


def calling() -> aiohttp.ClientSession:
    """For those who call the simulator: it closes idle connections later than they do, so no post meets its closing."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(keepalive_timeout=2))


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    return eventually


@pytest.fixture
def environ() -> dict[str, str]:
    """What a test module changes to get another simulator."""
    return {}


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    app = web.Application()
    app.router.add_post("/{path:.*}", gateway.take)
    async with TestServer(app) as server:
        gateway.url = str(server.make_url("")).rstrip("/")
        yield gateway


@pytest.fixture
async def sim(gateway: Gateway, environ: dict[str, str]) -> AsyncIterator[Caller]:
    settings = load(
        SimulatorSettings,
        {
            "HAILWIRE_ENV": "development",
            "SIMULATOR_HTTP_PORT": "0",
            "SIMULATOR_STATUS_DELAY_MS": "1",
            "PUBLIC_BASE_URL": gateway.url,
            **environ,
        },
    )
    async with simulator(settings) as running, calling() as session:
        yield Caller(running.url, session, gateway)
