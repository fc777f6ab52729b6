"""The coalescer under any schedule of calls, cancellations, slow batches and failures."""

import asyncio
import math
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chassis import deadlines
from chassis.coalesce import Coalescer

MAX_BATCH = 3
IN_FLIGHT = 2


class ItemFailed(Exception):
    """The outcome of one item."""


class BatchFailed(Exception):
    """The outcome of a whole batch."""


class Schedules(RuleBasedStateMachine):
    """A loop that the rules turn by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.callers: dict[int, asyncio.Task[int]] = {}
        self.limits: dict[int, float | None] = {}
        self.cancelled: set[int] = set()
        self.left: list[int] = []  # every item that was in a batch, in the order of departure
        self.fates: dict[int, BaseException | None] = {}  # what must come back for each item that is back
        self.away: list[tuple[list[int], asyncio.Future[str]]] = []

    @initialize(linger=st.sampled_from([0.0, 0.001, 1000.0]))
    def open(self, linger: float) -> None:
        self.coalescer = Coalescer[int, int]("test", self._run, max_batch=MAX_BATCH, in_flight=IN_FLIGHT, linger=linger)

    async def _run(self, items: list[int]) -> Any:
        assert 1 <= len(items) <= MAX_BATCH
        limits = [self.limits[item] for item in items]
        loosest = None if None in limits else max(limit for limit in limits if limit is not None)
        assert deadlines.current() == loosest
        self.left += items
        end: asyncio.Future[str] = self.loop.create_future()
        self.away.append((items, end))
        how = await end
        if how == "fail":
            self.fates.update(dict.fromkeys(items, BatchFailed()))
            raise BatchFailed
        results = [ItemFailed() if how == "some" and item % 2 else item * 10 for item in items]
        self.fates.update({i: r if isinstance(r, ItemFailed) else None for i, r in zip(items, results, strict=True)})
        return results

    async def _call(self, item: int, limit: float | None) -> int:
        with deadlines.until(limit):
            return await self.coalescer(item)

    def _turn(self, count: int = 1) -> None:
        for _ in range(count):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()

    @rule(count=st.integers(1, 7), limit=st.none() | st.floats(1e9, 2e9))
    def call(self, count: int, limit: float | None) -> None:
        for _ in range(count):
            item = len(self.callers)
            self.limits[item] = limit
            self.callers[item] = self.loop.create_task(self._call(item, limit))

    @rule(count=st.integers(1, 4))
    def turn(self, count: int) -> None:
        self._turn(count)

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(sorted(self.callers)))
        if self.callers[item].cancel():
            self.cancelled.add(item)

    @precondition(lambda self: self.away)
    @rule(data=st.data(), how=st.sampled_from(["fine", "some", "fail"]))
    def come_back(self, data: st.DataObject, how: str) -> None:
        _, end = self.away.pop(data.draw(st.integers(0, len(self.away) - 1)))
        end.set_result(how)

    @invariant()
    def never_too_many(self) -> None:
        assert len(self.away) <= IN_FLIGHT

    @invariant()
    def each_leaves_at_most_once_and_in_order(self) -> None:
        assert self.left == sorted(set(self.left))

    def teardown(self) -> None:
        self._turn(6)
        draining = self.loop.create_task(self.coalescer.drain())
        for _ in range(10 + math.ceil(len(self.callers) / MAX_BATCH)):
            self._turn(6)
            while self.away:
                self.away.pop()[1].set_result("fine")
        self.loop.run_until_complete(draining)
        assert self.coalescer.waiting == 0
        for item, caller in self.callers.items():
            assert caller.done()
            if caller.cancelled():
                assert item in self.cancelled
                continue
            fate = self.fates[item]
            assert type(caller.exception()) is (type(None) if fate is None else type(fate))
            if fate is None:
                assert caller.result() == item * 10
        assert set(self.callers) - set(self.left) <= self.cancelled
        self.loop.close()


TestSchedules = Schedules.TestCase
TestSchedules.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
