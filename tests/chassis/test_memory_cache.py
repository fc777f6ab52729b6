"""The bounded cache in memory, through aiocache's interface, beside a model that is simple because it is slow."""

import tracemalloc
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from aiocache.base import BaseCache
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.caching.entries import Stats
from chassis.caching.memory import MemoryCache

T = TypeVar("T")

KEYS = st.sampled_from(["a", "b", "n:a", "n:b", "c", "d"])
VALUES = st.integers(1, 9)
TTLS = st.sampled_from([None, 0, 1, 2.5, 7])


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits for anything; fails when it does."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("it waits")


class Model(RuleBasedStateMachine):
    """What can be had is a plain dictionary, the least recently used first, looked through for what is over."""

    @initialize(most=st.integers(1, 4))
    def begin(self, most: int) -> None:
        self.now = 0.0
        self.most = most
        self.cache = MemoryCache(most, clock=lambda: self.now)
        self.live: dict[str, tuple[int, float | None]] = {}
        self.hits = self.misses = self.evictions = 0

    def put(self, key: str, value: int, ttl: float | None) -> None:
        self.live.pop(key, None)
        if len(self.live) == self.most:
            del self.live[next(iter(self.live))]
            self.evictions += 1
        self.live[key] = (value, self.now + ttl if ttl else None)

    def use(self, key: str) -> int | None:
        if key not in self.live:
            self.misses += 1
            return None
        self.hits += 1
        self.live[key] = self.live.pop(key)
        return self.live[key][0]

    @rule(seconds=st.sampled_from([0.5, 1, 3]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.live = {key: entry for key, entry in self.live.items() if entry[1] is None or entry[1] > self.now}

    @rule(key=KEYS, value=VALUES, ttl=TTLS)
    def set(self, key: str, value: int, ttl: float | None) -> None:
        assert at_once(self.cache.set(key, value, ttl=ttl))
        self.put(key, value, ttl)

    @rule(pairs=st.lists(st.tuples(KEYS, VALUES), max_size=6), ttl=TTLS)
    def multi_set(self, pairs: list[tuple[str, int]], ttl: float | None) -> None:
        assert at_once(self.cache.multi_set(pairs, ttl=ttl))
        for key, value in pairs:
            self.put(key, value, ttl)

    @rule(key=KEYS, value=VALUES, ttl=TTLS)
    def add(self, key: str, value: int, ttl: float | None) -> None:
        if key in self.live:
            with pytest.raises(ValueError, match="exists"):
                at_once(self.cache.add(key, value, ttl=ttl))
        else:
            assert at_once(self.cache.add(key, value, ttl=ttl))
            self.put(key, value, ttl)

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        there = at_once(self.cache.exists(key))
        value = at_once(self.cache.get(key))
        assert value == self.use(key)
        assert there is (value is not None)

    @rule(keys=st.lists(KEYS, max_size=6))
    def multi_get(self, keys: list[str]) -> None:
        assert at_once(self.cache.multi_get(keys)) == [self.use(key) for key in keys]

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        assert at_once(self.cache.delete(key)) == int(self.live.pop(key, None) is not None)

    @rule(key=KEYS, ttl=TTLS)
    def expire(self, key: str, ttl: float | None) -> None:
        assert at_once(self.cache.expire(key, ttl)) is (key in self.live)
        if key in self.live:
            self.live[key] = (self.live.pop(key)[0], self.now + ttl if ttl else None)

    @rule(key=KEYS, delta=st.integers(-2, 2))
    def increment(self, key: str, delta: int) -> None:
        if key in self.live:
            value, until = self.live.pop(key)
            self.live[key] = (value + delta, until)
        else:
            self.put(key, delta, None)
        assert at_once(self.cache.increment(key, delta)) == self.live[key][0]

    @rule(key=KEYS, value=VALUES, token=VALUES)
    def compare_and_set(self, key: str, value: int, token: int) -> None:
        known = self.live.get(key, (None,))[0]
        assert at_once(self.cache.set(key, value, _cas_token=token)) is (known == token)
        if known == token:
            self.put(key, value, None)

    @rule(namespace=st.sampled_from([None, "n:"]))
    def clear(self, namespace: str | None) -> None:
        at_once(self.cache.clear(namespace=namespace))
        self.live = {key: one for key, one in self.live.items() if namespace and not key.startswith(namespace)}

    @rule()
    def cleanup(self) -> None:
        before = self.cache.stats.size
        assert before - self.cache.cleanup() == self.cache.stats.size == len(self.live)

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        if not hasattr(self, "cache"):
            return
        assert self.cache.keys() == list(self.live)
        assert [self.cache.peek(key) for key in self.live] == [value for value, _ in self.live.values()]
        stats = self.cache.stats
        assert (stats.hits, stats.misses, stats.evictions) == (self.hits, self.misses, self.evictions)
        assert len(self.live) <= stats.size <= self.most


TestModel = Model.TestCase
TestModel.__doc__ = "Whatever is done to it, it holds, counts, evicts and forgets as the model does, and never waits."


def test_it_is_an_aiocache() -> None:
    """Whoever takes one of aiocache's caches can be given this one, without the timeouts that cost a task a call."""
    cache = MemoryCache()
    assert isinstance(cache, BaseCache)
    assert cache.timeout is None


def test_what_is_over_goes_before_what_is_not() -> None:
    """A full cache with one entry whose time is over has room, however recently that entry was used."""
    now = [0.0]
    cache = MemoryCache(3, clock=lambda: now[0])
    at_once(cache.set("old", 1))
    at_once(cache.set("short", 2, ttl=1))
    at_once(cache.set("long", 3, ttl=9))
    assert at_once(cache.get("short")) == 2
    now[0] = 1.0
    at_once(cache.set("new", 4))
    assert sorted(map(str, cache.keys())) == ["long", "new", "old"]
    assert cache.stats.evictions == 0


def test_a_cache_that_could_hold_nothing_is_refused() -> None:
    """A bound below one is a mistake of configuration."""
    with pytest.raises(ValueError, match="at least one"):
        MemoryCache(0)


def test_only_numbers_are_incremented() -> None:
    """Anything else is a TypeError, as everywhere in aiocache, and stays."""
    cache = MemoryCache()
    at_once(cache.set("key", "text"))
    with pytest.raises(TypeError):
        at_once(cache.increment("key"))
    assert at_once(cache.get("key")) == "text"


def test_the_rate_of_hits() -> None:
    """A share of the lookups, and none before the first."""
    assert Stats(0, 0, 0, 0).hit_rate is None
    assert Stats(8, 2, 1, 0).hit_rate == 0.8


def test_a_full_cache_costs_no_more_than_an_empty_one() -> None:
    """Ten thousand evictions out of ten thousand entries take no longer than a search of all for each would take."""
    reads = [0]

    def clock() -> float:
        reads[0] += 1
        return 0.0

    cache = MemoryCache(10_000, clock=clock)
    for number in range(20_000):
        at_once(cache.set(number, number, ttl=5 + number % 3))
    assert cache.stats.evictions == 10_000
    assert reads[0] < 20_000 * 5


def test_the_same_entries_again_take_no_more_room() -> None:
    """What is put in again and again, with a time to live or without one, leaves the cache as large as it was."""
    cache = MemoryCache(5000)

    def put(times: int) -> None:
        for number in range(2500 * times):
            at_once(cache.set(number % 2500, "value", ttl=60.0 if number % 2500 < 1300 else None))

    tracemalloc.start()
    try:
        put(1)
        before, _ = tracemalloc.get_traced_memory()
        put(10)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000
