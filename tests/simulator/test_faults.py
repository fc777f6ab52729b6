"""Planned misbehaviour of the providers."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

Until = Callable[..., Awaitable[None]]


async def plan(sim: Any, kind: str, provider: str = "whatsapp", **more: Any) -> None:
    assert (await sim.ask("POST", "/faults", {"provider": provider, "kind": kind, **more}))[0] == 204


async def test_graph_errors_can_be_planned(sim: Any) -> None:
    """The next sends fail as planned, record nothing, and then all is well."""
    for kind, status, code in (("429", 429, 130429), ("131056", 400, 131056), ("190", 401, 190)):
        await plan(sim, kind, count=2)
        for _ in range(2):
            seen, answer = await sim.text()
            assert (seen, answer["error"]["code"]) == (status, code)
    assert (await sim.text())[0] == 200
    assert len(await sim.outbox()) == 1


async def test_twilio_errors_can_be_planned(sim: Any) -> None:
    """Twilio's codes and HTTP failures are planned in the same way, for one phone when asked."""
    await plan(sim, "21610", "twilio", to="+250788123456")
    assert (await sim.sms(To="+250788999999"))[0] == 201
    assert (await sim.sms())[1]["code"] == 21610
    await plan(sim, "503", "twilio", retry_after=7)
    assert (await sim.sms())[0] == 503
    await plan(sim, "429", "twilio")
    assert (await sim.sms())[1]["code"] == 20429
    assert (await sim.sms())[0] == 201


async def test_retry_after_is_given(sim: Any) -> None:
    """A planned refusal can say when to come back."""
    await plan(sim, "429", retry_after=3)
    async with sim.session.post(
        f"{sim.url}/graph/v24.0/106540352242922/messages",
        json={"messaging_product": "whatsapp", "to": "+250788123456", "text": {"body": "x"}},
        headers={"Authorization": "Bearer dev-access-token"},
    ) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "3")


@pytest.mark.parametrize(
    ("kind", "recorded"), [("timeout_after_accept", 1), ("timeout_before_accept", 0), ("reset_after_accept", 1)]
)
async def test_answer_can_be_lost(sim: Any, kind: str, recorded: int) -> None:
    """The answer never comes, and only the outbox knows whether the message was taken."""
    await plan(sim, kind)
    sending = asyncio.create_task(sim.text())
    while (await sim.ask("GET", "/faults"))[1] or len(await sim.outbox()) < recorded:
        pass
    await asyncio.wait({sending}, timeout=0.3)
    sending.cancel()
    with pytest.raises((aiohttp.ClientError, asyncio.CancelledError)):
        await sending
    assert len(await sim.outbox()) == recorded
    assert (await sim.text())[0] == 200


async def test_accepted_message_can_be_answered_500(sim: Any) -> None:
    """A message may be on its way although the answer was an error."""
    await plan(sim, "500_after_accept")
    assert (await sim.text())[0] == 500
    assert len(await sim.outbox()) == 1


async def test_delivery_can_fail_later(sim: Any, until: Until) -> None:
    """A message that was accepted ends in failed or undelivered, with its code."""
    await plan(sim, "failed_status:131049")
    assert (await sim.text())[0] == 200
    await until(lambda: len(sim.gateway.webhooks) == 1)
    (status,) = json.loads(sim.gateway.webhooks[0].body)["entry"][0]["changes"][0]["value"]["statuses"]
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131049)
    await plan(sim, "failed_status:30003", "twilio")
    await sim.sms(StatusCallback=sim.gateway.url + "/status")
    await until(lambda: len(sim.gateway.webhooks) == 3)
    assert b"MessageStatus=undelivered" in sim.gateway.webhooks[-1].body
    assert b"ErrorCode=30003" in sim.gateway.webhooks[-1].body


async def test_webhooks_can_be_lost_or_doubled(sim: Any, until: Until) -> None:
    """A webhook may never come, or come twice."""
    await plan(sim, "webhook_lost")
    await plan(sim, "webhook_twice")
    await sim.text()
    await until(lambda: len(sim.gateway.webhooks) == 2)
    assert sim.gateway.webhooks[0].body == sim.gateway.webhooks[1].body
    assert b"delivered" in sim.gateway.webhooks[0].body


async def test_nonsense_is_not_planned(sim: Any) -> None:
    """A plan with an unknown provider, kind or count is refused, and plans can be seen and forgotten."""
    for wrong in (
        {"provider": "telegram", "kind": "500"},
        {"provider": "whatsapp", "kind": "gremlins"},
        {"provider": "whatsapp", "kind": "21610"},
        {"provider": "whatsapp", "kind": "500", "count": 0},
        {"provider": "whatsapp", "kind": "500", "to": "nobody"},
        ["500"],
    ):
        assert (await sim.ask("POST", "/faults", wrong))[0] == 400
    await plan(sim, "500", count=3)
    assert (await sim.ask("GET", "/faults"))[1][0]["left"] == 3
    assert (await sim.ask("DELETE", "/faults"))[0] == 204
    assert (await sim.text())[0] == 200
