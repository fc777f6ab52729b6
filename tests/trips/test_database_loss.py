"""The trips service while its database is killed: it says so, loses nothing, and comes back by itself."""

import asyncio
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.settings import load
from hailwire.ops.v1 import ops_pb2_grpc
from hailwire.trips.v1 import events_pb2_grpc, trips_pb2_grpc
from services.trips.app import open_service
from services.trips.settings import TripsSettings
from tests.trips import calls
from tests.trips.conftest import Replica

pytestmark = pytest.mark.slow


async def _until_health_is(health: Any, state: Any) -> None:
    async with asyncio.timeout(90):
        while True:
            answer = await health.Check(health_pb2.HealthCheckRequest(service="hailwire.trips.v1.TripsService"))
            if answer.status == state:
                return


async def test_the_service_outlives_its_database(private_cluster: Any) -> None:
    """Killed with -9 in the middle of changes: UNAVAILABLE meanwhile, and every repeat ends in exactly one effect."""
    environ = {
        "DATABASE_URL": private_cluster.dsn("hailwire"),
        "TRIPS_GRPC_PORT": "0",
        "TRIPS_PROMETHEUS_PORT": "0",
    }
    async with (
        open_service(load(TripsSettings, environ)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        replica = Replica(
            trips_pb2_grpc.TripsServiceStub(channel),
            events_pb2_grpc.EventsServiceStub(channel),
            ops_pb2_grpc.PerformanceServiceStub(channel),
            channel,
        )
        await _until_health_is(health, health_pb2.HealthCheckResponse.SERVING)
        crowd = await calls.drivers(replica, 3)
        wanted = [calls.new_trip(calls.person()) for _ in range(40)]
        codes: set[grpc.StatusCode] = set()

        async def ask(request: Any) -> Any:
            async with asyncio.timeout(150):
                while True:
                    try:
                        return await calls.persistently(lambda: calls.create(replica, request))
                    except grpc.aio.AioRpcError as failure:
                        codes.add(failure.code())

        asking = [asyncio.create_task(ask(request)) for request in wanted[:20]]
        await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(private_cluster.kill)
        asking += [asyncio.create_task(ask(request)) for request in wanted[20:]]
        await _until_health_is(health, health_pb2.HealthCheckResponse.NOT_SERVING)
        await asyncio.to_thread(private_cluster.start)
        results = await asyncio.gather(*asking)
        assert codes == {grpc.StatusCode.UNAVAILABLE}
        assert {calls.reason(result) for result in results} == {""}
        await _until_health_is(health, health_pb2.HealthCheckResponse.SERVING)
        again = await calls.create(replica, *wanted)
        assert again == list(results)
        told = await calls.heard(replica)
        assert sorted(told) == sorted(("OFFER_MADE", driver) for driver in crowd for _ in wanted)
