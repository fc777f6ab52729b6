"""What the doors refuse: with the right status, without saying why, and without storing anything."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chassis.overdue import Overdue
from services.gateway import webhooks
from tests.gateway.mesh import Answer, Mesh, payload, signed, sms, text

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = {400: "malformed", 403: "forbidden", 408: "timeout", 413: "too large", 503: "unavailable"}


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def nothing_is_stored(shared: Mesh) -> AsyncIterator[None]:
    """Every test here leaves the tables as they were."""
    counted = "SELECT (SELECT count(*) FROM gateway.inbox) + (SELECT count(*) FROM gateway.inbox_key)"
    before = await shared.value(counted)
    yield
    assert await shared.value(counted) == before


def refused(answer: Answer, status: int) -> None:
    assert (answer.status, json.loads(answer.body)) == (status, {"success": False, "error": WORDS[status]})


@pytest.mark.parametrize(
    "signature",
    [None, "", "sha256=", "sha256=00", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=éé", "sha256=" + "é" * 64],
)
async def test_signatures_of_meta(shared: Mesh, phone: str, signature: str | None) -> None:
    """A missing, short, wrong, foreign or non-ASCII signature is 403."""
    raw = json.dumps(payload(text(phone, "hello"))).encode()
    headers = {} if signature is None else {"X-Hub-Signature-256": signature}
    refused(await shared.post("/webhooks/whatsapp", raw, headers), 403)


async def test_one_byte_more(shared: Mesh, phone: str) -> None:
    """A signed body that was changed on the way is 403."""
    raw = json.dumps(payload(text(phone, "hello"))).encode()
    refused(await shared.post("/webhooks/whatsapp", raw + b" ", signed(raw)), 403)


@pytest.mark.parametrize("signature", [None, "", "A", "AAAA", "é" * 28, "A" * 27 + "=", "A" * 10_000])
@pytest.mark.parametrize("path", ["/webhooks/twilio", "/webhooks/twilio/status", "/api/sms/webhook"])
async def test_signatures_of_twilio(shared: Mesh, phone: str, path: str, signature: str | None) -> None:
    """Any garbage in Twilio's header, or none, is 403 at each of its doors."""
    if signature is None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        refused(await shared.post(path, b"Body=hello&From=%2B250788000000", headers), 403)
    else:
        refused(await shared.twilio(sms(f"+{phone}", "hello"), path, **{"X-Twilio-Signature": signature}), 403)


async def test_a_signature_for_another_door(shared: Mesh, phone: str) -> None:
    """A form that was signed for one address is refused at another, and with another query."""
    form = sms(f"+{phone}", "hello")
    for path in ("/webhooks/twilio/status", "/webhooks/twilio?outbox=1"):
        refused(await _signed_for_the_front_door(shared, form, path), 403)


async def _signed_for_the_front_door(shared: Mesh, form: dict[str, str], path: str) -> Answer:
    sent: dict[str, tuple[bytes, dict[str, str]]] = {}

    class Keeping(Mesh):
        async def post(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
            sent["it"] = body, headers
            return Answer(0, {}, b"")

    await Keeping(shared.url, shared.database_url, shared.session, shared.database).twilio(form)
    return await shared.post(path, *sent["it"])


@pytest.mark.parametrize("raw", [b"", b"{not json", b"\xff\xfe", b'{"entry": [', b"[" * 100_000, b'{"a": NaN'])
async def test_what_cannot_be_read(shared: Mesh, raw: bytes) -> None:
    """A signed body that is not JSON is 400."""
    refused(await shared.whatsapp(raw), 400)


async def test_compressed(shared: Mesh, phone: str) -> None:
    """A compressed body is 400, because neither provider sends one and a bomb would be one."""
    raw = gzip.compress(json.dumps(payload(text(phone, "hello"))).encode())
    refused(await shared.whatsapp(raw, **{"Content-Encoding": "gzip"}), 400)


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/webhooks/whatsapp", webhooks.WHATSAPP_BODY_BYTES), ("/webhooks/twilio", webhooks.TWILIO_BODY_BYTES)],
)
async def test_too_large(shared: Mesh, path: str, limit: int) -> None:
    """A body beyond the limit is 413, whether it says its size or is streamed."""
    refused(await shared.post(path, b"x" * (limit + 1), {}), 413)

    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(limit // 65536 + 1):
            yield b"x" * 65536

    async with shared.session.post(shared.url + path, data=streamed()) as response:
        assert response.status == 413


async def test_a_body_that_does_not_come(shared: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever keeps a connection busy without sending the body gets 408."""
    monkeypatch.setattr(Overdue, "seconds", property(lambda _: 0.2), raising=False)
    host, port = shared.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    began = time.monotonic()
    writer.write(b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert b" 408 " in await reader.readline()
    assert time.monotonic() - began < 60
    writer.close()


async def test_a_caller_that_goes_away(shared: Mesh) -> None:
    """Whoever hangs up in the middle of a body changes nothing and disturbs nobody."""
    host, port = shared.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()
    async with shared.session.get(shared.url + "/healthz") as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=dev-verify-token", 200),
        ("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=wrong", 403),
        ("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=%C3%A9", 403),
        ("hub.mode=unsubscribe&hub.challenge=1158201444&hub.verify_token=dev-verify-token", 403),
        ("hub.mode=subscribe&hub.verify_token=dev-verify-token", 403),
        ("", 403),
    ],
)
async def test_the_handshake(shared: Mesh, query: str, status: int) -> None:
    """Meta's handshake echoes the challenge as plain text for the right token only."""
    async with shared.session.get(f"{shared.url}/webhooks/whatsapp?{query}") as response:
        assert response.status == status
        if status == 200:
            assert (await response.text(), response.content_type) == ("1158201444", "text/plain")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/webhooks/whatsapp", 404),
        ("GET", "/webhooks/twilio", 404),
        ("POST", "/webhooks", 404),
        ("POST", "/webhooks/whatsapp/", 404),
        ("POST", "/healthz", 405),
    ],
)
async def test_other_routes(shared: Mesh, method: str, path: str, status: int) -> None:
    """There is nothing behind other paths and methods."""
    async with shared.session.request(method, shared.url + path, data=b"{}", allow_redirects=False) as response:
        assert response.status == status
