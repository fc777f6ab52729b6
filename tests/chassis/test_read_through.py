"""The cache in front of a database: under any order of events nobody gets what is older than what they had heard of."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chassis.caching.memory import MemoryCache
from chassis.caching.read_through import ABSENT, ReadThrough

KEYS = ("a", "b")


class Table:
    """Rows whose every version is known; reads take as long as the test wants."""

    def __init__(self) -> None:
        self.history: dict[str, list[int | None]] = {key: [None] for key in KEYS}
        self.reads: list[asyncio.Event] = []
        self.asked: list[str] = []
        self.failure: Exception | None = None

    def write(self, key: str, *, delete: bool = False) -> None:
        self.history[key].append(None if delete else len(self.history[key]))

    def version(self, key: str) -> int:
        return len(self.history[key]) - 1

    async def load(self, keys: Sequence[str]) -> Mapping[str, int]:
        self.asked += keys
        found = {key: value for key in keys if (value := self.history[key][-1]) is not None}
        answered = asyncio.Event()
        self.reads.append(answered)
        await answered.wait()
        if self.failure:
            raise self.failure
        return found

    def answer(self, number: int = 0) -> None:
        if self.reads:
            self.reads.pop(number % len(self.reads)).set()


def opened(table: Table, ttl: float = 60, absent_ttl: float = 60) -> ReadThrough[str, int]:
    cache: ReadThrough[str, int] = ReadThrough(
        MemoryCache(10), table.load, ttl_seconds=ttl, absent_ttl_seconds=absent_ttl
    )
    cache.trust()
    return cache


async def settle(turns: int = 20) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


async def ask(cache: ReadThrough[str, int], table: Table, *keys: str) -> dict[str, int]:
    """Ask and have it answered."""
    asking = asyncio.create_task(cache.get(keys))
    await settle()
    while table.reads:
        table.answer()
        await settle()
    return await asking


COMMANDS = st.one_of(
    st.tuples(st.just("ask"), st.lists(st.sampled_from(KEYS), min_size=1, max_size=2)),
    st.tuples(st.just("write"), st.sampled_from(KEYS)),
    st.tuples(st.just("delete"), st.sampled_from(KEYS)),
    st.tuples(st.just("hear"), st.none()),
    st.tuples(st.just("answer"), st.integers(0, 5)),
    st.tuples(st.just("give up"), st.integers(0, 5)),
    st.tuples(st.sampled_from(["lose", "restore"]), st.none()),
    st.tuples(st.just("pass"), st.integers(0, 4)),
)


async def _carry_out(commands: list[tuple[str, object]]) -> None:
    table = Table()
    cache = opened(table)
    asked: list[tuple[asyncio.Task[dict[str, int]], dict[str, int]]] = []
    told = dict.fromkeys(KEYS, 0)  # the version of each key that whoever asks now has heard of
    unheard: list[str] = []
    connected = True
    for command, what in commands:
        match command, what:
            case "ask", list(keys):
                floor = {key: told[key] if connected else table.version(key) for key in keys}
                asked.append((asyncio.create_task(cache.get(keys)), floor))
                await asyncio.sleep(0)  # it looks before anything else happens
            case "write" | "delete", str(key):
                table.write(key, delete=command == "delete")
                unheard.append(key)
            case "hear", _ if connected and unheard:
                key = unheard.pop(0)
                told[key] = table.version(key) - unheard.count(key)
                cache.forget([key])
            case "answer", int(number):
                table.answer(number)
            case "give up", int(number) if asked:
                asked.pop(number % len(asked))[0].cancel()
            case "lose", _ if connected:
                connected = False
                cache.distrust()
            case "restore", _ if not connected:
                connected = True
                unheard.clear()
                told = {key: table.version(key) for key in KEYS}
                cache.trust()
            case "pass", int(turns):
                await settle(turns)
            case _:
                pass
    await settle()
    while table.reads:
        table.answer()
        await settle()
    for asking, floor in asked:
        found = await asking
        for key, least in floor.items():
            assert found.get(key) in table.history[key][least:], (key, least, table.history[key])
    for key in unheard:
        cache.forget([key])
    assert await ask(cache, table, *KEYS) == {
        key: versions[-1] for key, versions in table.history.items() if versions[-1] is not None
    }


@given(st.lists(COMMANDS, max_size=40))
@example([("ask", ["a"]), ("pass", 4), ("write", "a"), ("hear", None), ("ask", ["a"]), ("answer", 0)])
@settings(max_examples=300)
def test_nobody_gets_what_is_older_than_what_they_had_heard_of(commands: list[tuple[str, object]]) -> None:
    """Writes, notifications, lost connections, slow reads and impatient askers come in any order."""
    asyncio.run(_carry_out(commands))


async def test_many_who_ask_cause_one_question() -> None:
    """Whoever asks while somebody else's question is on its way waits for that; other keys are asked for beside it."""
    table = Table()
    table.write("a")
    cache = opened(table)
    asking = [asyncio.create_task(cache.get(["a"])) for _ in range(50)]
    both = asyncio.create_task(cache.get(["b", "a"]))
    await settle()
    assert table.asked == ["a", "b"]
    table.answer()
    table.answer()
    assert await asyncio.gather(*asking) == [{"a": 1}] * 50
    assert await both == {"a": 1}


