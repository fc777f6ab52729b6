"""Trips services of a test's own, on port 0 and a real database, and a town in which to drive."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from chassis.settings import load
from hailwire.ops.v1 import ops_pb2_grpc
from hailwire.trips.v1 import events_pb2_grpc, schedules_pb2_grpc, trips_pb2_grpc
from services.trips.app import open_service
from services.trips.settings import TripsSettings

if TYPE_CHECKING:
    TripsStub = trips_pb2_grpc.TripsServiceAsyncStub
    EventsStub = events_pb2_grpc.EventsServiceAsyncStub
    SchedulesStub = schedules_pb2_grpc.SchedulesServiceAsyncStub
    PerformanceStub = ops_pb2_grpc.PerformanceServiceAsyncStub
else:
    TripsStub = EventsStub = SchedulesStub = PerformanceStub = Any


@dataclass(frozen=True)
class Replica:
    """One trips service, seen by a client."""

    trips: TripsStub
    events: EventsStub
    performance: PerformanceStub
    channel: grpc.aio.Channel

    @property
    def schedules(self) -> SchedulesStub:
        return schedules_pb2_grpc.SchedulesServiceStub(self.channel)


@contextlib.asynccontextmanager
async def _open(database_url: str, **environ: str) -> AsyncIterator[Replica]:
    given = {"DATABASE_URL": database_url, "TRIPS_GRPC_PORT": "0", "TRIPS_PROMETHEUS_PORT": "0", **environ}
    async with (
        open_service(load(TripsSettings, given)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        yield Replica(
            trips_pb2_grpc.TripsServiceStub(channel),
            events_pb2_grpc.EventsServiceStub(channel),
            ops_pb2_grpc.PerformanceServiceStub(channel),
            channel,
        )


@pytest.fixture
def open_trips(fresh_database_url: str) -> Callable[..., AbstractAsyncContextManager[Replica]]:
    """Opens replicas over the database of the test; settings are given by name."""
    return lambda **environ: _open(fresh_database_url, **environ)


@pytest.fixture
async def replica(open_trips: Callable[..., AbstractAsyncContextManager[Replica]]) -> AsyncIterator[Replica]:
    """One replica."""
    async with open_trips() as replica:
        yield replica
