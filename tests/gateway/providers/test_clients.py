"""Sending through a provider that answers, refuses, hangs, hangs up or is not there."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from chassis.errors import Unavailable
from chassis.settings import Secret
from services.gateway.messages import Address, Outgoing, Text
from services.gateway.providers import exchange
from services.gateway.providers.sending import (
    Accepted,
    Final,
    OptedOut,
    Retry,
    Stop,
    Unknown,
    Verdict,
    WindowClosed,
)
from services.gateway.providers.twilio.client import TwilioClient
from services.gateway.providers.whatsapp.client import WhatsAppClient

ON_WHATSAPP = Outgoing(7, Address("whatsapp", "number", "+250788000001"), Text("Muraho é"))
ON_SMS = Outgoing(7, Address("sms", "number", "+250730000001"), Text("Muraho é"))
MOMENT = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ScriptedProvider:
    """An HTTP server that does what the test says and remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[web.Request, bytes]] = []
        self.handler: Handler = self.answer(200, {})

    def answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if isinstance(body, bytes):
                return web.Response(status=status, body=body, headers=headers)
            return web.json_response(body, status=status, headers=headers)

        return handle

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request, await request.read()))
        return await self.handler(request)


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    scripted = ScriptedProvider()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", scripted.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def whatsapp(session: aiohttp.ClientSession, url: str) -> WhatsAppClient:
    return WhatsAppClient(session, graph_url=url, phone_number_id="1065", access_token=Secret("token-a"))


def twilio(session: aiohttp.ClientSession, url: str, service: str | None = None) -> TwilioClient:
    return TwilioClient(
        session,
        api_url=url,
        account_sid="AC1",
        auth_token=Secret("token-b"),
        sender="+15550783881",
        messaging_service_sid=service,
        public_base_url="https://rides.example",
    )


def graph_error(code: int, **fields: Any) -> dict[str, Any]:
    return {"error": {"message": "m", "type": "OAuthException", "code": code, **fields}}


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("", "/v24.0/1065/messages"),
        ("/graph/", "/graph/v24.0/1065/messages"),
        ("/v25.0", "/v25.0/1065/messages"),
    ],
)
async def test_whatsapp_accepts(
    provider: ScriptedProvider, session: aiohttp.ClientSession, root: str, path: str
) -> None:
    """What Meta takes is accepted under its id; the request carries the token and UTF-8 JSON."""
    provider.handler = provider.answer(200, {"messages": [{"id": "wamid.X"}]})
    assert await whatsapp(session, provider.url + root).send(ON_WHATSAPP) == Accepted("wamid.X")
    ((request, body),) = provider.requests
    assert (request.path, request.headers["Authorization"]) == (path, "Bearer token-a")
    assert request.headers["Content-Type"] == "application/json"
    assert "Muraho é".encode() in body


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, graph_error(131047), WindowClosed(131047)),
        (400, graph_error(131026), Final("UNDELIVERABLE", 131026)),
        (401, graph_error(190), Stop("AUTH", 190)),
        (400, graph_error(100, error_subcode=33), Stop("PHONE_NUMBER_ID", 100)),
        (429, graph_error(130429), Retry("THROUGHPUT", 9.0, "provider", 130429)),
        (400, graph_error(131056), Retry("PAIR_RATE", 9.0, "recipient", 131056)),
        (500, graph_error(131000), Retry("TRANSIENT", 9.0, "recipient", 131000)),
        (500, graph_error(4711), Retry("UNLISTED", 9.0, "recipient", 4711)),
        (400, graph_error(4711, is_transient=True), Retry("UNLISTED", 9.0, "recipient", 4711)),
        (400, graph_error(4711), Final("UNLISTED", 4711)),
        (429, b"slow down", Retry("THROUGHPUT", 9.0, "provider")),
        (500, b"", Unknown("HTTP_500")),
        (502, b"<html>", Unknown("HTTP_502")),
        (503, b"{}", Unknown("HTTP_503")),
        (404, b"", Stop("ENDPOINT")),
        (401, b"", Stop("AUTH")),
        (302, b"", Stop("ENDPOINT")),
        (400, b"[]", Final("HTTP_400")),
        (200, b"not json", Unknown("NO_MESSAGE_ID")),
        (200, {"messages": []}, Unknown("NO_MESSAGE_ID")),
        (200, {"messages": [7]}, Unknown("NO_MESSAGE_ID")),
        (200, b"[" * 300_000, Unknown("NO_MESSAGE_ID")),
    ],
)
async def test_what_meta_may_answer(
    provider: ScriptedProvider, session: aiohttp.ClientSession, status: int, body: Any, expected: Verdict
) -> None:
    """A named error is what its code says; without a name only what was certainly not taken is sent again."""
    headers = {"Retry-After": "9", "Location": provider.url + "/elsewhere"}
    provider.handler = provider.answer(status, body, headers)
    assert await whatsapp(session, provider.url).send(ON_WHATSAPP) == expected
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"code": 21610, "status": 400}, OptedOut(21610)),
        (400, {"code": 21211}, Final("NUMBER_INVALID", 21211)),
        (400, {"code": 63016}, WindowClosed(63016)),
        (401, {"code": 20003}, Stop("AUTH", 20003)),
        (404, {"code": 20404}, Stop("ACCOUNT_OR_URL", 20404)),
        (429, {"code": 20429}, Retry("RATE", 9.0, "provider", 20429)),
        (429, b"", Retry("RATE", 9.0, "provider")),
        (400, {"code": 21611}, Retry("QUEUE_FULL", 9.0, "provider", 21611)),
        (500, {"code": 20500}, Unknown("HTTP_500")),
        (503, b"", Unknown("HTTP_503")),
        (201, b"", Unknown("NO_MESSAGE_ID")),
        (400, b"?", Final("UNLISTED")),
    ],
)
async def test_what_twilio_may_answer(
    provider: ScriptedProvider, session: aiohttp.ClientSession, status: int, body: Any, expected: Verdict
) -> None:
    """A named error is what its code says; a server error may have queued the message and is settled by the list."""
    provider.handler = provider.answer(status, body, {"Retry-After": "9"})
    assert await twilio(session, provider.url).send(ON_SMS) == expected