async def test_that_there_is_nothing_is_remembered_for_a_time_of_its_own() -> None:
    """Whether and how long absence is remembered is set apart from values, and a change ends it."""
    table = Table()
    cache = opened(table)
    assert await ask(cache, table, "a") == {}
    assert await cache.remembered(["a"]) == {"a": ABSENT}
    assert await ask(cache, table, "a") == {}
    assert table.asked == ["a"]
    table.write("a")
    cache.forget(["a"])
    assert await ask(cache, table, "a") == {"a": 1}
    forgetful = opened(table, absent_ttl=0)
    await ask(forgetful, table, "b")
    await ask(forgetful, table, "b")
    assert table.asked == ["a", "a", "b", "b"]


async def test_an_error_reaches_everybody_and_is_not_remembered() -> None:
    """A failed question is asked again by whoever comes next."""
    table = Table()
    table.write("a")
    cache = opened(table)
    table.failure = RuntimeError("out of reach")
    asking = [asyncio.create_task(cache.get(["a"])) for _ in range(3)]
    await settle()
    table.answer()
    assert [str(error) for error in await asyncio.gather(*asking, return_exceptions=True)] == ["out of reach"] * 3
    table.failure = None
    assert await ask(cache, table, "a") == {"a": 1}


async def test_a_hit_starts_nothing() -> None:
    """What is remembered is answered without a task and without waiting for anybody."""
    table = Table()
    table.write("a")
    cache = opened(table)
    await ask(cache, table, "a")
    before = asyncio.all_tasks()
    hit = cache.get(["a", "a"])
    with pytest.raises(StopIteration) as done:
        hit.send(None)
    assert done.value.value == {"a": 1}
    assert asyncio.all_tasks() == before


async def test_aiocache_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """With aiocache's own AIOCACHE_DISABLE every question goes to the database and every answer is right."""
    monkeypatch.setenv("AIOCACHE_DISABLE", "1")
    table = Table()
    table.write("a")
    cache = opened(table)
    for _ in range(2):
        assert await ask(cache, table, "a", "b") == {"a": 1}
    assert table.asked == ["a", "b"] * 2


async def test_a_look_is_a_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look without awaiting counts and uses an entry like any other, and finds nothing when aiocache is off."""
    held = MemoryCache(2)
    for key in ("a", "b"):
        await held.set(key, 1)
    assert held.look("a") == 1
    await held.set("c", 1)
    assert [held.look(key) for key in ("a", "b", "c")] == [1, None, 1]
    assert (held.stats.hits, held.stats.misses) == (3, 1)
    monkeypatch.setenv("AIOCACHE_DISABLE", "1")
    assert held.look("a") is None
