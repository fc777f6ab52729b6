"""The embedded PostgreSQL under our own supervisor."""

import contextlib
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from launcher import embedded, tether
from launcher.failure import CommandError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

# What a supervisor does that is then killed: start, tell where, and wait.
SUPERVISOR = """
import sys, time
from pathlib import Path
from launcher import embedded
with embedded.cluster(Path(sys.argv[1])) as cluster:
    print(cluster.process_id, flush=True)
    time.sleep(600)
"""

NOBODY = 65534


def _nobody_can_start_python() -> bool:
    if os.geteuid() != 0:
        return False
    tried = [sys.executable, "-c", "import launcher.embedded"]
    with contextlib.suppress(PermissionError):
        return (
            subprocess.run(tried, cwd=ROOT, user=NOBODY, group=NOBODY, capture_output=True, check=False).returncode == 0
        )
    return False


NOBODY_CAN_START_PYTHON = _nobody_can_start_python()


async def value(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def gone(process_id: int, seconds: float = 60) -> bool:
    """Whether a process ends in time; a zombie that nobody collects has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def supervisor(reachable_folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that supervises a server in `reachable_folder`."""
    command = [sys.executable, "-c", SUPERVISOR, str(reachable_folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        running = reachable_folder / "postgres" / "data" / "postmaster.pid"
        server = int(running.read_text(encoding="utf-8").split()[0]) if running.exists() else None
        process.kill()
    assert server is None or gone(server)


async def test_durable(private_cluster: embedded.Cluster) -> None:
    """It runs with the settings that the promises need, in UTF-8, whatever the machine's locale is."""
    dsn = private_cluster.dsn("hailwire")
    for name, wanted in {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}.items():
        assert await value(dsn, f"SELECT current_setting('{name}')") == wanted
    assert await value(dsn, "SHOW server_encoding") == "UTF8"
    assert await value(dsn, "SELECT 'é' < 'z'") is False


async def test_password(private_cluster: embedded.Cluster) -> None:
    """It wants its password and tells it to nobody but its owner."""
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(private_cluster.dsn("hailwire"), password="wrong")
    mode = (private_cluster.place / "password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE(private_cluster.place.stat().st_mode) == 0o700


async def test_crash(private_cluster: embedded.Cluster) -> None:
    """After kill -9 it starts again on its port and what was committed is there."""
    dsn = private_cluster.dsn("hailwire")
    await value(dsn, "CREATE TABLE kept AS SELECT 7 AS number")
    process_id = private_cluster.process_id
    assert process_id is not None
    private_cluster.kill()
    assert private_cluster.process_id is None
    with pytest.raises(OSError):
        await asyncpg.connect(dsn)
    private_cluster.start()
    assert private_cluster.process_id != process_id
    assert await value(dsn, "SELECT number FROM kept") == 7


async def test_stop_and_start(reachable_folder: Path) -> None:
    """The data of a stopped server is there at the next start, which may be on another port."""
    with embedded.cluster(reachable_folder) as cluster:
        await value(cluster.dsn("postgres"), "CREATE TABLE kept AS SELECT 8 AS number")
    with embedded.cluster(reachable_folder) as cluster:
        assert await value(cluster.dsn("postgres"), "SELECT number FROM kept") == 8
        assert embedded.running_dsn(reachable_folder, "postgres") == cluster.dsn("postgres")
    assert embedded.running_dsn(reachable_folder, "postgres") is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_no_orphan(reachable_folder: Path, supervisor: subprocess.Popen[str]) -> None:
    """A supervisor that is killed with -9 takes the server along, and the next one finds everything in order."""
    assert supervisor.stdout is not None
    server = int(supervisor.stdout.readline())
    supervisor.kill()
    supervisor.wait()
    with embedded.cluster(reachable_folder) as cluster:
        assert await value(cluster.dsn("postgres"), "SELECT 1") == 1
    assert gone(server)


async def test_stale_pid_file(reachable_folder: Path) -> None:
    """A pid file that a crash left behind is no obstacle, even when another process has the number now."""
    with embedded.cluster(reachable_folder) as cluster:
        path = cluster.place / "data" / "postmaster.pid"
        lines = path.read_text(encoding="utf-8").splitlines()
        owner = path.stat()
        cluster.kill()
        path.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n", encoding="utf-8")
        os.chown(path, owner.st_uid, owner.st_gid)
        cluster.start()
        assert await value(cluster.dsn("postgres"), "SELECT 1") == 1


def test_two_in_one_home(reachable_folder: Path, supervisor: subprocess.Popen[str]) -> None:
    """Two starts in one HAILWIRE_HOME: the second one is told who has it and what to do."""
    assert supervisor.stdout is not None
    supervisor.stdout.readline()
    with (
        pytest.raises(CommandError, match=rf"in use by process {supervisor.pid}: .*another HAILWIRE_HOME"),
        embedded.cluster(reachable_folder),
    ):
        pass


def test_port_taken(reachable_folder: Path) -> None:
    """A taken port is named together with its setting."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        wanted = f"Port {port} .* HAILWIRE_POSTGRES_PORT"
        with pytest.raises(CommandError, match=wanted), embedded.cluster(reachable_folder, port):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as somebody else")
@pytest.mark.skipif(not tether.can_keep_access(), reason="this root may not pass private folders")
async def test_private_folder(reachable_folder: Path) -> None:
    """Root's server reaches data under a folder that only root may enter, and opens that folder to nobody."""
    private = reachable_folder / "private"
    private.mkdir(mode=0o700)
    with embedded.cluster(private / "home") as cluster:
        assert await value(cluster.dsn("postgres"), "SELECT 1") == 1
        cluster.kill()
        cluster.start()
        assert await value(cluster.dsn("postgres"), "SELECT 1") == 1
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@pytest.mark.skipif(not NOBODY_CAN_START_PYTHON, reason="needs root, and an interpreter that everybody can reach")
def test_ordinary_user(reachable_folder: Path) -> None:
    """An ordinary user's server runs as that user; a home of somebody else is refused in one sentence."""
    mine = reachable_folder / "mine"
    mine.mkdir()
    os.chown(mine, NOBODY, NOBODY)
    served = _supervise_as_nobody(mine / "home")
    assert served.returncode == 0, served.stderr
    assert (mine / "home" / "postgres" / "data").stat().st_uid == NOBODY
    assert "is not yours to change" in _supervise_as_nobody(reachable_folder / "theirs").stderr


def _supervise_as_nobody(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SUPERVISOR.replace("600", "0"), str(home)],
        cwd=ROOT,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
