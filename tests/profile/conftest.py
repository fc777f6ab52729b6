"""Profile services of a test's own, on port 0 and a real database."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import grpc
import pytest

from chassis.settings import load
from hailwire.profile.v1 import profile_pb2_grpc
from services.profile.app import open_service
from services.profile.settings import ProfileSettings

Open = Callable[..., AbstractAsyncContextManager["profile_pb2_grpc.ProfileServiceAsyncStub"]]


OpenChannel = Callable[..., AbstractAsyncContextManager[grpc.aio.Channel]]


@contextlib.asynccontextmanager
async def _channel(database_url: str, **environ: str) -> AsyncIterator[grpc.aio.Channel]:
    settings = load(
        ProfileSettings,
        {
            "HAILWIRE_ENV": "development",
            "DATABASE_URL": database_url,
            "PROFILE_GRPC_PORT": "0",
            "PROFILE_PROMETHEUS_PORT": "0",
            **environ,
        },
    )
    async with (
        open_service(settings) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        yield channel


@contextlib.asynccontextmanager
async def _open(database_url: str, **environ: str) -> AsyncIterator["profile_pb2_grpc.ProfileServiceAsyncStub"]:
    async with _channel(database_url, **environ) as channel:
        stub: profile_pb2_grpc.ProfileServiceAsyncStub = profile_pb2_grpc.ProfileServiceStub(channel)
        yield stub


@pytest.fixture
def open_channel(database_url: str) -> OpenChannel:
    """Opens replicas with all their services; settings are given by name."""
    return lambda **environ: _channel(database_url, **environ)


@pytest.fixture
def open_profile(database_url: str) -> Open:
    """Opens replicas over the database of the module; settings are given by name."""
    return lambda **environ: _open(database_url, **environ)


@pytest.fixture
async def profile(open_profile: Open) -> AsyncIterator["profile_pb2_grpc.ProfileServiceAsyncStub"]:
    """One replica."""
    async with open_profile() as stub:
        yield stub
