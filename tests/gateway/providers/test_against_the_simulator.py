"""The gateway's clients, signatures and readers against stand-ins that are as strict as the providers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chassis.settings import Secret, load
from services.gateway.messages import (
    Address,
    Button,
    Buttons,
    Delivery,
    Item,
    LocationRequest,
    Menu,
    Outgoing,
    Reply,
    Row,
    Status,
    Text,
)
from services.gateway.providers import reading
from services.gateway.providers.sending import Accepted
from services.gateway.providers.twilio import signature as twilio_signature
from services.gateway.providers.twilio import webhook as twilio_webhook
from services.gateway.providers.twilio.client import TwilioClient
from services.gateway.providers.whatsapp import signature as whatsapp_signature
from services.gateway.providers.whatsapp import webhook as whatsapp_webhook
from services.gateway.providers.whatsapp.client import WhatsAppClient
from simulator.app import simulator
from simulator.settings import SimulatorSettings

LONG = "Mwaramutse 👋🏿 « c\u2019est l\u2019été » " * 200
REPLIES: list[Reply] = [
    Text("hello"),
    Text(LONG),
    Buttons(LONG, tuple(Button(f"id:{n}", LONG) for n in range(3))),
    Menu(LONG, LONG, tuple(Row(f"id:{n}", LONG, LONG) for n in range(10))),
    Menu("Vehicle?", "Choose", (Row("m", "Moto"), Row("c", "Cab", "4 seats"))),
    LocationRequest(LONG),
]


class Gateway:
    """Takes status webhooks as ours does: signature first, then taken apart and read."""

    def __init__(self) -> None:
        self.url = ""
        self.statuses: asyncio.Queue[Status] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        items: list[Item]
        if request.path.startswith("/webhooks/twilio"):
            assert twilio_signature.verify(
                raw,
                request.headers["X-Twilio-Signature"],
                [Secret("dev-auth-token")],
                public_base_url=self.url,
                path=request.path,
                query=request.query_string.encode(),
                content_type=request.headers["Content-Type"],
            )
            items = twilio_webhook.split(raw, request.query_string.encode())
        else:
            assert whatsapp_signature.verify(raw, request.headers["X-Hub-Signature-256"], [Secret("dev-app-secret")])
            items = whatsapp_webhook.split(raw)
        for item in items:
            self.statuses.put_nowait(reading.read_status(item.provider, item.raw))
        return web.Response()

    async def told(self, delivery: Delivery) -> Status:
        async with asyncio.timeout(60):
            while True:
                status = await self.statuses.get()
                if status.delivery is delivery:
                    return status


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    app = web.Application()
    app.router.add_post("/{path:.*}", gateway.take)
    async with TestServer(app) as server:
        gateway.url = str(server.make_url("")).rstrip("/")
        yield gateway


@pytest.fixture
async def clients(gateway: Gateway) -> AsyncIterator[dict[str, Any]]:
    environ = {"HAILWIRE_ENV": "development", "SIMULATOR_HTTP_PORT": "0", "PUBLIC_BASE_URL": gateway.url}
    settings = load(SimulatorSettings, {**environ, "SIMULATOR_STATUS_DELAY_MS": "1"})
    async with simulator(settings) as running, aiohttp.ClientSession() as session:
        yield {
            "whatsapp": WhatsAppClient(
                session,
                graph_url=running.url + "/graph",
                phone_number_id=settings.phone_number_id,
                access_token=settings.access_token,
            ),
            "twilio": TwilioClient(
                session,
                api_url=running.url + "/twilio",
                account_sid=settings.account_sid,
                auth_token=settings.auth_token,
                sender=settings.phone_number,
                public_base_url=gateway.url,
            ),
        }


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize(
    ("client", "key"),
    [
        ("whatsapp", "wa:+250788000001"),
        ("whatsapp", "wau:RW.abc123"),
        ("twilio", "sms:+250730000001"),
        ("twilio", "twa:+250730000001"),
    ],
)
async def test_every_reply_is_accepted_and_its_status_finds_our_row(
    gateway: Gateway, clients: dict[str, Any], client: str, key: str, reply: Reply
) -> None:
    """Every reply to every sort of address is accepted, and the signed status names our row of the outbox."""
    verdict = await clients[client].send(Outgoing(4242, Address.from_key(key), reply))
    assert isinstance(verdict, Accepted)
    status = await gateway.told(Delivery.DELIVERED)
    assert (status.provider_message_id, status.outbox_id) == (verdict.provider_message_id, 4242)


async def test_a_message_is_found_in_the_list(clients: dict[str, Any]) -> None:
    """A message whose answer was lost is found by its words; one that was never sent is not."""
    sent = Outgoing(1, Address.from_key("sms:+250730000001"), Text("Êtes-vous là ?"))
    since = datetime.now(UTC)
    verdict = await clients["twilio"].send(sent)
    assert isinstance(verdict, Accepted)
    assert await clients["twilio"].find_sent(sent, since) == verdict.provider_message_id
    assert await clients["twilio"].find_sent(sent, since, known={verdict.provider_message_id}) is None
    never = Outgoing(2, sent.address, Text("never sent"))
    assert await clients["twilio"].find_sent(never, since) is None
