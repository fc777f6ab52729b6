"""Leased clients: bounded, served in order, checked, and never lost, whoever gives up and whenever."""

import asyncio
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.pools.lease import Lease, NotLeased, PoolBusy, PoolClosed
from chassis.pools.leasing import LeasePool
from tests.chassis import polling


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Somebody else's server as one sees it through a connection."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.alive = True
        self.well = True
        self.checks = 0


class World:
    """What is open; `turns` is how often opening, checking and closing give way to others."""

    def __init__(self, turns: int = 1) -> None:
        self.open: list[Client] = []
        self.opened: list[Client] = []
        self.refuses = False
        self._turns = turns
        self._numbers = itertools.count()

    async def connect(self) -> Client:
        client = Client(next(self._numbers))
        await self._wait()
        if self.refuses:
            raise ConnectionRefusedError
        self.open.append(client)
        self.opened.append(client)
        return client

    async def check(self, client: Client) -> None:
        client.checks += 1
        await self._wait()
        if not client.well:
            raise ConnectionResetError

    async def close(self, client: Client) -> None:
        for _ in range(3):  # a goodbye takes longer than a welcome
            await self._wait()
        self.open.remove(client)

    async def _wait(self) -> None:
        for _ in range(self._turns):
            await asyncio.sleep(0)


def pooled(
    world: World,
    clock: Callable[[], float] | None = None,
    *,
    most: int = 2,
    least: int = 0,
    patience: float = 60,
    warm_first: bool = False,
) -> LeasePool[Client]:
    return LeasePool(
        open_client=world.connect,
        close_client=world.close,
        check=world.check,
        alive=lambda client: client.alive,
        most=most,
        least=least,
        warm_first=warm_first,
        idle_seconds=300,
        patience_seconds=patience,
        clock=clock or Clock(),
    )


async def used(pool: LeasePool[Client]) -> Client:
    async with pool.lease() as client:
        return client


async def test_it_grows_to_its_bound_and_no_further() -> None:
    """Three callers and two places: two clients, and the third caller gets the first that is given back."""
    pool = pooled(world := World())
    first, second = await pool.acquire(), await pool.acquire()
    third = asyncio.create_task(pool.acquire())
    await polling.until(lambda: pool.statistics().waiting == 1)
    now = pool.statistics()
    assert (now.size, now.healthy, now.in_use, now.max, now.total_uses) == (2, 2, 2, 2, 2)
    pool.release(second)
    assert (await third).client is second.client
    assert len(world.open) == 2
    pool.release(first)
    assert pool.statistics().total_uses == 3


async def test_the_least_recently_used_is_taken_first() -> None:
    """Each client has its turn."""
    pool = pooled(World(), most=3)
    leases = [await pool.acquire() for _ in range(3)]
    for lease in (leases[1], leases[0], leases[2]):
        pool.release(lease)
    assert [(await used(pool)).number for _ in range(4)] == [1, 0, 2, 1]


async def test_the_one_used_last_is_taken_first_where_that_is_wanted() -> None:
    """One caller after the other uses one client, and what only a burst needed is closed."""
    clock = Clock()
    pool = pooled(World(), clock, most=3, least=1, warm_first=True)
    leases = [await pool.acquire() for _ in range(3)]
    for lease in (leases[1], leases[0], leases[2]):
        pool.release(lease)
    assert [(await used(pool)).number for _ in range(3)] == [2, 2, 2]
    clock.now += 299
    assert (await used(pool)).number == 2
    clock.now += 2
    assert await pool.tend() == 2
    assert pool.statistics().size == 1


async def test_who_waits_too_long_is_told() -> None:
    """A busy pool is Unavailable with a reason of its own, and whoever comes after does not suffer from it."""
    pool = pooled(World(), most=1)
    lease = await pool.acquire()
    pool._patience_seconds = 0.05
    with pytest.raises(PoolBusy) as caught:
        await pool.acquire()
    assert caught.value.reason == "POOL_BUSY"
    pool.release(lease)
    assert await used(pool) is lease.client


