"""A mesh for the load test alone: `hailwire up` with a new database in a folder that is gone afterwards.

The stand-in takes more messages a second from our number than Meta's smallest tier; what it takes for one person stays.
Nothing of the caller's environment reaches it, least of all the credentials of real providers.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from chassis.settings import declarations
from launcher import embedded, ports
from launcher.environment import ROOT
from launcher.failure import CommandError, ExitCode
from launcher.probe import http_status, listens
from launcher.settings import UpSettings
from launcher.tether import tethered
from loadtest import coldstart
from loadtest.processes import BenchmarkError
from loadtest.settings import MeshSettings, Profile

_READY_SECONDS = 120.0
# Drains, then stops PostgreSQL.
_STOP_SECONDS = 90.0
_STARTS = 3
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
# Messages a second that Meta lets the larger businesses send and get.
_THROUGHPUT = 1000


@contextlib.asynccontextmanager
async def own_mesh(
    load: Profile, log: Path, tell: Callable[[str], None]
) -> AsyncIterator[tuple[MeshSettings, Mapping[str, float]]]:
    """A mesh that serves and writes to this log, and how long each of its services took to start alone, in ms.

    Stopped and removed at the end. Start it from the main thread (see launcher/tether.py).
    """
    _check_binaries()
    folder = _folder()
    process = None
    try:
        starts = await _cold_starts(folder, tell)
        numbers = _ports()
        process = _start(folder, log, numbers, load)
        await _ready(process, numbers, log)
        yield _places(numbers), starts
    finally:
        if process is not None:
            await asyncio.to_thread(_stop, process)
        shutil.rmtree(folder, ignore_errors=True)


async def _cold_starts(folder: Path, tell: Callable[[str], None]) -> dict[str, float]:
    """The least of a few starts of each service; all at once, as in the mesh, they take each other's processors."""
    with embedded.cluster(folder / "home") as cluster:
        try:
            found = await coldstart.over(cluster, folder, tell, _STARTS)
        except BenchmarkError as error:
            raise CommandError(f"a service does not start: {error}", ExitCode.FAILED) from error
    return {one.service: one.least for one in found}


def _check_binaries() -> None:
    try:
        embedded.binaries()
    except CommandError as error:
        advice = "run `make setup`, or name a mesh that runs: GATEWAY_URL, SIMULATOR_URL and METRICS_URL"
        raise CommandError(f"there is no PostgreSQL for a mesh of its own: {advice}.") from error


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hailwire-loadtest-"))
    folder.chmod(0o711)  # the database may run as another user
    return folder


def _start(folder: Path, log: Path, numbers: dict[str, int], load: Profile) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            tethered([sys.executable, "-m", "launcher", "up"], signal.SIGTERM),
            cwd=ROOT,
            env=_environ(folder, numbers, load),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop it when the load has stopped
        )


def _ports() -> dict[str, int]:
    names = [declared.env for _, declared in declarations(UpSettings) if declared.env.endswith("_PORT")]
    return dict(zip(names, ports.choose(len(names)), strict=True))


def _environ(folder: Path, numbers: dict[str, int], load: Profile) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        **{name: str(port) for name, port in numbers.items()},
        "PYTHONPATH": str(ROOT),
        "HAILWIRE_ENV_FILE": os.devnull,
        "HAILWIRE_HOME": str(folder / "home"),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",  # as in production
        # Twice what the load needs in both directions, and never less than that tier.
        "SIMULATOR_THROUGHPUT": str(max(_THROUGHPUT, round(4 * load.rate))),
        "SIMULATOR_STATUSES": "false" if load.status_rate else "true",
    }


def _places(numbers: dict[str, int]) -> MeshSettings:
    return MeshSettings(
        gateway_url=f"http://127.0.0.1:{numbers['GATEWAY_HTTP_PORT']}",
        simulator_url=f"http://127.0.0.1:{numbers['SIMULATOR_HTTP_PORT']}",
        metrics_url=f"http://127.0.0.1:{numbers['METRICS_HTTP_PORT']}",
        public_base_url=f"http://127.0.0.1:{numbers['GATEWAY_HTTP_PORT']}",
        profile_target=f"127.0.0.1:{numbers['PROFILE_GRPC_PORT']}",
        trips_target=f"127.0.0.1:{numbers['TRIPS_GRPC_PORT']}",
    )


async def _ready(process: subprocess.Popen[bytes], numbers: dict[str, int], log: Path) -> None:
    end = time.monotonic() + _READY_SECONDS
    while not await _serves(numbers):
        if process.poll() is not None or time.monotonic() > end:
            raise CommandError(f"the mesh of the load test does not serve:\n{_log_end(log)}", ExitCode.FAILED)
        await asyncio.sleep(0.1)


async def _serves(numbers: dict[str, int]) -> bool:
    return (
        await http_status(numbers["GATEWAY_HTTP_PORT"], "/readyz") == 200
        and await http_status(numbers["METRICS_HTTP_PORT"], "/healthz") == 200
        and await listens(numbers["SIMULATOR_HTTP_PORT"])
    )


def _log_end(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # its children are tethered to it
        process.wait()
