"""Every kind of webhook that the providers document is taken, kept as it came, and answered if a person sent it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway import samples
from tests.gateway.mesh import Mesh, message, payload, sms, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("sort", samples.ANSWERED)
async def test_each_sort_of_message_is_answered(shared: Mesh, phone: str, sort: str) -> None:
    """A message of any type gets an answer in the chat that it came from."""
    answer = await shared.taken(samples.whatsapp(sort, phone))
    assert (answer.status, json.loads(answer.body)) == (200, {"success": True})
    await shared.answered(f"+{phone}")
    await shared.settled()
    assert not await shared.dead_letters()


@pytest.mark.parametrize("sort", samples.SILENT)
async def test_nobody_expects_an_answer(shared: Mesh, phone: str, sort: str) -> None:
    """Reactions, revocations and system notices are taken without an answer, and the next message is answered."""
    before = await shared.metric("hailwire_silent_turns_total")
    assert (await shared.taken(samples.whatsapp(sort, phone))).status == 200
    await shared.settled()
    assert not shared.received(f"+{phone}")
    assert await shared.metric("hailwire_silent_turns_total") == before + 1
    await shared.says(phone, "hello")
    await shared.answered(f"+{phone}")


async def test_a_user_id_alone(shared: Mesh, phone: str) -> None:
    """Somebody with a user id and no number is answered by user id."""
    assert (await shared.taken(samples.whatsapp("text", None, f"US.{phone}"))).status == 200
    await shared.answered(f"US.{phone}")


async def test_a_number_with_a_user_id(shared: Mesh, phone: str) -> None:
    """Somebody with both is answered by number."""
    assert (await shared.taken(samples.whatsapp("text", phone, f"US.{phone}"))).status == 200
    await shared.answered(f"+{phone}")
    assert not shared.received(f"US.{phone}")


@pytest.mark.parametrize("sort", samples.notices())
async def test_notices_are_kept(shared: Mesh, sort: str) -> None:
    """What is about nobody's message is taken and kept with all that it said, known fields or not."""
    content = samples.notices()[sort]
    assert (await shared.taken(content)).status == 200
    said = set(_leaves(content)) - {"whatsapp_business_account", "whatsapp", "messages", content["entry"][0]["id"]}
    rows = await shared.rows("SELECT kind, raw FROM gateway.inbox ORDER BY inbox_id DESC LIMIT 20")
    kinds = {row["kind"] for row in rows if said <= set(_leaves(json.loads(row["raw"])))}
    assert kinds & {"notice", "status"}
    assert not await shared.dead_letters()


async def test_unknown_fields_of_a_message_are_kept(shared: Mesh, phone: str) -> None:
    """Fields that nobody knows yet are in the inbox as they came."""
    await shared.taken(samples.whatsapp("a type of next year", phone))
    raw = await shared.value("SELECT raw FROM gateway.inbox WHERE addresses = $1", [f"wa:+{phone}"])
    kept = json.loads(raw)["message"]
    assert (kept["hologram"], kept["scent"]) == ({"depth": 3}, {"rose": True})
    await shared.settled()


@pytest.mark.parametrize("sort", samples.twilio("+1"))
@pytest.mark.parametrize("path", ["/webhooks/twilio", "/api/sms/webhook"])
async def test_each_sort_of_form_is_answered(shared: Mesh, phone: str, sort: str, path: str) -> None:
    """A form of any sort is answered with empty TwiML, and its sender with a message."""
    answer = await shared.texted(samples.twilio(f"+{phone}")[sort], path)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml")
    assert b"<Response/>" in answer.body
    (received,) = await shared.answered(f"+{phone}")
    assert received["To"].startswith("whatsapp:") == sort.endswith("WhatsApp")
    await shared.settled()
    assert not await shared.dead_letters()