async def test_twilio_accepts(provider: ScriptedProvider, session: aiohttp.ClientSession) -> None:
    """What Twilio takes is accepted under its sid; the request is a form under the account's own credentials."""
    provider.handler = provider.answer(201, {"sid": "SM1", "status": "queued"})
    assert await twilio(session, provider.url + "/twilio").send(ON_SMS) == Accepted("SM1")
    ((request, body),) = provider.requests
    assert request.path == "/twilio/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["Authorization"] == aiohttp.encode_basic_auth("AC1", "token-b")
    assert request.content_type == "application/x-www-form-urlencoded"
    assert b"To=%2B250730000001" in body
    assert b"Body=Muraho+%C3%A9" in body


async def both(session: aiohttp.ClientSession, url: str) -> list[Verdict]:
    return [await whatsapp(session, url).send(ON_WHATSAPP), await twilio(session, url).send(ON_SMS)]


async def test_a_provider_that_is_not_there(session: aiohttp.ClientSession) -> None:
    """Refused connections and unknown names sent nothing, so everybody waits and tries again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert await both(session, refused) == [Retry("UNREACHABLE", scope="provider")] * 2
    assert await both(session, "http://name.invalid") == [Retry("UNREACHABLE", scope="provider")] * 2


async def test_no_free_connection_in_time_sent_nothing(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting in vain for a connection of our own pool is a retry."""
    asked, release = asyncio.Event(), asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        asked.set()
        await release.wait()
        return web.json_response({"messages": [{"id": "wamid.X"}]})

    provider.handler = hang
    monkeypatch.setattr(exchange, "TIMEOUT", aiohttp.ClientTimeout(total=120))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        client = whatsapp(session, provider.url)
        first = asyncio.create_task(client.send(ON_WHATSAPP))
        async with asyncio.timeout(60):
            await asked.wait()
        monkeypatch.setattr(exchange, "TIMEOUT", aiohttp.ClientTimeout(total=120, connect=0.2))
        assert await client.send(ON_WHATSAPP) == Retry("UNREACHABLE", scope="provider")
        release.set()
        assert await first == Accepted("wamid.X")


