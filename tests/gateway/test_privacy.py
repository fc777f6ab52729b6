"""No number, name or word of a person is in a log line or on a metrics page, or kept where nothing needs it."""

import json
import logging
from collections import defaultdict
from collections.abc import Callable

import pytest

from chassis.logs import JsonFormatter
from launcher.proof import needles, search
from services.profile.enrichments.item import Status
from tests.gateway import handlers
from tests.gateway.conftest import Register
from tests.gateway.mesh import Mesh, payload, sms, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "Zipporah Quillfeather"
WORDS = "xylophone marmalade"
SAID = "Please be at kimironko every friday at 7am"
ITEMS = """
    SELECT status FROM profile.enrichment_item
    WHERE person_id = (SELECT person_id FROM gateway.conversation JOIN gateway.alias USING (conversation_id)
                       WHERE address = $1)
"""


async def test_nothing_leaks(
    mesh: Mesh, word: Register, phones: Callable[[int], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    """Through answers, failures, refusals and dead letters, neither logs nor metrics hold who wrote or what."""
    for noisy in ("uvicorn.access", "aiohttp.access"):
        caplog.set_level(logging.CRITICAL, noisy)  # as logs.configure does in every process
    caplog.set_level(logging.INFO)
    for ours in ("chassis", "services", "simulator"):
        caplog.set_level(logging.DEBUG, ours)
    word(WORDS, "fails_as_told")
    people = phones(6)
    rider, texter, unlucky, refused, stranger, rejected = people
    bsuid = f"RW.{rider}"
    # Answered, with a place and a user id.
    await mesh.taken(payload(text(rider, f"{WORDS} hello", bsuid=bsuid), name=NAME))
    await mesh.texted(sms(f"+{texter}", WORDS, ProfileName=NAME, FromCity="XYLOPHONE"))
    await mesh.answered(f"+{rider}")
    await mesh.answered(f"+{texter}")
    # Failing: with the words in the error's text, for a service that is away, for good.
    handlers.raises["next"] = handlers.Poisoned(f"{WORDS} {NAME} {unlucky}")
    await mesh.taken(payload(text(unlucky, WORDS), name=NAME))
    await mesh.answered(f"+{unlucky}")
    handlers.raises["next"] = handlers.unavailable()
    await mesh.taken(payload(text(unlucky, WORDS), name=NAME))

    async def postponed() -> bool:
        return await mesh.metric("hailwire_turns_total", ending="postponed") > 0

    await until(postponed, "a postponed turn")
    handlers.raises.clear()
    # Sends that are refused for good, fail later, or get no answer.
    mesh.goes_wrong("whatsapp", "131026", to=f"+{refused}")
    mesh.goes_wrong("whatsapp", "failed_status:131026", to=f"+{refused}")
    mesh.goes_wrong("whatsapp", "reset_after_accept", to=f"+{refused}")
    mesh.goes_wrong("twilio", "21211", to=f"+{refused}")
    for _ in range(3):
        await mesh.taken(payload(text(refused, WORDS), name=NAME))
    await mesh.texted(sms(f"+{refused}", WORDS))
    # Refused at the door, and statuses of somebody else's messages.
    raw = json.dumps(payload(text(stranger, WORDS), name=NAME)).encode()
    await mesh.post("/webhooks/whatsapp", raw, {"X-Hub-Signature-256": f"sha256={stranger}"})
    await mesh.taken(raw[:-1])
    await mesh.twilio(sms(f"+{stranger}", WORDS), **{"X-Twilio-Signature": stranger})
    async with mesh.session.get(f"{mesh.url}/webhooks/whatsapp?hub.verify_token={stranger}&hub.challenge=1") as _:
        pass
    status = {"id": f"wamid.{rejected}", "status": "failed", "recipient_id": rejected, "timestamp": "1"}
    error = {"code": 131026, "title": WORDS, "message": f"{rejected} {NAME}"}
    await mesh.taken(payload(statuses=[{**status, "errors": [error]}]))
    await mesh.settled()
    assert len(await mesh.dead_letters()) >= 3
    # All of it was about somebody; nothing of it tells.
    lines = [JsonFormatter("gateway").format(record) for record in caplog.records]
    events = {record.getMessage() for record in caplog.records}
    assert events >= {"handler failed", "message is a dead letter", "webhook refused", "turn done", "reply accepted"}
    pages = [await mesh.prometheus(service) for service in ("gateway", "profile", "trips")]
    marks = [*people, *NAME.split(), *WORDS.split()]
    for told in (*lines, *pages):
        assert [mark for mark in marks if mark.lower() in told.lower()] == []


async def test_labels_are_few(mesh: Mesh, phones: Callable[[int], list[str]]) -> None:
    """No metric has anything like a series for each person."""
    people = phones(200)
    await mesh.taken(payload(*(text(phone, f"words of {phone}") for phone in people)))
    await mesh.settled()
    series: dict[str, set[str]] = defaultdict(set)
    for line in (await mesh.prometheus("gateway")).splitlines():
        if not line.startswith("#") and "_bucket{" not in line:
            name, _, labels = line.rpartition(" ")[0].partition("{")
            series[name].add(labels)
    assert len(series) > 20
    assert max(map(len, series.values())) < 200


async def test_what_was_understood_is_kept_without_the_words(mesh: Mesh, phone: str) -> None:
    """Of a text that became a place and a time only the raw message has the words, which goes after its days."""
    for body in ("hello", "English", SAID, "1"):
        assert (await mesh.texted(sms(f"+{phone}", body))).status == 200
        await mesh.settled()
    items = await mesh.rows(ITEMS, f"sms:+{phone}")
    assert [item["status"] for item in items] == [Status.APPLIED, Status.APPLIED]
    traces = await search(mesh.database, needles([SAID]))
    assert {(one.schema, one.table.partition("_")[0], one.column) for one in traces} == {("gateway", "inbox", "raw")}
