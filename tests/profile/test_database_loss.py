"""The profile service while its database is killed: what it cannot know it does not say, and it comes back."""

import asyncio
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.settings import load
from hailwire.profile.v1 import profile_pb2 as pb
from hailwire.profile.v1 import profile_pb2_grpc
from services.profile.app import open_service
from services.profile.settings import ProfileSettings
from tests.profile.seals import KEYS

pytestmark = pytest.mark.slow


async def test_the_service_outlives_its_database(private_cluster: Any) -> None:
    """It starts without a database, says NOT_SERVING until there is one, and after a kill -9 recovers by itself."""
    await asyncio.to_thread(private_cluster.kill)
    environ = {
        "DATABASE_URL": private_cluster.dsn("hailwire"),
        **KEYS,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
    }
    known = pb.ResolvePersonRequest(identities=[pb.Identity(kind=pb.IDENTITY_KIND_SMS_NUMBER, value="+250788000001")])
    async with (
        open_service(load(ProfileSettings, environ)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        stub = profile_pb2_grpc.ProfileServiceStub(channel)
        health: Any = health_pb2_grpc.HealthStub(channel)

        async def resolve() -> pb.Person:
            response = await stub.BatchResolvePeople(pb.BatchResolvePeopleRequest(requests=[known]))
            person: pb.Person = response.results[0].person
            return person

        async def until_health_is(state: Any) -> None:
            async with asyncio.timeout(90):
                while (await health.Check(health_pb2.HealthCheckRequest())).status != state:
                    pass

        await until_health_is(health_pb2.HealthCheckResponse.NOT_SERVING)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await resolve()
        assert failure.value.code() is grpc.StatusCode.UNAVAILABLE
        await asyncio.to_thread(private_cluster.start)
        await until_health_is(health_pb2.HealthCheckResponse.SERVING)
        person = await resolve()
        await asyncio.to_thread(private_cluster.kill)
        await until_health_is(health_pb2.HealthCheckResponse.NOT_SERVING)
        with pytest.raises(grpc.aio.AioRpcError):
            await resolve()  # the cache no longer hears of changes, so it does not answer either
        await asyncio.to_thread(private_cluster.start)
        await until_health_is(health_pb2.HealthCheckResponse.SERVING)
        assert await resolve() == person