async def test_an_answer_that_does_not_come_is_unknown(
    provider: ScriptedProvider, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that was sent and not answered in time may have been taken."""

    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    provider.handler = hang
    monkeypatch.setattr(exchange, "TIMEOUT", aiohttp.ClientTimeout(total=120, sock_read=0.1))
    assert await both(session, provider.url) == [Unknown("NO_ANSWER_IN_TIME")] * 2
    monkeypatch.setattr(exchange, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    assert await both(session, provider.url) == [Unknown("NO_ANSWER_IN_TIME")] * 2


async def test_a_connection_lost_after_sending_is_unknown(
    provider: ScriptedProvider, session: aiohttp.ClientSession
) -> None:
    """A provider that hangs up before or in the middle of its answer may have taken the message."""

    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=200, headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"messages": [{"id": "wamid.X"')
        assert request.transport is not None
        request.transport.close()
        return response

    for handler in (hang_up, break_off):
        provider.handler = handler
        assert await both(session, provider.url) == [Unknown("CONNECTION_LOST")] * 2
    assert len(provider.requests) == 4


async def test_an_address_that_is_none_stops(session: aiohttp.ClientSession) -> None:
    """A wrong setting stops sending instead of dead-lettering everybody."""
    assert await both(session, "nowhere") == [Stop("ENDPOINT")] * 2
    assert await both(session, "ftp://graph.example") == [Stop("ENDPOINT")] * 2


def listed(sid: str, minutes: int = 0, body: str = "Muraho é", direction: str = "outbound-api") -> dict[str, Any]:
    created = format_datetime(MOMENT + timedelta(minutes=minutes))
    return {"sid": sid, "body": body, "direction": direction, "date_created": created, "date_sent": None}


async def test_an_unknown_message_is_found_in_the_list(
    provider: ScriptedProvider, session: aiohttp.ClientSession
) -> None:
    """The oldest message since the attempt with the same words, that no other row owns, is the one."""
    messages = [
        listed("SM6", 3),
        listed("SM5", 2),
        listed("SM4", 2, body="other words"),
        listed("SM3", 1, direction="inbound"),
        {"sid": "SM2", "date_created": "rubbish"},
        listed("SM1", -5),
    ]
    provider.handler = provider.answer(200, {"messages": messages, "next_page_uri": None})
    client = twilio(session, provider.url)
    assert await client.find_sent(ON_SMS, MOMENT) == "SM5"
    assert await client.find_sent(ON_SMS, MOMENT, known={"SM5"}) == "SM6"
    assert await client.find_sent(ON_SMS, MOMENT, known={"SM5", "SM6"}) is None
    assert provider.requests[0][0].query["To"] == "+250730000001"


async def test_the_list_is_read_page_by_page(provider: ScriptedProvider, session: aiohttp.ClientSession) -> None:
    """Further pages are read where the API really is, until the attempt's time is passed."""

    async def pages(request: web.Request) -> web.StreamResponse:
        page = int(request.query.get("Page", "0"))
        following = f"/2010-04-01/Accounts/AC1/Messages.json?To=%2B250730000001&Page={page + 1}"
        shown = [[listed("SM3", 3, body="x")], [listed("SM2", 1)], [listed("SM1", -9)], [listed("SM0")]][page]
        return web.json_response({"messages": shown, "next_page_uri": following})

    provider.handler = pages
    assert await twilio(session, provider.url + "/twilio").find_sent(ON_SMS, MOMENT) == "SM2"
    assert [request.path for request, _ in provider.requests] == ["/twilio/2010-04-01/Accounts/AC1/Messages.json"] * 3
    assert provider.requests[1][0].query == {"To": "+250730000001", "Page": "1"}


async def test_a_list_that_cannot_be_read_settles_nothing(
    provider: ScriptedProvider, session: aiohttp.ClientSession
) -> None:
    """Not knowing is not the same as not finding."""
    provider.handler = provider.answer(503, b"")
    with pytest.raises(Unavailable):
        await twilio(session, provider.url).find_sent(ON_SMS, MOMENT)
