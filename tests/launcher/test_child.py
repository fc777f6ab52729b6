"""A service under supervision."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from launcher.child import Child
from launcher.failure import ExitCode
from tests.launcher.running import words

ROOT = Path(__file__).resolve().parents[2]

SERVES = "import time; print('serving', flush=True); time.sleep(600)"
DRAINS = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('drained', flush=True)))
print('serving', flush=True)
signal.pause()
"""


class Heard:
    """What a child and its supervisor said."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._news = asyncio.Event()

    def say(self, service: str, line: str) -> None:
        self.lines.append((service, line))
        self._news.set()

    async def until(self, wanted: str, times: int = 1) -> None:
        async with asyncio.timeout(60):
            while sum(wanted in line for _, line in self.lines) < times:
                self._news.clear()
                await self._news.wait()


def child(heard: Heard, script: str) -> Child:
    return Child("trips", dict(os.environ), heard.say, [sys.executable, "-c", script])


async def test_restarts() -> None:
    """A child that crashes is started again, and its supervisor says how it ended."""
    heard = Heard()
    crashing = child(heard, "import os; print('born', flush=True); os.kill(os.getpid(), 9)")
    running = asyncio.create_task(crashing.keep_running())
    await heard.until("born", times=2)
    await crashing.stop(5)
    assert await running == ExitCode.DONE
    assert ("trips", "born") in heard.lines
    assert any(who == "hailwire" and "trips ended with signal SIGKILL" in line for who, line in heard.lines)


async def test_wrong_settings_are_final() -> None:
    """A child that cannot run with its settings is not started again: its exit code is ours."""
    heard = Heard()
    assert await child(heard, "import sys; print('X is missing'); sys.exit(2)").keep_running() == ExitCode.USAGE
    assert heard.lines == [("trips", "X is missing")]


async def test_drains() -> None:
    """A child that is stopped may finish what it is doing."""
    heard = Heard()
    draining = child(heard, DRAINS)
    running = asyncio.create_task(draining.keep_running())
    await heard.until("serving")
    await draining.stop(60)
    assert await running == ExitCode.DONE
    assert ("trips", "drained") in heard.lines


async def test_killed_when_it_does_not_finish() -> None:
    """A child that does not finish in time is killed."""
    heard = Heard()
    stubborn = child(heard, f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVES}")
    running = asyncio.create_task(stubborn.keep_running())
    await heard.until("serving")
    await stubborn.stop(0.1)
    assert await running == ExitCode.DONE
    assert any("was killed" in line for _, line in heard.lines)


async def test_stopped_before_it_started() -> None:
    """Stopping a child that never ran is no error."""
    idle = child(Heard(), SERVES)
    await idle.stop(1)
    assert await idle.keep_running() == ExitCode.DONE


async def test_long_and_strange_lines() -> None:
    """A line of any length and any bytes arrives whole."""
    heard = Heard()
    script = (
        "import sys; sys.stdout.buffer.write(b'x' * 200_000 + b'\\n\\xff no newline'); sys.stdout.flush(); sys.exit(2)"
    )
    await child(heard, script).keep_running()
    assert [len(line) for _, line in heard.lines] == [200_000, len("\ufffd no newline")]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_ends_with_its_supervisor() -> None:
    """When the supervisor is killed with -9 its children are gone at once."""
    script = (
        "import asyncio, os, sys\nfrom launcher.child import Child\n"
        "served = 'import os, time; print(os.getpid(), flush=True); time.sleep(600)'\n"
        "command = [sys.executable, '-c', served]\n"
        "asyncio.run(Child('trips', dict(os.environ), lambda _, line: print(line, flush=True), command).keep_running())"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        served = int(supervisor.stdout.readline())
        assert any(words(served))
        supervisor.kill()
    end = time.monotonic() + 60
    while time.monotonic() < end and any(words(served)):  # a zombie has none
        time.sleep(0.01)
    assert not any(words(served))
