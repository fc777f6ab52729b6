"""No number, user id, name, word or place of a person is in a span, a log line or on a metrics page."""

import json
import logging

import pytest

from chassis.logs import JsonFormatter
from services.gateway.conversations import routing
from tests.chassis.collector import Collector
from tests.gateway import handlers
from tests.gateway.mesh import Mesh, message, payload, sms, text, until
from tests.telemetry.collecting import Graph, arrived

NAME = "Zipporah Quillfeather"
WORDS = "xylophone marmalade"
LATITUDE, LONGITUDE = -1.987654, 30.123456


async def test_no_span_tells_who_wrote_or_what(
    mesh: Mesh, collector: Collector, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through answers, rides, poison, refusals, provider errors and dead letters, nothing personal is exported."""
    for noisy in ("uvicorn.access", "aiohttp.access"):
        caplog.set_level(logging.CRITICAL, noisy)  # as logs.configure does in every process
    for ours in ("chassis", "services"):
        caplog.set_level(logging.DEBUG, ours)
    monkeypatch.setattr(routing, "EXTRA_KEYWORDS", {})
    handlers.forget()
    routing.register_keyword("marmalade", "tests.gateway.handlers:always_fails")
    people = rider, texter, unlucky, refused, stranger = [f"25078123450{number}" for number in range(5)]
    bsuid = f"RW.9{rider}"
    place = {"latitude": LATITUDE, "longitude": LONGITUDE, "name": WORDS}
    await mesh.whatsapp(payload(text(rider, f"{WORDS} hello", bsuid=bsuid), name=NAME))
    for words in ("English", "drive"):
        await mesh.whatsapp(payload(text(rider, words, bsuid=bsuid), name=NAME))
    await mesh.whatsapp(payload(message(rider, "location", place, bsuid=bsuid), name=NAME))
    for words in (WORDS, "English", "ride", "1", f"{LATITUDE}, {LONGITUDE}"):
        await mesh.twilio(sms(f"+{texter}", words, ProfileName=NAME))
    await mesh.whatsapp(payload(text(unlucky, "marmalade"), name=NAME))
    # What the provider refuses quotes the number in its answer.
    mesh.goes_wrong("whatsapp", "131026", to=f"+{refused}")
    mesh.goes_wrong("whatsapp", "failed_status:131026", to=f"+{refused}")
    mesh.goes_wrong("twilio", "21211", to=f"+{refused}")
    for _ in range(2):
        await mesh.whatsapp(payload(text(refused, WORDS), name=NAME))
    await mesh.twilio(sms(f"+{refused}", WORDS))
    # Refused at the door.
    raw = json.dumps(payload(text(stranger, WORDS), name=NAME)).encode()
    await mesh.post("/webhooks/whatsapp", raw, {"X-Hub-Signature-256": f"sha256={stranger}"})
    await mesh.whatsapp(raw[:-1])
    await mesh.post(f"/webhooks/{stranger}", raw, {})
    error = {"code": 131026, "title": WORDS, "message": f"{refused} {NAME}"}
    status = {"id": f"wamid.{refused}", "status": "failed", "recipient_id": refused, "timestamp": "1"}
    await mesh.whatsapp(payload(statuses=[{**status, "errors": [error]}]))

    async def buried() -> bool:
        return len(await mesh.dead_letters()) >= 3

    await until(buried, "dead letters", within=60)
    await until(mesh.quiet, "the end of everything in flight", within=60)

    def failures(graph: Graph) -> bool:
        failed = {node.name for node in graph.nodes.values() if node.failed}
        return failed >= {"turn", "send", "POST whatsapp", "POST twilio"} and bool(graph.named("apply statuses"))

    await arrived(collector, failures, "the spans of what failed")
    told = [JsonFormatter("gateway").format(record) for record in caplog.records]
    told += [await mesh.prometheus(service) for service in ("gateway", "profile", "trips")]
    told += [body.decode("latin-1") for body in collector.bodies]
    assert any('"turn failed"' in one for one in told)
    marks = [*people, bsuid, *NAME.split(), *WORDS.split(), "1.987654", "30.123456"]
    for one in told:
        assert [mark for mark in marks if mark.lower() in one.lower()] == []
