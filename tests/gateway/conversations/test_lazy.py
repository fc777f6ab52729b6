"""Handlers are loaded when needed, once, and a failed load is tried again."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from services.gateway.conversations import routing
from services.gateway.conversations.lazy import Lazy, RouteBroken
from services.metrics.reading import Series
from services.metrics.views import View, handlers

Go: TypeAlias = Callable[[], Awaitable[object]]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules can be imported, and are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


async def test_concurrent_first_uses_share_one_load(workshop: Path) -> None:
    """Twenty callers at once import the module once and all get the handler."""
    (workshop / "lazily_shared.py").write_text(
        "import sys\nsys.loads = getattr(sys, 'loads', 0) + 1\nasync def go(): ...\n"
    )
    lazy: Lazy[Go] = Lazy("shared", "lazily_shared:go")
    got = await asyncio.gather(*(lazy.get() for _ in range(20)))
    assert len(set(got)) == 1
    assert sys.loads == 1  # type: ignore[attr-defined]
    assert lazy.stats.loaded
    assert lazy.stats.uses == 20
    assert lazy.stats.load_ms > 0


async def test_a_failed_load_is_told_and_tried_again(workshop: Path) -> None:
    """A module that breaks on import fails its callers, keeps the reason, and works once it is mended."""
    module = workshop / "lazily_broken.py"
    module.write_text("raise RuntimeError('not today')\n")
    lazy: Lazy[Go] = Lazy("broken", "lazily_broken:go")
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await lazy.get()
    assert lazy.stats.failures == 2
    assert lazy.stats.last_error == "RuntimeError: not today"
    module.write_text("async def go():\n    return 'mended'\n")
    assert await (await lazy.get())() == "mended"


async def test_a_caller_that_gives_up_leaves_the_load_to_the_others(workshop: Path) -> None:
    """Cancelling one waiter does not cancel the import that another waits for."""
    (workshop / "lazily_left.py").write_text("async def go(): ...\n")
    lazy: Lazy[Go] = Lazy("left", "lazily_left:go")
    impatient, patient = asyncio.create_task(lazy.get()), asyncio.create_task(lazy.get())
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).__name__ == "go"


def test_every_route_leads_somewhere() -> None:
    """The check at start passes, and names each route that leads nowhere."""
    routing.check_routes()
    assert "no module" in str(Lazy("a", "services.gateway.nowhere:go").problem())
    assert "no async function" in str(Lazy("b", "services.gateway.conversations.ride:nothing").problem())


def test_the_check_at_start_imports_no_handler() -> None:
    """Checking routes costs no start-up time: no handler module is executed by it."""
    program = (
        "import sys; from services.gateway.conversations import routing; routing.check_routes();"
        "print([m for m in sys.modules if m.endswith(('conversations.ride', 'conversations.events'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "[]"


async def test_preload_refuses_unknown_names() -> None:
    """A misspelt handler in a preload list is an error, not a silence."""
    with pytest.raises(RouteBroken):
        await routing.preload("ride.begins")
    await routing.preload("ride.begin")
    assert routing.stats()["ride.begin"].loaded


def test_extra_handlers_register_their_words(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HAILWIRE_EXTRA_HANDLERS names functions that add words; one that leads nowhere is refused."""
    monkeypatch.setattr(routing, "EXTRA_KEYWORDS", {})
    (workshop / "extras.py").write_text(
        "from services.gateway.conversations import routing\n"
        "def register():\n    routing.register_keyword('Boom', 'extras:boom')\n"
        "async def boom(turn):\n    raise RuntimeError\n"
    )
    routing.load_extra_handlers("extras:register, ")
    assert list(routing.EXTRA_KEYWORDS) == ["boom"]
    for wrong in ("extras:nothing", "no.such.module:register", "nonsense"):
        with pytest.raises(RouteBroken):
            routing.load_extra_handlers(wrong)
    with pytest.raises(RouteBroken):
        routing.register_keyword("x", "extras:nothing")


async def test_a_broken_handler_keeps_no_other_from_being_preloaded(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other one is imported, the error is told, and the next preload finds the one that was mended."""
    module = workshop / "lazily_first.py"
    module.write_text("raise RuntimeError('not today')\n")
    first: Lazy[routing.TurnHandler] = Lazy("first", "lazily_first:go")
    second: Lazy[routing.TurnHandler] = Lazy("second", "services.gateway.conversations.home:greet")
    monkeypatch.setattr(routing, "_handlers", {"first": first, "second": second})
    with pytest.raises(RuntimeError):
        await routing.preload()
    assert (first.stats.loaded, second.stats.loaded) == (False, True)
    module.write_text("async def go(turn):\n    return 'mended'\n")
    await routing.preload()
    assert first.stats.loaded


async def test_each_handler_is_shown(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name: whether it is loaded, how long that took, how often it was used, and what broke its import last."""
    (workshop / "lazily_shown.py").write_text("raise ValueError('of +250788000001')\n")
    fine: Lazy[routing.TurnHandler] = Lazy("fine", "services.gateway.conversations.home:greet")
    broken: Lazy[routing.TurnHandler] = Lazy("broken", "lazily_shown:go")
    monkeypatch.setattr(routing, "_handlers", {"fine": fine, "broken": broken})
    monkeypatch.setattr(routing, "EVENTS", {})
    async with open_telemetry("gateway", load(TelemetrySettings, {})) as telemetry:
        routing.watch(telemetry)
        await fine.get()
        with pytest.raises(ValueError, match="of"):
            await broken.get()
        view = View(
            {
                Series(one.name, one.name, tuple(sorted(labels.items()))): value
                for one in telemetry.instruments
                if one.name.startswith("hailwire_handler_")
                for value, labels in one.read()
            },
            {},
        )
    shown = {one["handler"]: one for one in handlers(view)}
    assert (shown["fine"]["loaded"], shown["fine"]["uses"], shown["fine"]["last_error"]) == (1, 1, None)
    assert shown["fine"]["load_ms"] > 0
    assert (shown["broken"]["loaded"], shown["broken"]["failed_loads"]) == (0, 1)
    assert shown["broken"]["last_error"] == "ValueError"  # never its words