async def test_nobody_overtakes_who_waits() -> None:
    """A client that is given back is the first waiter's, also when somebody asks before that one wakes up."""
    pool = pooled(World(), most=1)
    lease = await pool.acquire()
    served: list[str] = []

    async def ask(name: str) -> None:
        async with pool.lease():
            served.append(name)

    waiting = asyncio.create_task(ask("first"))
    await polling.until(lambda: pool.statistics().waiting == 1)
    pool.release(lease)
    await ask("newcomer")
    await waiting
    assert served == ["first", "newcomer"]


async def test_what_is_not_leased_is_refused() -> None:
    """A second release changes nothing for whoever has the client by then, nor does another pool's lease."""
    pool, other = pooled(World(), most=1), pooled(World(), most=1)
    lease = await pool.acquire()
    with pytest.raises(NotLeased):
        other.release(lease)
    pool.release(lease)
    with pytest.raises(NotLeased):
        pool.release(lease)
    mine = await pool.acquire()
    assert mine.client is lease.client
    with pytest.raises(NotLeased):
        pool.release(lease)
    assert pool.statistics().in_use == 1
    pool.release(mine)


async def test_a_client_is_asked_once_a_minute() -> None:
    """One that was not asked for a minute is asked before its use; a sick one is replaced."""
    pool = pooled(world := World(), clock := Clock(), most=1)
    client = await used(pool)
    clock.now += 59
    assert await used(pool) is client
    assert client.checks == 0
    clock.now += 1
    assert await used(pool) is client
    assert client.checks == 1
    client.well = False
    clock.now += 60
    assert await used(pool) is not client
    assert client not in world.open


@pytest.mark.parametrize("well", [True, False])
async def test_a_failure_throws_doubt_on_a_client(well: bool) -> None:  # noqa: FBT001
    """After a use that failed the client is asked first, not counted as healthy meanwhile, and gone when it is sick."""
    pool = pooled(world := World(), most=1)

    async def fail() -> None:
        async with pool.lease() as client:
            client.well = well
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await fail()
    now = pool.statistics()
    assert (now.size, now.healthy) == (1, 0)
    assert (await used(pool)).number == (0 if well else 1)
    assert pool.statistics().healthy == 1
    assert len(world.open) == 1


async def test_a_dead_client_is_never_handed_out() -> None:
    """Neither the first nor any other: what is known to be dead makes room for a new one."""
    pool = pooled(world := World())
    leases = [await pool.acquire(), await pool.acquire()]
    for lease in leases:
        pool.release(lease)
        lease.client.alive = False
    assert pool.statistics().healthy == 0
    assert {(await used(pool)).number for _ in range(2)} == {2}
    await pool.tend()
    assert [client.number for client in world.open] == [2]


async def test_what_nobody_uses_is_closed() -> None:
    """After the idle time, down to the least; the age is that of the oldest."""
    pool = pooled(world := World(), clock := Clock(), most=3, least=1)
    leases = [await pool.acquire() for _ in range(3)]
    for lease in leases:
        pool.release(lease)
    clock.now += 299
    assert await used(pool) is leases[0].client
    clock.now += 1
    assert await pool.tend() == 2
    assert world.open == [leases[0].client]
    clock.now += 1000
    assert await pool.tend() == 0
    assert pool.statistics().oldest_client_age == 1300


