"""Services that know their callers: tokens, TLS, and what everybody else hears."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis import errors
from chassis.channels import open_channel
from chassis.security import SecuritySettings
from chassis.settings import SettingsError, load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry
from hailwire import client
from hailwire.profile.v1 import profile_pb2, profile_pb2_grpc
from services.gateway.clients.profile import Profile
from services.gateway.messages import Address
from services.metrics.fleet import Fleet
from services.metrics.replica import connecting
from services.profile import app as profile
from services.profile.settings import ProfileSettings
from tests.chassis import tiny
from tests.chassis.polling import until_awaited
from tests.hailwire import authority
from tests.profile.seals import KEYS

GATEWAY, OLD, SUPPORT = "token-of-the-gateway", "the-gateways-old-token", "token-of-the-support"
CALLERS = f"gateway:{GATEWAY}, gateway:{OLD}, support:{SUPPORT}"


@pytest.fixture
async def telemetry() -> AsyncIterator[Telemetry]:
    async with open_telemetry("test", load(TelemetrySettings, {})) as telemetry:
        yield telemetry


def security(**environ: str) -> SecuritySettings:
    return load(SecuritySettings, environ)


async def hello(request: bytes, context: Any) -> bytes:
    return b"hello"


async def code(channel: grpc.aio.Channel) -> str:
    """How a call of the tiny service ends."""
    try:
        await tiny.multicallable(channel)(b"", timeout=30)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


@pytest.mark.parametrize("token", [GATEWAY, OLD, SUPPORT])
async def test_every_token_of_the_list_is_let_in(token: str, telemetry: Telemetry) -> None:
    """Each caller of the list is served, and one with two tokens by either, so that a token can be changed."""
    async with (
        tiny.served(hello, telemetry, security=security(GRPC_ALLOWED_CALLERS=CALLERS)) as server,
        client.open_channel(f"127.0.0.1:{server.port}", token=token) as channel,
    ):
        assert await code(channel) == "OK"


@pytest.mark.parametrize("token", ["", "token-of-nobody-at-all", GATEWAY[:-1], f"{GATEWAY} ", f"gateway:{GATEWAY}"])
async def test_everybody_else_is_refused(token: str, telemetry: Telemetry) -> None:
    """Without a token of the list nothing is served, and the refusal names neither callers nor tokens."""
    async with (
        tiny.served(hello, telemetry, security=security(GRPC_ALLOWED_CALLERS=CALLERS)) as server,
        client.open_channel(f"127.0.0.1:{server.port}", token=token) as channel,
    ):
        with pytest.raises(errors.Unauthenticated) as refused:
            await tiny.ask(channel, timeout=30)
    assert refused.value.reason == "CALLER_UNKNOWN"
    assert refused.value.message == "the caller is not known"


async def test_health_needs_no_token(telemetry: Telemetry) -> None:
    """Whoever probes a service with a list of callers needs no token."""
    async with (
        tiny.served(hello, telemetry, security=security(GRPC_ALLOWED_CALLERS=CALLERS)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        health: Any = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest(service="alive"), timeout=30)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_only_who_trusts_the_authority_connects(telemetry: Telemetry, tmp_path: Path) -> None:
    """With TLS a client that trusts another authority, or wants another name, or speaks plainly, gets nothing."""
    ours, others = authority.make(tmp_path / "ours", "tiny"), authority.make(tmp_path / "others", "tiny")
    trusting, mistaken = (grpc.ssl_channel_credentials(one.ca.read_bytes()) for one in (ours, others))
    async with tiny.served(hello, telemetry, security=security(**ours.environ)) as server:
        target = f"127.0.0.1:{server.port}"
        async with client.open_channel(target, credentials=trusting) as channel:
            assert await code(channel) == "OK"
        async with client.open_channel(target, credentials=trusting, server_name="tiny") as channel:
            assert await code(channel) == "OK"
        async with client.open_channel(target, credentials=trusting, server_name="large") as channel:
            assert await code(channel) == "UNAVAILABLE"
        async with client.open_channel(target, credentials=mistaken) as channel:
            assert await code(channel) == "UNAVAILABLE"
        async with client.open_channel(target) as channel:
            assert await code(channel) == "UNAVAILABLE"


@pytest.mark.parametrize(
    ("callers", "problem"),
    [
        (SUPPORT, "entry 1 must be name:token"),
        (f"gateway:{GATEWAY},:{SUPPORT}", "entry 2 must be name:token"),
        ("gateway:short-token", "the token of gateway needs 16 characters"),
    ],
)
def test_a_wrong_list_is_told_without_its_tokens(callers: str, problem: str) -> None:
    """A list of callers that cannot be read stops the service with the place of the mistake and no token."""
    with pytest.raises(SettingsError) as told:
        security(GRPC_ALLOWED_CALLERS=callers).allowed_callers()
    assert problem in str(told.value)
    assert "token-of" not in str(told.value)
    assert "short-token" not in str(told.value)


async def test_half_a_certificate_is_told(telemetry: Telemetry, tmp_path: Path) -> None:
    """A certificate without its key stops the service instead of serving without TLS."""
    signed = authority.make(tmp_path)
    with pytest.raises(SettingsError, match="GRPC_TLS_KEY_FILE"):
        async with tiny.served(hello, telemetry, security=security(GRPC_TLS_CERTIFICATE_FILE=str(signed.certificate))):
            pass


@pytest.fixture
async def profile_port(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[int, dict[str, str]]]:
    """A profile service with TLS and a list of callers, and what its clients need."""
    signed = authority.make(tmp_path, "profile")
    environ = {
        "DATABASE_URL": database_url,
        **KEYS,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
        "GRPC_ALLOWED_CALLERS": CALLERS,
        **signed.environ,
    }
    async with profile.open_service(load(ProfileSettings, environ)) as server:
        yield server.port, {"GRPC_TLS_CA_FILE": str(signed.ca)}


@pytest.mark.parametrize(("token", "reason"), [(GATEWAY, ""), ("token-of-nobody-at-all", "CALLER_UNKNOWN")])
async def test_the_gateway_waits_while_it_is_not_known(
    token: str, reason: str, profile_port: tuple[int, dict[str, str]], telemetry: Telemetry
) -> None:
    """The gateway calls with its token over TLS; with a wrong one its messages wait instead of failing for good."""
    port, environ = profile_port
    settings = security(GRPC_CALLER_TOKEN=token, **environ)
    async with open_channel(f"127.0.0.1:{port}", telemetry, settings) as channel:
        asking = Profile(channel).resolve([Address("whatsapp", "number", "+250788000009")], "Ada")
        if not reason:
            assert (await asking).name == "Ada"
            return
        with pytest.raises(errors.Unavailable) as refused:
            await asking
    assert refused.value.reason == reason


async def test_only_the_known_are_told_who_changed(
    profile_port: tuple[int, dict[str, str]], telemetry: Telemetry
) -> None:
    """A stream carries the caller's token like any call; whoever is not known hears nothing."""
    port, environ = profile_port
    target = f"127.0.0.1:{port}"

    async with open_channel(target, telemetry, security(GRPC_CALLER_TOKEN=GATEWAY, **environ)) as channel:
        known: Any = profile_pb2_grpc.ProfileServiceStub(channel)

        async def told() -> bool:
            first = await known.WatchPeople(profile_pb2.WatchPeopleRequest()).read()
            return bool(first == profile_pb2.WatchPeopleResponse())

        await until_awaited(told)
    async with open_channel(target, telemetry, security(GRPC_CALLER_TOKEN="nobody" * 4, **environ)) as channel:
        unknown: Any = profile_pb2_grpc.ProfileServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await unknown.WatchPeople(profile_pb2.WatchPeopleRequest()).read()
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


class OneAddress:
    """A fleet of one."""

    def __init__(self, address: str) -> None:
        self.services = ("profile",)
        self._address = address

    async def refresh(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def now(self) -> list[tuple[str, str]]:
        return [("profile", self._address)]


async def test_the_metrics_service_asks_by_the_name_of_the_service(profile_port: tuple[int, dict[str, str]]) -> None:
    """A replica found by its address proves with its certificate that it is the service, and is asked with a token."""
    port, environ = profile_port
    settings = security(GRPC_CALLER_TOKEN=SUPPORT, **environ)
    connect = connecting(credentials=settings.channel_credentials(), token=settings.grpc_caller_token.reveal())
    addresses: Any = OneAddress(f"127.0.0.1:{port}")
    fleet = Fleet(addresses, connect=connect)
    try:
        await fleet.find()
        (replica,) = fleet.services["profile"].replicas.values()
        end = time.monotonic() + 60
        while not replica.up:
            assert time.monotonic() < end, replica.reason
            await replica.ask()
            await asyncio.sleep(0.05)
    finally:
        await fleet.close()
