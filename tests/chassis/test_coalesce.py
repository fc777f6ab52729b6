"""Single calls that become batches: who travels with whom, and what each gets back."""

import asyncio
import contextvars
import time
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import deadlines, errors
from chassis.coalesce import Coalescer
from chassis.telemetry import Telemetry
from tests.chassis import polling, tiny

_LONG = 1000.0


class Depot:
    """Runs batches when the test lets them go."""

    def __init__(self, *, max_batch: int = 64, in_flight: int = 2, linger: float = 0.0) -> None:
        self.batches: list[list[int]] = []
        self.away = 0
        self.gate = asyncio.Event()
        self.coalescer = Coalescer[int, int]("test", self.run, max_batch=max_batch, in_flight=in_flight, linger=linger)

    async def run(self, items: list[int]) -> Sequence[int | BaseException]:
        self.batches.append(items)
        self.away += 1
        try:
            await self.gate.wait()
        finally:
            self.away -= 1
        return [item * 10 for item in items]


async def _turns_of_the_loop(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("linger", [0.0, _LONG])
async def test_a_lone_call_goes_at_once(linger: float) -> None:
    """A call that finds nobody under way leaves in the next turn of the loop, alone and in one task."""
    depot = Depot(linger=linger)
    before = len(asyncio.all_tasks())
    future = depot.coalescer.submit(1)
    assert len(asyncio.all_tasks()) == before + 1
    await asyncio.sleep(0)
    assert depot.batches == [[1]]
    depot.gate.set()
    assert await future == 10


async def test_calls_of_one_turn_share_a_batch() -> None:
    """Calls made before the loop comes round travel together, cut at the largest batch."""
    depot = Depot(max_batch=4, in_flight=2)
    futures = [depot.coalescer.submit(item) for item in range(10)]
    await _turns_of_the_loop()
    assert depot.batches == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert depot.coalescer.waiting == 2
    depot.gate.set()
    assert await asyncio.gather(*futures) == [item * 10 for item in range(10)]
    assert (depot.coalescer.items, depot.coalescer.batches) == (10, 3)


async def test_batches_grow_while_others_are_away() -> None:
    """Whoever comes while all flights are out gathers, and leaves as one batch when one of them is back."""
    depot = Depot(in_flight=2)
    futures = []
    for item in range(8):
        futures.append(depot.coalescer.submit(item))
        await _turns_of_the_loop()
        assert depot.away <= 2
    assert depot.batches == [[0], [1]]
    depot.gate.set()
    assert await asyncio.gather(*futures) == [item * 10 for item in range(8)]
    assert depot.batches == [[0], [1], [2, 3, 4, 5, 6, 7]]


async def test_who_comes_soon_after_others_gathers() -> None:
    """With a linger the second call waits though a flight is free, and leaves with all when enough have come."""
    depot = Depot(linger=_LONG)
    depot.gate.set()
    futures = [depot.coalescer.submit(0)]
    await _turns_of_the_loop()
    for item in range(1, 16):
        futures.append(depot.coalescer.submit(item))
        await _turns_of_the_loop()
        assert depot.batches == [[0]]
    futures.append(depot.coalescer.submit(16))
    assert await asyncio.gather(*futures) == [item * 10 for item in range(17)]
    assert depot.batches == [[0], list(range(1, 17))]


async def test_nobody_lingers_for_longer() -> None:
    """Whoever gathers leaves when the linger is over, counted from the departure; then a lone call goes at once."""
    depot = Depot(linger=0.05)
    depot.gate.set()
    began = time.monotonic()
    assert await depot.coalescer(0) == 0
    assert await asyncio.gather(*(depot.coalescer(item) for item in (1, 2))) == [10, 20]
    assert time.monotonic() - began > 0.048  # the loop counts in milliseconds
    assert depot.batches == [[0], [1, 2]]
    late = Depot(linger=1e-9)
    late.gate.set()
    assert await late.coalescer(0) == 0
    future = late.coalescer.submit(1)
    await _turns_of_the_loop()
    assert late.batches == [[0], [1]]
    assert await future == 10


async def test_who_gives_up_leaves_alone() -> None:
    """A cancelled caller takes nobody along: not before departure, not on the way, not even as the only one."""
    depot = Depot(in_flight=1)
    callers = [asyncio.create_task(depot.coalescer(0))]
    await _turns_of_the_loop()
    callers += [asyncio.create_task(depot.coalescer(item)) for item in (1, 2)]
    await _turns_of_the_loop()
    callers[0].cancel()  # on the way
    callers[1].cancel()  # before departure
    await _turns_of_the_loop()
    assert depot.batches == [[0]]
    depot.gate.set()
    assert await callers[2] == 20
    assert depot.batches == [[0], [2]]
    assert [caller.cancelled() for caller in callers] == [True, True, False]
    await depot.coalescer.drain()
    assert depot.away == 0


async def test_failures_of_a_batch_reach_everyone_in_it() -> None:
    """When the batch fails, each caller hears it; the next batch is not touched by it."""
    fail = True

    async def run(items: list[int]) -> list[int | BaseException]:
        if fail:
            raise errors.Unavailable("gone")
        return list(items)

    coalescer = Coalescer[int, int]("test", run)
    results = await asyncio.gather(*(coalescer(item) for item in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [errors.Unavailable] * 3
    fail = False
    assert await coalescer(4) == 4


@pytest.mark.parametrize("answer", [[], [1], [1, 2, 3], None])
async def test_a_batch_that_answers_too_little_or_too_much(answer: Any) -> None:
    """Results that cannot be matched with their items are an error for all, never somebody else's result."""

    async def run(_: list[int]) -> Any:
        return answer

    coalescer = Coalescer[int, int]("test", run)
    results = await asyncio.gather(coalescer(1), coalescer(2), return_exceptions=True)
    assert [isinstance(result, RuntimeError | TypeError) for result in results] == [True, True]


async def test_a_batch_that_is_cancelled_cancels_its_callers() -> None:
    """When the loop ends the batch, nobody waits for it any longer, and what gathered still leaves."""

    async def run(items: list[int]) -> list[int]:
        if items == [1]:
            raise asyncio.CancelledError
        return items

    coalescer = Coalescer[int, int]("test", run, max_batch=1, in_flight=1)
    results = await asyncio.gather(coalescer(1), coalescer(2), return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1] == 2


async def test_the_batch_has_the_loosest_deadline() -> None:
    """The latest of its callers' deadlines, none when one has none."""
    seen: list[float | None] = []

    async def run(items: list[int]) -> list[int]:
        seen.append(deadlines.current())
        return items

    coalescer = Coalescer[int, int]("test", run)
    now = time.monotonic()
    futures = []
    for limit in (now + 1, now + 3, now + 2):
        with deadlines.until(limit):
            futures.append(coalescer.submit(0))
    await asyncio.gather(*futures)
    with deadlines.until(now + 1):
        futures = [coalescer.submit(0)]
    futures.append(coalescer.submit(0))
    await asyncio.gather(*futures)
    assert seen == [now + 3, None]


async def test_a_batch_belongs_to_nobody() -> None:
    """What its first caller carries in context variables does not leak into the batch."""
    carried: contextvars.ContextVar[str] = contextvars.ContextVar("carried", default="nothing")
    seen: list[str] = []

    async def run(items: list[int]) -> list[int]:
        seen.append(carried.get())
        return items

    coalescer = Coalescer[int, int]("test", run)
    carried.set("a secret")
    await asyncio.gather(coalescer(1), coalescer(2))
    assert seen == ["nothing"]


async def test_drain_waits_for_all() -> None:
    """Draining ends when everything that was given has come back, what gathers meanwhile included."""
    depot = Depot(max_batch=1, in_flight=1)
    futures = [depot.coalescer.submit(item) for item in range(3)]
    draining = asyncio.create_task(depot.coalescer.drain())
    await _turns_of_the_loop()
    assert not draining.done()
    depot.gate.set()
    await draining
    assert [future.result() for future in futures] == [0, 10, 20]
    await depot.coalescer.drain()


async def test_drain_sends_off_what_lingers() -> None:
    """Whoever drains waits for nobody's linger."""
    depot = Depot(linger=_LONG)
    depot.gate.set()
    futures = [depot.coalescer.submit(0)]
    await _turns_of_the_loop()
    futures.append(depot.coalescer.submit(1))
    await asyncio.wait_for(depot.coalescer.drain(), 10)
    assert [future.result() for future in futures] == [0, 10]


async def test_the_span_of_a_batch_is_linked_to_its_callers(traced: Telemetry, spans: InMemorySpanExporter) -> None:
    """One RPC for three callers is a trace of its own with a link to each of theirs."""

    async def handler(request: bytes, context: Any) -> bytes:
        return request

    async with tiny.opened(handler, traced) as channel:

        async def run(items: list[int]) -> list[int]:
            await tiny.ask(channel, bytes(items))
            return items

        coalescer = Coalescer[int, int]("test", run)

        async def caller(item: int) -> None:
            with traced.span(f"caller {item}"):
                await coalescer(item)

        await asyncio.gather(*(caller(item) for item in range(3)))
        await polling.until(lambda: len(spans.get_finished_spans()) == 5)
    finished = {span.name: span for span in spans.get_finished_spans()}
    callers = {finished[f"caller {item}"].context.span_id for item in range(3)}
    (client,) = (span for span in spans.get_finished_spans() if span.kind.name == "CLIENT")
    assert client.parent is None
    assert {link.context.span_id for link in client.links} == callers
    assert len({span.context.trace_id for span in finished.values()}) == 4