async def test_who_cannot_be_reached() -> None:
    """What opening raises is told to whoever waits, and the next one tries again."""
    pool = pooled(world := World(), most=1)
    world.refuses = True
    failures = await asyncio.gather(*(used(pool) for _ in range(3)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [ConnectionRefusedError] * 3
    world.refuses = False
    assert await used(pool) in world.open


async def test_the_end() -> None:
    """Whoever waits is told, whoever uses a client has a moment, and then everything is closed."""
    pool = pooled(world := World(), most=1)
    lease = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await polling.until(lambda: pool.statistics().waiting == 1)
    closing = asyncio.create_task(pool.close(seconds=60))
    with pytest.raises(PoolClosed):
        await waiting
    assert world.open == [lease.client]
    pool.release(lease)
    await closing
    assert world.open == []
    with pytest.raises(PoolClosed):
        await pool.acquire()


async def test_who_does_not_give_back() -> None:
    """The end does not wait for ever, and who gives back later does no harm."""
    pool = pooled(world := World())
    lease = await pool.acquire()
    await pool.close(seconds=0.01)
    assert world.open == []
    pool.release(lease)


_STEP = st.tuples(
    st.sampled_from(
        ["ask", "ask", "ask", "leave", "give back", "give back", "fail", "die", "sicken", "refuse", "wait", "tend"]
    ),
    st.integers(0, 9),
    # Often none: what happens at the same moment is what goes wrong.
    st.sampled_from([0, 0, 0, 1, 2, 5]),
)
_STEPS = st.lists(_STEP, min_size=10, max_size=60)


@settings(max_examples=500)
@given(_STEPS, st.integers(1, 3), st.integers(0, 3), st.booleans(), st.booleans())
def test_any_course_of_events(
    steps: list[tuple[str, int, int]],
    most: int,
    turns: int,
    in_use: bool,  # noqa: FBT001
    warm_first: bool,  # noqa: FBT001
) -> None:
    """Never more clients than allowed, none with two users, first come first served, and in the end none left open."""
    asyncio.run(_Course(most, turns, warm_first=warm_first).run(steps, end_in_use=in_use))


class _Course:
    """One course of events, checked after each step."""

    def __init__(self, most: int, turns: int, *, warm_first: bool) -> None:
        self.clock = Clock()
        self.world = World(turns)
        self.most = most
        self.pool = pooled(self.world, self.clock, most=most, patience=60, warm_first=warm_first)
        self.waiting: dict[int, asyncio.Task[None]] = {}
        self.held: list[Lease[Client]] = []
        self.numbers = itertools.count()

    async def run(self, steps: list[tuple[str, int, int]], *, end_in_use: bool) -> None:
        everybody: list[asyncio.Task[None]] = []
        for what, which, turns in steps:
            task = await self._step(what, which)
            if task is not None:
                everybody.append(task)
                await asyncio.sleep(0)  # it has asked
            for _ in range(turns):
                await asyncio.sleep(0)
                self._look()
            self._look()
        self.world.refuses = False
        if not end_in_use:
            for _ in range(200):
                while self.held:
                    self.pool.release(self.held.pop())
                await asyncio.sleep(0)
                self._look()
                if not self.waiting:
                    break
            assert not self.waiting, "somebody is never served"
            while self.held:
                self.pool.release(self.held.pop())
            now = self.pool.statistics()
            assert (now.in_use, now.waiting) == (0, 0)
        await self.pool.close(seconds=0)
        await asyncio.gather(*everybody)
        assert self.world.open == []
        for lease in self.held:
            self.pool.release(lease)

    async def _step(self, what: str, which: int) -> asyncio.Task[None] | None:
        match what:
            case "ask":
                number = next(self.numbers)
                task = self.waiting[number] = asyncio.create_task(self._ask(number))
                return task
            case "leave" if self.waiting:
                number = list(self.waiting)[which % len(self.waiting)]
                self.waiting.pop(number).cancel()
            case "give back" | "fail" if self.held:
                self.pool.release(self.held.pop(which % len(self.held)), doubtful=what == "fail")
            case "die" | "sicken" if self.world.open:
                client = self.world.open[which % len(self.world.open)]
                client.alive, client.well = client.alive and what != "die", False
            case "refuse":
                self.world.refuses = which < 3
            case "wait":
                self.clock.now += which * 40
            case "tend":
                await self.pool.tend()
        return None

    async def _ask(self, number: int) -> None:
        try:
            lease = await self.pool.acquire()
        except (ConnectionRefusedError, PoolClosed, asyncio.CancelledError):
            self.waiting.pop(number, None)
            return
        if number not in self.waiting:  # cancelled at the very moment: it has the client all the same
            self.pool.release(lease)
            return
        del self.waiting[number]
        # Who was given a client a moment ago, and has not woken up yet, waits no longer in the pool's eyes.
        later = sum(other > number for other in self.waiting)
        assert self.pool.statistics().waiting <= later, "somebody was overtaken"
        assert lease.client in self.world.open
        self.held.append(lease)

    def _look(self) -> None:
        now = self.pool.statistics()
        assert len(self.world.open) <= self.most
        assert now.size <= now.max == self.most
        assert now.healthy <= now.size
        assert len(self.held) <= now.in_use
        clients = [lease.client for lease in self.held]
        assert len(set(clients)) == len(clients), "two users of one client"
