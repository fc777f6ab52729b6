"""Processes of a run: started with an environment of their own, ready, asked to stop, and gone when we are gone."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from launcher.environment import ROOT
from launcher.tether import tethered

_READY_SECONDS = 60.0
_STOP_SECONDS = 25.0
# Of the caller's environment only what finds programs: no setting of a developer's must change a figure.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")


class BenchmarkError(Exception):
    """A run that cannot be measured; nothing is reported rather than something wrong."""


class Started:
    """A process that runs until the block ends. Start it from the main thread (see launcher/tether.py)."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                tethered([sys.executable, *command], signal.SIGKILL),
                cwd=ROOT,
                env={**kept, **environ, "PYTHONPATH": str(ROOT), "HAILWIRE_ENV_FILE": os.devnull},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if name == "load" else output,
                stderr=output,
                start_new_session=True,
                text=True,
            )

    @property
    def process_id(self) -> int:
        """Its number."""
        return self.process.pid

    def check(self) -> None:
        """Raise BenchmarkError when it has ended."""
        if self.process.poll() is not None:
            end = self.log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise BenchmarkError(f"{self.name} ended with {self.process.returncode}\n{end}")

    def ask_to_stop(self) -> None:
        """Let it drain."""
        if self.process.poll() is None:
            self.process.terminate()

    def gone(self) -> None:
        """Wait for its end; by force when it takes too long."""
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


async def until(is_ready: Callable[[], Awaitable[bool]], process: Started) -> None:
    """Return once it is; raises BenchmarkError when the process ends before that, or takes too long."""
    end = deadline()
    while not await is_ready():
        process.check()
        if time.monotonic() > end:
            raise BenchmarkError(f"{process.name} is not ready; see {process.log}")
        await asyncio.sleep(0.02)


def deadline() -> float:
    """Until when something that starts may take."""
    return time.monotonic() + _READY_SECONDS
