"""Files that phones attach: what is taken, how the providers hand them out, and to whom."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "AC" + "0" * 32
BEARER = {"Authorization": "Bearer dev-access-token"}
BASIC = {"Authorization": "Basic " + base64.b64encode(f"{ACCOUNT}:dev-auth-token".encode()).decode()}
DIANE = {"provider": "whatsapp", "from": "+250788123456", "name": "Diane"}
PHOTO = b"\xff\xd8\xff" + b"photo" * 100


async def _attach(sim: Any, content: bytes, content_type: str) -> tuple[int, Any]:
    headers = {"Content-Type": content_type}
    async with sim.session.post(sim.url + "/phones/media", data=content, headers=headers) as response:
        return response.status, await response.json()


async def _fetch(sim: Any, url: str, headers: dict[str, str]) -> tuple[int, bytes, str]:
    async with sim.session.get(url, headers=headers) as response:
        return response.status, await response.read(), response.headers.get("Content-Type", "")


async def test_meta_describes_and_serves_a_file(sim: Any) -> None:
    """The webhook names the file, Graph says where it is, how large and with which hash, and the address serves it."""
    _, attached = await _attach(sim, PHOTO, "image/jpeg")
    media = {"id": attached["id"], "caption": "the gate"}
    assert (await sim.ask("POST", "/phones/send", {**DIANE, "media": media}))[0] == 200
    digest = hashlib.sha256(PHOTO).hexdigest()
    assert f'"sha256":"{digest}"'.encode() in sim.gateway.webhooks[0].body
    assert b'"caption":"the gate"' in sim.gateway.webhooks[0].body
    graph = f"{sim.url}/graph/v25.0/{attached['id']}"
    async with sim.session.get(graph, headers=BEARER) as response:
        told = await response.json()
    assert (told["sha256"], told["file_size"], told["mime_type"]) == (digest, len(PHOTO), "image/jpeg")
    assert await _fetch(sim, told["url"], BEARER) == (200, PHOTO, "image/jpeg")


async def test_only_the_business_gets_a_file(sim: Any) -> None:
    """Without the right token neither provider hands a file out, and unknown files are not found."""
    _, attached = await _attach(sim, PHOTO, "image/jpeg")
    graph = f"{sim.url}/graph/v25.0/{attached['id']}"
    async with sim.session.get(graph, headers=BEARER) as response:
        url = (await response.json())["url"]
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert (await _fetch(sim, graph, headers))[0] == 401
        assert (await _fetch(sim, url, headers))[0] == 401
    assert (await _fetch(sim, f"{sim.url}/graph/v25.0/17", BEARER))[0] == 400
    messages = f"{sim.url}/twilio/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"
    assert (await _fetch(sim, messages, {}))[0] == 401
    assert (await _fetch(sim, messages, BASIC))[0] == 404


async def test_an_address_is_good_for_five_minutes(sim: Any) -> None:
    """Graph's address of a file stops working, and asking again gives a new one."""
    _, attached = await _attach(sim, PHOTO, "image/png")
    graph = f"{sim.url}/graph/v25.0/{attached['id']}"
    async with sim.session.get(graph, headers=BEARER) as response:
        first = (await response.json())["url"]
    await sim.ask("POST", "/clock", {"shift_seconds": 301})
    assert (await _fetch(sim, first, BEARER))[0] == 404
    async with sim.session.get(graph, headers=BEARER) as response:
        second = (await response.json())["url"]
    assert (await _fetch(sim, second, BEARER))[:2] == (200, PHOTO)


async def test_twilio_posts_the_address_of_a_file(sim: Any) -> None:
    """An MMS carries NumMedia, the type and an address that opens with the account's credentials."""
    _, attached = await _attach(sim, b"OggS" + bytes(50), "audio/ogg; codecs=opus")
    phone = {"provider": "twilio", "from": "+250788123456"}
    assert (await sim.ask("POST", "/phones/send", {**phone, "media": {"id": attached["id"]}}))[0] == 200
    fields = {name: values[0] for name, values in parse_qs(sim.gateway.webhooks[0].body.decode()).items()}
    assert (fields["NumMedia"], fields["MediaContentType0"]) == ("1", "audio/ogg")
    assert fields["MessageSid"].startswith("MM")
    assert urlsplit(fields["MediaUrl0"]).path.startswith(f"/twilio/2010-04-01/Accounts/{ACCOUNT}/Messages/MM")
    status, content, kind = await _fetch(sim, fields["MediaUrl0"], BASIC)
    assert (status, content, kind) == (200, b"OggS" + bytes(50), "audio/ogg; codecs=opus")
    assert (await _fetch(sim, fields["MediaUrl0"], {}))[0] == 401


async def test_what_no_phone_attaches_is_refused(sim: Any) -> None:
    """Files that are empty, too large or of another kind are refused with a sentence, and so are unknown ids."""
    for content, content_type in (
        (b"", "image/jpeg"),
        (b"<svg/>", "image/svg+xml"),
        (b"x", "text/html"),
        (b"x", "text/plain"),
        (bytes(5 * 1024 * 1024 + 1), "image/jpeg"),
    ):
        status, answer = await _attach(sim, content, content_type)
        assert (status, bool(answer["error"])) == (400, True), content_type
    assert (await _attach(sim, bytes(5 * 1024 * 1024), "image/jpeg"))[0] == 200
    assert (await _attach(sim, bytes(17 * 1024 * 1024), "audio/mpeg"))[0] == 413
    assert (await sim.ask("POST", "/phones/send", {**DIANE, "media": {"id": "17"}}))[0] == 400


async def test_old_files_make_room(sim: Any) -> None:
    """Only so many megabytes are kept: the oldest file is forgotten first."""
    attached = [await _attach(sim, bytes(16 * 1024 * 1024), "video/mp4") for _ in range(5)]
    urls = [f"{sim.url}/graph/v25.0/{file['id']}" for _, file in attached]
    assert (await _fetch(sim, urls[0], BEARER))[0] == 400
    assert (await _fetch(sim, urls[-1], BEARER))[0] == 200
