"""Any sequence of concurrent transfers, retries and crashes conserves money and never goes below zero."""

import asyncio
import contextlib
import itertools
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hailwire.profile.v1 import wallet_pb2 as pb
from tests.profile.wallets import AT_ONCE, Replica, balance, is_right, open_replica, reason, rich, sending

PEOPLE = 4
EACH = 2_000
_RUNS = itertools.count()
# Ends what is in the middle of a transaction, as a crash of its process would: nobody says goodbye.
KILL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'hailwire-profile' AND xact_start IS NOT NULL
"""


@dataclass(frozen=True)
class Send:
    """One transfer, perhaps asked for several times and at both replicas."""

    payer: int
    payee: int
    amount: int
    replicas: tuple[int, ...]


@dataclass(frozen=True)
class Kill:
    """A crash."""


@dataclass
class Said:
    """What each transfer was answered, by its id."""

    outcomes: dict[str, set[bytes]] = field(default_factory=dict)


SENDS = st.builds(
    Send,
    payer=st.integers(0, PEOPLE - 1),
    payee=st.integers(0, PEOPLE - 1),
    amount=st.integers(1, 25).map(lambda hundreds: hundreds * 100),
    replicas=st.lists(st.integers(0, 1), min_size=1, max_size=3).map(tuple),
)
# What stands in one round happens at once.
ROUNDS = st.lists(st.lists(SENDS | st.just(Kill()), min_size=1, max_size=8), min_size=1, max_size=4)


async def send(replica: Replica, request: pb.TransferRequest, said: Said) -> None:
    """Until there is an answer: whoever does not know asks again under the same id."""
    while True:
        with contextlib.suppress(grpc.aio.AioRpcError):
            (result,) = (await replica.wallets.BatchTransfer(pb.BatchTransferRequest(requests=[request]))).results
            if reason(result) not in {"CONFLICT", "ROW_BUSY", "TRANSACTION_CONFLICT"}:
                said.outcomes.setdefault(request.request_id, set()).add(result.SerializeToString(deterministic=True))
                return


async def counted(replica: Replica, wallets: list[pb.Wallet]) -> list[int]:
    """The balances: a connection that was told to end may do so only now, when a call is about to use it."""
    while True:
        with contextlib.suppress(grpc.aio.AioRpcError):
            return await balance(replica, *wallets)


async def crash(killer: Any, alone: asyncio.Lock) -> None:
    async with alone:
        await killer.fetch(KILL)


async def play(database_url: str, rounds: list[list[Send | Kill]]) -> None:
    killer: Any = await asyncpg.connect(database_url)
    alone = asyncio.Lock()
    try:
        async with open_replica(database_url, **AT_ONCE) as one, open_replica(database_url, **AT_ONCE) as two:
            run, said, moved = next(_RUNS), Said(), dict[str, Send]()
            wallets = [await rich(database_url, one, EACH) for _ in range(PEOPLE)]
            for number, together in enumerate(rounds):
                work = []
                for place, step in enumerate(together):
                    if isinstance(step, Kill):
                        work.append(crash(killer, alone))
                        continue
                    request_id = f"run {run} round {number} step {place}"
                    moved[request_id] = step
                    request = sending(wallets[step.payer], wallets[step.payee], step.amount, request_id)
                    work += [send((one, two)[replica], request, said) for replica in step.replicas]
                async with asyncio.timeout(120), asyncio.TaskGroup() as group:
                    for one_of_them in work:
                        group.create_task(one_of_them)
                assert sum(await counted(two, wallets)) == PEOPLE * EACH
            # Each id had one outcome, and the balances are what those outcomes come to.
            expected = [EACH] * PEOPLE
            for request_id, step in moved.items():
                (outcome,) = said.outcomes[request_id]
                if not reason(pb.TransactionResult.FromString(outcome)):
                    expected[step.payer] -= step.amount
                    expected[step.payee] += step.amount
            assert await counted(one, wallets) == expected
            assert min(expected) >= 0
        assert await is_right(database_url)
    finally:
        await killer.close()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(ROUNDS)
def test_money_is_conserved(database_url: str, rounds: list[list[Send | Kill]]) -> None:
    """Over two replicas, with repeats under the same ids and connections killed in the middle of transactions."""
    asyncio.run(play(database_url, rounds))
