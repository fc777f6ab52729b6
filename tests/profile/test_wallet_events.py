"""Whoever's money somebody else moved hears of it: events are written with the change and taken once."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest

from chassis.settings import load
from hailwire.profile.v1 import profile_pb2_grpc, wallet_pb2_grpc
from hailwire.profile.v1 import wallet_pb2 as pb
from hailwire.trips.v1 import events_pb2, events_pb2_grpc
from services.profile.app import open_service
from services.profile.settings import ProfileSettings
from tests.profile.wallets import AT_ONCE, Replica, newcomer, operator, rich, sending, transfer

Here = tuple[Replica, Any, str]


@pytest.fixture
async def here(fresh_database_url: str) -> AsyncIterator[Here]:
    """A replica, its events and its database."""
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": fresh_database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
        **AT_ONCE,
    }
    async with (
        open_service(load(ProfileSettings, environ)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        replica = Replica(profile_pb2_grpc.ProfileServiceStub(channel), wallet_pb2_grpc.WalletServiceStub(channel))
        yield replica, events_pb2_grpc.EventsServiceStub(channel), fresh_database_url


async def take(events: Any, taker: str = "a", seconds: int = 0) -> list[events_pb2.Event]:
    request = events_pb2.TakeEventsRequest(taker_id=taker)
    request.wait.FromSeconds(seconds)
    return list((await events.TakeEvents(request)).events)


async def acknowledge(events: Any, *taken: events_pb2.Event) -> None:
    ids = [event.event_id for event in taken]
    await events.AcknowledgeEvents(events_pb2.AcknowledgeEventsRequest(event_ids=ids))


async def test_the_payee_hears_of_it(here: Here) -> None:
    """Amount, first letter of the payer and balance; the payer, who caused it, is told by the answer alone."""
    replica, events, database_url = here
    ann, bob = await rich(database_url, replica, 1000, "Ann"), await newcomer(replica, "Bob")
    (credited,) = await take(events)
    assert (credited.recipient_id, credited.money.entry.kind) == (ann.person_id, pb.TRANSACTION_KIND_CREDIT)
    await acknowledge(events, credited)
    asked = sending(ann, bob, 600)
    (result,) = await transfer(replica, asked)
    assert await transfer(replica, asked) == [result]
    await transfer(replica, sending(ann, bob, 600))
    (told,) = await take(events, seconds=5)
    assert told.kind == events_pb2.EVENT_KIND_MONEY_MOVED
    assert told.recipient_id == bob.person_id
    moved = told.money
    assert (moved.entry.amount.amount, moved.entry.other.initial, moved.balance.amount) == ("600", "A.", "600")
    await acknowledge(events, told)
    async with operator(database_url) as somebody:
        await somebody.reverse(result.transaction.transaction_id, "by mistake", "back")
    both = {event.recipient_id: event.money.entry.amount.amount for event in await take(events)}
    assert both == {ann.person_id: "600", bob.person_id: "-600"}


async def test_one_taker_per_recipient(here: Here) -> None:
    """What one taker has, and what its recipient gets meanwhile, no other is given until it is acknowledged or late."""
    replica, events, database_url = here
    ann = await rich(database_url, replica, 1000)
    first = await take(events, "a")
    async with operator(database_url) as somebody:
        await somebody.credit(ann.person_id, "500", "cash", "again")
        eve = await rich(database_url, replica, 700)
        assert [event.recipient_id for event in await take(events, "b")] == [eve.person_id]
    assert [event.event_id for event in await take(events, "a")][:1] == [first[0].event_id]
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("UPDATE chassis.clock SET shift = '31 seconds'")
    finally:
        await connection.close()
    everything = await take(events, "c")
    assert len(everything) == 3
    await acknowledge(events, *everything)
    assert await take(events, "d") == []
