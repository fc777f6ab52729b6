"""What the simulator's settings change."""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from chassis.settings import SettingsError, load
from simulator.settings import SimulatorSettings

Until = Callable[..., Awaitable[None]]


@pytest.fixture
def environ(gateway: Any) -> dict[str, str]:
    return {
        "PUBLIC_BASE_URL": "https://rides.example.org",
        # Nobody listens on port 1: this replica is down.
        "SIMULATOR_GATEWAY_URL": f"http://127.0.0.1:1, {gateway.url}",
        "SIMULATOR_PAIR_BURST": "0",
        "SIMULATOR_OUTBOX_MAX": "50",
        "TWILIO_MESSAGING_SERVICE_SID": "MG1",
    }


async def test_replicas_take_turns(sim: Any, until: Until) -> None:
    """Webhooks for the public address go to the replicas in turn, so that one which is down loses none."""
    await sim.text()
    await until(lambda: sum(webhook.body.count(b'"status"') for webhook in sim.gateway.webhooks) == 2)
    callback = "https://rides.example.org/webhooks/twilio/status?id=1"
    await sim.sms(StatusCallback=callback)
    await until(lambda: sum(webhook.path.startswith("/webhooks/twilio") for webhook in sim.gateway.webhooks) == 2)
    fields = dict(parse_qsl(sim.gateway.webhooks[-1].body.decode()))
    text = callback + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.new(b"dev-auth-token", text.encode(), hashlib.sha1).digest()).decode()
    assert sim.gateway.webhooks[-1].headers["x-twilio-signature"] == signature


async def test_limits_are_settings(sim: Any) -> None:
    """Without a burst there is no pair limit, and the outbox keeps only as many sends as it is told to."""
    for _ in range(60):
        assert (await sim.text())[0] == 200
    assert len(await sim.outbox()) == 50
    assert (await sim.ask("GET", "/stats"))[1]["sends_forgotten"] == 10


async def test_messaging_service_sends_and_names_keywords(sim: Any, until: Until) -> None:
    """With a messaging service a send may name it instead of a number, and a STOP arrives marked as one."""
    status, message = await sim.sms(From="", MessagingServiceSid="MG1")
    assert (status, message["status"], message["messaging_service_sid"]) == (201, "accepted", "MG1")
    await sim.ask("POST", "/phones/send", {"provider": "twilio", "from": "+250788123456", "text": "stop"})
    await until(lambda: any(b"OptOutType=STOP" in webhook.body for webhook in sim.gateway.webhooks))


def test_secrets_of_development_stay_there() -> None:
    """Outside development the simulator wants real secrets and names each one that is missing."""
    with pytest.raises(SettingsError) as refused:
        load(SimulatorSettings, {"WA_APP_SECRET": "dev-app-secret"})
    assert {problem.split(":")[0] for problem in refused.value.problems} == {
        "WA_APP_SECRET",
        "WA_ACCESS_TOKEN",
        "TWILIO_AUTH_TOKEN",
    }
    settings = load(SimulatorSettings, {"HAILWIRE_ENV": "development", "GATEWAY_HTTP_PORT": "8181"})
    assert (settings.public_url, settings.gateways) == ("http://127.0.0.1:8181", ("http://127.0.0.1:8181",))
    assert settings.country_code == "1"
