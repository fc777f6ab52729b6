"""`hailwire up` as a person starts it, for tests: on ports and in a home of its own."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from launcher import ports

ROOT = Path(__file__).resolve().parents[2]

PORTS = (
    "GATEWAY_HTTP_PORT",
    "GATEWAY_GRPC_PORT",
    "PROFILE_GRPC_PORT",
    "TRIPS_GRPC_PORT",
    "SIMULATOR_HTTP_PORT",
    "GATEWAY_PROMETHEUS_PORT",
    "PROFILE_PROMETHEUS_PORT",
    "TRIPS_PROMETHEUS_PORT",
    "METRICS_HTTP_PORT",
    "METRICS_GRPC_PORT",
    "METRICS_PROMETHEUS_PORT",
)
# What a developer's shell may hold and a test must not see.
_FOREIGN = (
    "WA_",
    "TWILIO_",
    "HAILWIRE_",
    "GATEWAY_",
    "PROFILE_",
    "TRIPS_",
    "METRICS_",
    "SIMULATOR_",
    "DATABASE_",
    "OTEL_",
    "JWT_",
    "LOG_",
    "MAKE",
)


class Up:
    """One `hailwire up`; `lines` is what it printed so far."""

    def __init__(
        self,
        home: Path,
        numbers: dict[str, int] | None = None,
        command: Sequence[str] = (),
        *,
        terminal: bool = False,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.home = home
        self.ports = numbers or free_ports()
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._over = False
        own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        self.environ = {
            **own,
            **{name: str(port) for name, port in self.ports.items()},
            "HAILWIRE_HOME": str(home),
            "HAILWIRE_ENV_FILE": os.devnull,
            "LOG_FORMAT": "text",
            "NO_COLOR": "",
            **settings,
        }
        self._output, output = pty.openpty() if terminal else os.pipe()
        _let_children_be_interrupted()
        self.process = subprocess.Popen(
            list(command) or [sys.executable, "-m", "launcher", "up"],
            cwd=ROOT,
            env=self.environ,
            stdout=output,
            stderr=output,
        )
        os.close(output)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, wanted: str, seconds: float = 60, times: int = 1) -> None:
        """Wait until that many lines hold that text; fail with the log when they do not come in time."""

        def came() -> bool:
            return sum(wanted in line for line in self.lines) >= times

        with self._news:
            self._news.wait_for(lambda: came() or self.ended(), seconds)
        assert came(), "\n".join([f"it did not say {times} times: {wanted}", *self.lines[-60:]])

    def ended(self) -> bool:
        """Whether the process is gone and everything it printed is read."""
        return self._over

    def result(self, seconds: float = 60) -> int:
        """The exit code, once it is there."""
        code = self.process.wait(seconds)
        self._reader.join(60)
        return code

    def descendants(self) -> list[int]:
        """Every process that it started, directly or not (Linux)."""
        found, waiting = [], [self.process.pid]
        while waiting:
            parent = waiting.pop()
            for thread in Path(f"/proc/{parent}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    waiting += [int(text) for text in thread.read_text(encoding="ascii").split()]
            found.append(parent)
        return found[1:]

    def _read(self) -> None:
        # A terminal whose last writer is gone answers with an error instead of an end.
        with open(self._output, encoding="utf-8", errors="replace") as output, contextlib.suppress(OSError):  # noqa: PTH123
            for line in output:
                with self._news:
                    self.lines.append(line.rstrip("\r\n"))
                    self._news.notify_all()
        with self._news:
            self._over = True
            self._news.notify_all()


@contextlib.contextmanager
def up(
    home: Path,
    numbers: dict[str, int] | None = None,
    command: Sequence[str] = (),
    *,
    terminal: bool = False,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Up]:
    """Start it, on a terminal or not, with these settings besides; leave nothing behind."""
    running = Up(home, numbers, command, terminal=terminal, settings=settings)
    try:
        yield running
    finally:
        descendants = running.descendants()
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGINT)
            try:
                running.process.wait(60)
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()
        all_gone(descendants, 30)


def without_waiting(printed: str) -> str:
    """What a command said, but not that it was waiting: one on a machine that stands still says so, too."""
    return "".join(line for line in printed.splitlines(keepends=True) if "waiting for the database" not in line)


def all_gone(process_ids: list[int], seconds: float) -> bool:
    """Whether these processes end in time; a zombie that nobody collects has ended."""
    end = time.monotonic() + seconds
    while any(_alive(process_id) for process_id in process_ids):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def words(process_id: int) -> list[bytes]:
    """The command line of a process; empty when it has ended, which it may do at any moment."""
    try:
        return Path(f"/proc/{process_id}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def _let_children_be_interrupted() -> None:
    # Tests that run in the background of a shell ignore SIGINT, and what they start would inherit that. Not done
    # between fork and exec: what other tests of this process have imported runs code of its own there, and crashes.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def free_ports() -> dict[str, int]:
    """A free port for each setting, all different."""
    return dict(zip(PORTS, ports.choose(len(PORTS)), strict=True))