@pytest.mark.parametrize("fields", [{"ErrorCode": "30003", "MessageStatus": "undelivered"}, {"MessageStatus": "sent"}])
async def test_statuses_of_strangers(shared: Mesh, fields: dict[str, str]) -> None:
    """A status about a message that is not ours is taken and changes nothing."""
    form = {**sms("+15550783881", "", SmsStatus=fields["MessageStatus"]), **fields, "To": "+447700900513"}
    assert (await shared.texted(form, "/webhooks/twilio/status")).status == 200
    assert await shared.value("SELECT count(*) FROM gateway.dead_letter") == 0


def _hard(body: Any) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}}


@pytest.mark.parametrize(
    "changes",
    [
        _hard("with a NUL \x00 in it"),
        _hard("with half a pair \ud83d of it"),
        _hard("x" * 60_000),
        _hard("\ud83d\ude80" * 15_000),
        _hard({"deep": [[[[1]]]]}),
        _hard(None),
        {"timestamp": "253402300799"},
        {"timestamp": "99999999999999999999"},
        {"timestamp": None},
        {"type": "location", "location": {"latitude": "NaN", "longitude": 1e999}},
        {"type": "location", "location": {"latitude": 91, "longitude": -200}},
        {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "x" * 5000}}},
        {"type": ["text"]},
        {"type": None},
        {"id": ""},
        {"id": "wamid.\x00\ud800"},
        {"context": "not an object"},
    ],
    ids=str,
)
async def test_hard_to_digest_is_not_poison(shared: Mesh, phone: str, changes: dict[str, Any]) -> None:
    """NUL bytes, lone surrogates, floods of text, far dates and nonsense are answered like anything else."""
    before = len(await shared.dead_letters())
    content = payload({**text(phone, "hello"), **changes}, name="\x00\ud800 Name")
    assert (await shared.taken(content)).status == 200
    await shared.answered(f"+{phone}")
    await shared.settled()
    assert len(await shared.dead_letters()) == before


@pytest.mark.parametrize("name", ["x" * 1000, "\U0001f6b2" * 300, "  ", "\u202eNam\u202c\n\t", "", None, 7])
async def test_hard_names(shared: Mesh, phone: str, name: Any) -> None:
    """Somebody whose name is endless, empty or no text at all is answered."""
    before = len(await shared.dead_letters())
    assert (await shared.taken(payload(text(phone, "hello"), name=name))).status == 200
    await shared.answered(f"+{phone}")
    await shared.settled()
    assert len(await shared.dead_letters()) == before


async def test_deep_nesting(shared: Mesh, phone: str) -> None:
    """An unknown field that is nested deeply costs nobody their answer."""
    raw = json.dumps(payload(text(phone, "hello", future="DEEP"))).encode()
    deep = b"[" * 400 + b"]" * 400
    assert (await shared.taken(raw.replace(b'"DEEP"', deep))).status == 200
    await shared.answered(f"+{phone}")
    await shared.settled()


async def test_three_megabytes(shared: Mesh, phones: Callable[[int], list[str]]) -> None:
    """The largest webhook that Meta sends, a thousand items in three megabytes, is taken while others are served."""
    people = phones(1000)
    large = [message(one, "reaction", {"message_id": "wamid.1", "emoji": "x" * 2800}) for one in people]
    raw = json.dumps(payload(*large)).encode()
    assert 3_000_000 < len(raw) < 3_600_000
    other = phones(1)[0]
    answers = await asyncio.gather(shared.taken(raw), shared.taken(payload(text(other, "hello"))))
    assert [answer.status for answer in answers] == [200, 200]
    await shared.answered(f"+{other}")
    await until(shared.quiet, "the end of a thousand turns")
    assert (await shared.taken(raw)).duplicate


async def test_hard_forms(shared: Mesh, phone: str) -> None:
    """An SMS with a NUL byte, a flood of text or impossible numbers in its fields is answered too."""
    for body in ("with a NUL \x00 in it", "x" * 60_000):
        form = sms(f"+{phone}", body, NumMedia="99999999999999999999", Latitude="1e999", Longitude="NaN")
        assert (await shared.texted(form)).status == 200
    await shared.answered(f"+{phone}", 2)
    await shared.settled()


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    return [str(value)]
