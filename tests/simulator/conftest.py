"""A simulator on a free port, and a pretended gateway that takes its webhooks."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

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


@dataclass
class Gateway:
    """Keeps each webhook and answers with the statuses it is given, then 200."""

    url: str = ""
    webhooks: list[Webhook] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.webhooks.append(Webhook(request.raw_path, headers, await request.read()))
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(text="<Response/>", status=status, content_type="text/xml")


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

    async def outbox(self, to: str = RECIPIENT) -> list[dict[str, Any]]:
        status, items = await self.ask("GET", "/outbox", to=to)
        assert status == 200
        return list(items)


async def eventually(holds: Callable[[], bool], within: float = 10.0) -> None:
    """Wait until something holds, looking again after each turn of the loop."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


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
    async with simulator(settings) as running, aiohttp.ClientSession() as session:
        yield Caller(running.url, session, gateway)
