"""Sums that never go down, whoever starts, stops, or resets; and windows that speak of lately."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.metrics.history import History
from services.metrics.reading import Series
from services.metrics.totals import Totals

TURNS = Series("turns_total", "turns_total", ())
FIGURE = ("turn", "total")


class Fleet(RuleBasedStateMachine):
    """Processes that count, are asked or not, and are replaced by new ones; beside them what a person would add up."""

    def __init__(self) -> None:
        super().__init__()
        self.totals = Totals()
        self.now = 0.0
        self.started: dict[int, tuple[str, float]] = {}  # by slot: instance id and start
        self.counts: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self.shown_at_reset: dict[str, float] = {}
        self.reset_at = 0.0
        self.before = 0.0

    @rule(slot=st.integers(0, 3))
    def restart(self, slot: int) -> None:
        self.now += 1
        name = f"{slot}-{self.now:g}"
        self.started[slot] = name, self.now
        self.counts[name] = 0.0

    @precondition(lambda self: self.started)
    @rule(slot=st.integers(0, 3), more=st.integers(0, 1000))
    def count(self, slot: int, more: int) -> None:
        if slot in self.started:
            self.counts[self.started[slot][0]] += more

    @precondition(lambda self: self.started)
    @rule(slot=st.integers(0, 3))
    def ask(self, slot: int) -> None:
        if slot not in self.started:
            return
        name, started = self.started[slot]
        if name not in self.seen and started < self.reset_at:
            self.shown_at_reset[name] = self.counts[name]
        self.seen[name] = self.counts[name]
        self.totals.take(name, started, {TURNS: self.counts[name]})

    @rule()
    def reset(self) -> None:
        self.now += 1
        self.totals.reset(self.now)
        self.reset_at = self.now
        self.shown_at_reset = dict(self.seen)

    @invariant()
    def everything_counts_once(self) -> None:
        assert self.totals.ever().get(TURNS, 0.0) == sum(self.seen.values())

    @invariant()
    def together_since_the_reset(self) -> None:
        expected = sum(value - self.shown_at_reset.get(name, 0.0) for name, value in self.seen.items())
        assert self.totals.together().get(TURNS, 0.0) == expected

    @invariant()
    def one_metric_alone(self) -> None:
        assert self.totals.counted(TURNS.metric) == self.totals.together()
        assert self.totals.counted("sends_total") == {}

    @invariant()
    def each_since_the_reset(self) -> None:
        for name, value in self.seen.items():
            if name in {known for known, _ in self.started.values()}:
                assert self.totals.of(name).get(TURNS, 0.0) == value - self.shown_at_reset.get(name, 0.0)


Fleet.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestFleet: Any = Fleet.TestCase
TestFleet.__doc__ = "However processes count, restart, fall silent and are reset, sums are what a person would add up."


@given(st.lists(st.integers(0, 100), min_size=70, max_size=90))
def test_processes_of_long_ago(counts: list[int]) -> None:
    """What processes that nobody remembers one by one had counted stays in the sum."""
    totals = Totals()
    for number, count in enumerate(counts):
        totals.take(str(number), 0.0, {TURNS: float(count)})
    assert totals.ever().get(TURNS, 0.0) == sum(counts)
    assert len(totals._last) <= 64
    totals.reset(1.0)
    assert totals.together().get(TURNS, 0.0) == 0


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_is_of_lately() -> None:
    """What happened before the window does not count in it, and a rate is that of the last seconds."""
    clock = Clock()
    history = History(clock, wall=lambda: 0.0)
    done = 0.0
    for second in range(0, 400, 5):
        clock.now = 1000.0 + second
        done += 5 if second < 100 else 50
        history.take("one", 10.0, {FIGURE: done})
        history.mark()
    assert history.window(100)[FIGURE] == 20 * 50
    assert history.per_second(FIGURE) == 10
    assert len(history.line(FIGURE)) <= 360 / 5


def test_a_process_with_a_past() -> None:
    """A process that is older than the history brings none of its past; a younger one counts in full."""
    clock = Clock()
    history = History(clock, wall=lambda: 100.0)
    history.mark()
    clock.now += 5
    history.take("old", 50.0, {FIGURE: 1000.0})
    history.take("new", 150.0, {FIGURE: 10.0})
    history.mark()
    assert history.window()[FIGURE] == 10
    clock.now += 5
    history.take("old", 50.0, {FIGURE: 1001.0})
    history.mark()
    assert history.window()[FIGURE] == 11


def test_impatient_lookers_fill_nothing() -> None:
    """However often somebody looks, the moments that are kept are a second apart."""
    clock = Clock()
    history = History(clock, wall=lambda: 0.0)
    for _ in range(5000):
        clock.now += 0.01
        history.take("one", 10.0, {FIGURE: clock.now})
        history.mark()
    assert len(history._moments) <= 52
    assert history.per_second(FIGURE) > 0.9


def test_nothing_was_done() -> None:
    """Without two moments there is no rate, and no error."""
    history = History()
    assert history.window() == {}
    assert history.per_second(FIGURE) == 0
    assert history.line(FIGURE) == []
