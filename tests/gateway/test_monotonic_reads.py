"""What a turn has changed is what the next one sees, whichever replica of the profile service it asks."""

import contextlib
from typing import Any

import pytest

from chassis.settings import load
from services.profile.app import open_service as open_profile
from services.profile.cached import CachedPeople
from services.profile.settings import ProfileSettings
from tests.gateway.conftest import Open


async def test_a_replica_that_has_not_heard_yet(
    open_here: Open, fresh_database_url: str, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked for their language again because a replica still knows them without one."""
    monkeypatch.setattr(CachedPeople, "heard", lambda _, __: None)  # no notification ever gets around
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": fresh_database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
    }
    async with contextlib.AsyncExitStack() as stack:
        replicas = [
            await stack.enter_async_context(open_profile(load(ProfileSettings, environ))) for _ in ("left", "right")
        ]
        target = "ipv4:" + ",".join(f"127.0.0.1:{replica.port}" for replica in replicas)
        mesh: Any = await stack.enter_async_context(open_here(PROFILE_TARGET=target))
        for said, words in enumerate((*["hello"] * 4, "English", *["menu"] * 4), 1):
            await mesh.says(phone, words)
            await mesh.answered(f"+{phone}", said)
        await mesh.settled()
        heard = [str(reply) for reply in mesh.received(f"+{phone}")]
        assert [("Bienvenue" in words) for words in heard] == [True] * 4 + [False] * 5
        assert not await mesh.metric("hailwire_turns_total", ending="failed")
        left = await mesh.value("SELECT person_version FROM gateway.conversation")
        assert left == await mesh.value("SELECT version FROM profile.person")
