"""Replicas of the profile service with both of their services, wallets with money in them, and calls, for tests."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import asyncpg
import grpc
from google.rpc import error_details_pb2

from chassis.settings import load
from hailwire.profile.v1 import profile_pb2_grpc, wallet_pb2_grpc
from hailwire.profile.v1 import wallet_pb2 as pb
from services.profile.app import open_service
from services.profile.settings import ProfileSettings
from services.profile.wallet.operating import Operator, open_operator
from tests.profile.calls import resolve, sms

if TYPE_CHECKING:
    from hailwire.profile.v1.profile_pb2_grpc import ProfileServiceAsyncStub as People
    from hailwire.profile.v1.wallet_pb2_grpc import WalletServiceAsyncStub as Wallets
else:
    People = Wallets = Any

TRANSIENT = {"CONFLICT", "ROW_BUSY", "TRANSACTION_CONFLICT", "DATABASE_UNAVAILABLE"}
# Whoever opens a wallet may send at once; the limits as they are by default.
AT_ONCE = {"WALLET_NEW_ACCOUNT_HOURS": "0"}


@dataclass(frozen=True)
class Replica:
    """One process of the service."""

    people: People
    wallets: Wallets


@contextlib.asynccontextmanager
async def open_replica(database_url: str, **environ: str) -> AsyncIterator[Replica]:
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
        **environ,
    }
    async with (
        open_service(load(ProfileSettings, environ)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        people: People = profile_pb2_grpc.ProfileServiceStub(channel)
        wallets: Wallets = wallet_pb2_grpc.WalletServiceStub(channel)
        yield Replica(people, wallets)


@contextlib.asynccontextmanager
async def operator(database_url: str, **environ: str) -> AsyncIterator[Operator]:
    async with open_operator(database_url, environ, "tester") as operator:
        yield operator


def reason(result: Any) -> str:
    """The reason of a result's error; empty when it has none."""
    return told(result)[0]


def told(result: Any) -> tuple[str, dict[str, str]]:
    """Reason and metadata of a result's error."""
    if not result.HasField("error"):
        return "", {}
    info = error_details_pb2.ErrorInfo()
    assert result.error.details[0].Unpack(info)
    return info.reason, dict(info.metadata)


def money(amount: int | str | Decimal, currency: str = "RWF") -> pb.Money:
    return pb.Money(amount=str(amount), currency_code=currency)


async def opened(replica: Replica, person_id: int) -> pb.Wallet:
    request = pb.BatchOpenWalletsRequest(person_ids=[person_id])
    while True:
        (result,) = (await replica.wallets.BatchOpenWallets(request)).results
        if reason(result) not in TRANSIENT:
            assert result.HasField("wallet"), result
            return result.wallet


async def newcomer(replica: Replica, name: str = "") -> pb.Wallet:
    """Somebody new with an empty wallet."""
    return await opened(replica, (await resolve(replica.people, sms(), name=name)).person_id)


async def rich(database_url: str, replica: Replica, amount: int = 10_000, name: str = "") -> pb.Wallet:
    """Somebody new whom an operator credited."""
    wallet = await newcomer(replica, name)
    await credit(database_url, wallet.person_id, amount)
    return await opened(replica, wallet.person_id)


async def credit(database_url: str, person_id: int, amount: int | str, request_id: str = "", **environ: str) -> Any:
    async with operator(database_url, **environ) as somebody:
        return await somebody.credit(person_id, str(amount), "cash", request_id or uuid.uuid4().hex)


async def balance(replica: Replica, *wallets: pb.Wallet) -> list[int]:
    return [int((await opened(replica, wallet.person_id)).balance.amount) for wallet in wallets]


def sending(
    payer: pb.Wallet, payee: pb.Wallet, amount: int | str, request_id: str = "", **values: Any
) -> pb.TransferRequest:
    return pb.TransferRequest(
        request_id=request_id or uuid.uuid4().hex,
        person_id=payer.person_id,
        payee_code=payee.code,
        amount=money(amount),
        **values,
    )


async def transfer(replica: Replica, *requests: pb.TransferRequest) -> list[pb.TransactionResult]:
    """One answer each; what failed for a moment only is sent again, as every caller does."""
    while True:
        results = list((await replica.wallets.BatchTransfer(pb.BatchTransferRequest(requests=requests))).results)
        if not any(reason(result) in TRANSIENT for result in results):
            return results


async def entries(replica: Replica, wallet: pb.Wallet, **values: Any) -> pb.ListEntriesResponse:
    return await replica.wallets.ListEntries(pb.ListEntriesRequest(person_id=wallet.person_id, **values))


async def is_right(database_url: str) -> bool:
    """Whether the ledger adds up, and nobody is below zero."""
    async with operator(database_url) as somebody:
        found = await somebody.check()
    connection = await asyncpg.connect(database_url)
    try:
        below = await connection.fetchval("SELECT count(*) FROM profile.account WHERE balance < 0 AND person_id > 0")
    finally:
        await connection.close()
    return found.right and not below
