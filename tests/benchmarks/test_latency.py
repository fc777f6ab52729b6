"""Latencies at half of saturation: an open loop that hides nothing, and answers matched to their messages."""

import asyncio
import time
from pathlib import Path

import pytest

from benchmarks import latency, payloads, steady
from benchmarks.contender import ANSWERED, STORED, provider
from benchmarks.endtoend import Size
from benchmarks.latency import Half, LatencySize
from benchmarks.load import Order, SteadyOrder
from benchmarks.steady import Steady
from launcher import embedded
from loadtest.histogram import Histogram
from loadtest.processes import BenchmarkError

TINY = Size(rounds=1, messages=60, warm_up=20, riders=30, connections=4)


@pytest.mark.drill
@pytest.mark.timeout(400)
async def test_half_of_saturation_on_a_real_mesh(reachable_folder: Path) -> None:
    """A closed loop finds what the mesh can do, an open one at half of it tells both latencies, and each is judged."""
    told: list[str] = []
    with embedded.cluster(reachable_folder) as cluster:
        suites, judged = await latency.measure(LatencySize(TINY, 2), cluster, reachable_folder, told.append)
    stored, sent = (suite["half_of_saturation"][0] for suite in suites)
    assert stored["offered_per_second"] == pytest.approx(stored["saturation_per_second"] / 2, abs=0.1)
    assert 0 < sent["answer_p50_ms"] <= sent["answer_p99_ms"]
    assert 0 < sent["turn_p50_ms"] <= sent["turn_p99_ms"]
    assert "turn_p50_ms" not in stored
    assert [figure.target for figure in judged] == [10.0, 100.0, 10.0, 100.0, 50.0, 250.0]
    assert len(told) == 2


async def test_the_open_loop_waits_for_nobody() -> None:
    """While the first answers are held back all the others are sent in time, and the waiting is in the latency."""
    together = asyncio.Event()
    seen = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        while (head := await reader.readuntil(b"\r\n\r\n")) and b"POST" in head:
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            seen += 1
            if seen == 40:
                await asyncio.sleep(0.5)
                together.set()
            await together.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await steady.post(SteadyOrder(Order([port], 0, 40, 10, "run"), 200, 1), lambda: None)
    server.close()
    assert found.statuses == {"200": 40}
    assert found.answer_p50_ms >= 500
    assert found.late_p99_ms < 500
    assert found.began <= time.monotonic()


def test_moments_are_the_rates_and_always_the_same() -> None:
    """As many messages as ordered, over as long as the rate says, at the same moments for the same seed."""
    ordered = SteadyOrder(Order([1], 0, 300, 10, "run"), 100, 3)
    found = steady.moments(ordered)
    assert len(found) == 300
    assert found == steady.moments(ordered)
    assert 2.5 < found[-1] <= 3.0


def _ordered(messages: int) -> SteadyOrder:
    return SteadyOrder(Order([1], 0, messages, 2, "run", first=5), 10, 1)


def test_an_answer_belongs_to_the_message_in_its_order() -> None:
    """Latency is from when a message was due until its own answer, the n-th of its sender, was accepted."""
    ordered = _ordered(4)
    due = steady.moments(ordered)
    numbers = [payloads.number(rider % 2) for rider in range(5, 9)]
    got = [(number, 100 + at + late) for number, at, late in zip(numbers, due, (0.1, 0.2, 0.3, 0.4), strict=True)]
    found = latency.turns(ordered, 100.0, got)
    assert found.count == 4
    assert found.most == pytest.approx(0.4, abs=1e-5)
    assert found.least == pytest.approx(0.1, abs=1e-5)


def test_answers_that_do_not_fit_are_no_figure() -> None:
    """An answer too few or too many, or somebody else's, ends the run."""
    ordered = _ordered(2)
    first, second = (payloads.number(rider % 2) for rider in (5, 6))
    with pytest.raises(BenchmarkError, match="1 of 2 answers"):
        latency.turns(ordered, 0.0, [(first, 9.0)])
    with pytest.raises(BenchmarkError, match="had not asked"):
        latency.turns(ordered, 0.0, [(first, 9.0), (first, 9.1)])
    assert latency.turns(ordered, 0.0, [(second, 9.0), (first, 9.0)]).count == 2


async def test_the_stand_in_says_when(tmp_path: Path) -> None:
    """Who got a message when is told once, second copies not at all, by the clock that everybody here reads."""
    async with provider(tmp_path) as port:
        before = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for outbox_id, to in ((7, b"+250781"), (7, b"+250781"), (8, b"250782")):
            body = b'{"to":"%b","biz_opaque_callback_data":"%d"}' % (to, outbox_id)
            writer.write(b"POST /messages HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            await asyncio.wait_for(reader.readuntil(b"}]}"), 20)
        writer.close()
        got = await latency.arrivals(port)
        assert [number for number, _ in got] == ["250781", "250782"]
        assert all(before <= at <= time.monotonic() for _, at in got)
        assert await latency.arrivals(port) == []


def test_each_latency_is_judged_by_its_median() -> None:
    """One slow round of three does not decide; two do."""

    def half(answer: float, turn: float) -> Half:
        turns = Histogram()
        turns.record(turn / 1000)
        return Half(900, Steady({}, 0.0, 1.0, answer, 10 * answer, 0.1, 0.1), turns)

    quick, slow = half(4, 20), half(40, 400)
    judged = latency.figures({STORED: [quick, slow, quick], ANSWERED: [quick, slow, quick]})
    assert [figure.value for figure in judged] == pytest.approx([4, 40, 4, 40, 20, 20], rel=0.01)
    assert all(figure.met for figure in judged)
    judged = latency.figures({ANSWERED: [slow, slow, quick]})
    assert [figure.met for figure in judged] == [False] * 4
