"""One service as a process of its own: started, restarted when it crashes, drained, and gone when we are gone."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from launcher.environment import ROOT
from launcher.failure import ExitCode
from launcher.tether import tethered

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # seconds before a restart, doubling with each crash in a row
_STEADY_SECONDS = 10.0  # who ran so long did not crash because of how it was started


class Child:
    """Runs `hailwire NAME`, or another command, until told to stop. `say` gets each line that it prints."""

    def __init__(
        self,
        name: str,
        environ: Mapping[str, str],
        say: Callable[[str, str], None],
        command: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._command = list(command) or [sys.executable, "-m", "launcher", name]
        self._environ = {**environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.returncode is None

    async def keep_running(self) -> int:
        """Return only when it was stopped (0) or cannot run with its settings (its exit code)."""
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._run_once()
            if self._stopping.is_set():
                break
            if code == ExitCode.USAGE:
                return code
            pause = _FIRST_PAUSE if time.monotonic() - began > _STEADY_SECONDS else pause
            self._say("hailwire", f"{self.name} ended with {_worded(code)}; starting it again in {pause:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return ExitCode.DONE

    async def stop(self, seconds: float) -> None:
        """Let it finish what it is doing, but no longer than that."""
        self._stopping.set()
        process = self._process
        if process is None or not self.runs:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            self._say("hailwire", f"{self.name} did not finish within {seconds:.0f} s and was killed")
            self.kill()
            await process.wait()

    def kill(self) -> None:
        """End it without waiting for anything."""
        self._stopping.set()
        if self._process is not None and self.runs:
            self._process.kill()

    async def _run_once(self) -> int:
        self._process = await asyncio.create_subprocess_exec(
            *tethered(self._command, signal.SIGKILL),  # if we crash the mesh does; nobody would read its log
            cwd=ROOT,
            env=self._environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and we drain in order
        )
        if self._process.stdout is not None:
            await self._relay(self._process.stdout)
        return await self._process.wait()

    async def _relay(self, output: asyncio.StreamReader) -> None:
        rest = b""
        while block := await output.read(65536):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                self._say(self.name, line.decode("utf-8", "replace"))
        if rest:
            self._say(self.name, rest.decode("utf-8", "replace"))


def _worded(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
