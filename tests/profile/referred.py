"""Replicas of the profile service that reward invitations, people who invite and come, and calls, for tests."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import grpc

from chassis.settings import load
from hailwire.profile.v1 import erasure_pb2, erasure_pb2_grpc, profile_pb2_grpc, referrals_pb2_grpc, wallet_pb2_grpc
from hailwire.profile.v1 import referrals_pb2 as pb
from hailwire.trips.v1 import events_pb2, events_pb2_grpc
from services.profile.app import open_service
from services.profile.settings import ProfileSettings
from tests.profile.calls import resolve, sms
from tests.profile.wallets import TRANSIENT, Replica, operator, reason

if TYPE_CHECKING:
    from hailwire.profile.v1.erasure_pb2_grpc import ErasureServiceAsyncStub as Erasure
    from hailwire.profile.v1.profile_pb2_grpc import ProfileServiceAsyncStub as People
    from hailwire.profile.v1.referrals_pb2_grpc import ReferralServiceAsyncStub as Referrals
    from hailwire.profile.v1.wallet_pb2_grpc import WalletServiceAsyncStub as Wallets
    from hailwire.trips.v1.events_pb2_grpc import EventsServiceAsyncStub as Events
else:
    Erasure = People = Referrals = Wallets = Events = Any

REWARD, NEWCOMER_REWARD = 1000, 500
ON = {"REFERRAL_REWARD": str(REWARD), "REFERRAL_NEWCOMER_REWARD": str(NEWCOMER_REWARD)}


@dataclass(frozen=True)
class House(Replica):
    """One process of the service, with all that invitations are about."""

    referrals: Referrals
    events: Events
    erasure: Erasure
    database_url: str

    async def query(self, sql: str, *arguments: Any) -> list[Any]:
        """Ask the database, or change it."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(sql, *arguments))
        finally:
            await connection.close()

    async def later(self, time: str) -> None:
        """Let so much time pass for everybody."""
        await self.query(f"UPDATE chassis.clock SET shift = shift + interval '{time}'")

    async def now(self) -> datetime:
        ((found,),) = await self.query("SELECT chassis.now()")
        assert isinstance(found, datetime)
        return found

    async def states(self) -> list[tuple[int, int]]:
        """(state, reason) of every referral, in the order in which they were made."""
        rows = await self.query("SELECT state, reason FROM profile.referral ORDER BY created_at, referred_id")
        return [(row["state"], row["reason"]) for row in rows]


@contextlib.asynccontextmanager
async def open_house(database_url: str, **environ: str) -> AsyncIterator[House]:
    """A replica on which invitations bring something, unless the settings say otherwise."""
    given = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
        **ON,
        **environ,
    }
    async with (
        open_service(load(ProfileSettings, given)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        referrals: Referrals = referrals_pb2_grpc.ReferralServiceStub(channel)
        events: Events = events_pb2_grpc.EventsServiceStub(channel)
        erasure: Erasure = erasure_pb2_grpc.ErasureServiceStub(channel)
        people: People = profile_pb2_grpc.ProfileServiceStub(channel)
        wallets: Wallets = wallet_pb2_grpc.WalletServiceStub(channel)
        yield House(people, wallets, referrals, events, erasure, database_url)


async def somebody(house: House) -> int:
    """Somebody who writes for the first time."""
    return (await resolve(house.people, sms())).person_id


async def code_of(house: House, person_id: int) -> str:
    return (await invitation(house, person_id)).code


async def invitation(house: House, person_id: int) -> pb.Invitation:
    request = pb.BatchOpenInvitationsRequest(person_ids=[person_id])
    while True:
        (result,) = (await house.referrals.BatchOpenInvitations(request)).results
        if reason(result) not in TRANSIENT:
            assert result.HasField("invitation"), result
            return result.invitation


def telling(person_id: int, code: str, request_id: str = "") -> pb.RecordReferralRequest:
    return pb.RecordReferralRequest(request_id=request_id or uuid.uuid4().hex, person_id=person_id, code=code)


async def tell(house: House, *requests: pb.RecordReferralRequest) -> list[pb.ReferralResult]:
    """One answer each; what failed for a moment only is sent again, as every caller does."""
    while True:
        asked = pb.BatchRecordReferralsRequest(requests=requests)
        results = list((await house.referrals.BatchRecordReferrals(asked)).results)
        if not any(reason(result) in TRANSIENT for result in results):
            return results


async def came(house: House, person_id: int, code: str) -> str:
    """Tell a code; the reason why it does not count, empty when it does."""
    (result,) = await tell(house, telling(person_id, code))
    return reason(result)


async def rode(house: House, trip_id: int, passenger_id: int, driver_id: int = 0, at: datetime | None = None) -> int:
    """A trip is complete, now unless told otherwise; how many referrals it rewarded."""
    request = pb.RecordTripRequest(trip_id=trip_id, passenger_id=passenger_id, driver_id=driver_id)
    request.complete_time.FromDatetime(at or await house.now())
    asked = pb.BatchRecordTripsRequest(requests=[request])
    while True:
        (result,) = (await house.referrals.BatchRecordTrips(asked)).results
        if reason(result) not in TRANSIENT:
            assert result.HasField("trip"), result
            return result.trip.rewarded


async def erase(house: House, person_id: int) -> None:
    request = erasure_pb2.ErasePersonRequest(request_id=uuid.uuid4().hex, person_id=person_id, actor="person")
    await house.erasure.ErasePerson(request)


async def set_aside(house: House, amount: int) -> None:
    """An operator brings money for rewards."""
    async with operator(house.database_url) as somebody_there:
        await somebody_there.credit(None, str(amount), "for rewards", uuid.uuid4().hex)


async def told(house: House) -> dict[int, events_pb2.MoneyMoved]:
    """What waits to be told, by recipient, who has one event each."""
    taken = (await house.events.TakeEvents(events_pb2.TakeEventsRequest(taker_id="test"))).events
    assert len({event.recipient_id for event in taken}) == len(taken)
    return {event.recipient_id: event.money for event in taken}


async def invited(house: House) -> tuple[int, int, str]:
    """A host, a guest who came by the host's invitation, and the code."""
    host, guest = await somebody(house), await somebody(house)
    code = await code_of(house, host)
    assert await came(house, guest, code) == ""
    return host, guest, code
