"""What somebody new does wrong, through the front door: one clear sentence each, and no traceback."""

import ast
import os
import secrets
import shutil
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import embedded
from tests.conftest import Dsn
from tests.launcher.running import ROOT, Up, free_ports, up, without_waiting


def hailwire(*arguments: str, python: tuple[str, ...] = (), **settings: str) -> subprocess.CompletedProcess[str]:
    """A command as a person types it, in the checkout, on ports of its own."""
    environ = {**os.environ, **{name: str(port) for name, port in free_ports().items()}, **settings}
    command = [sys.executable, *(python or ("-m", "launcher")), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=120)


def sentence(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The only line that it had to say about what went wrong."""
    assert done.returncode == code, done.stderr
    (line,) = without_waiting(done.stderr).splitlines()
    return line


def test_without_dependencies() -> None:
    """A Python that has nothing of ours installed names what is missing and the command that installs it."""
    told = sentence(hailwire("doctor", python=("-S", "-m", "launcher")), 2)
    assert f"is not installed for {sys.executable}: run `make setup`, then use .venv/bin/hailwire" in told


def test_old_python() -> None:
    """A Python before 3.11 is told which one is needed, by a file that it can read."""
    pretending = "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_module('launcher', run_name='__main__')"
    told = sentence(hailwire("up", python=("-c", pretending)), 2)
    assert told == f"hailwire needs Python 3.11 or newer, and {sys.executable} is 3.9: run `make setup`"
    for name in ("__init__.py", "__main__.py"):
        ast.parse((ROOT / "launcher" / name).read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("command", ["up", "migrate", "dlq list"])
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://hailwire@127.0.0.1:1/hailwire", "127.0.0.1:1: nothing answers there; start PostgreSQL or"),
        ("postgresql://hailwire@nowhere.invalid/hailwire", "nowhere.invalid:5432: no host has that name; correct"),
        ("mysql://hailwire@127.0.0.1/hailwire", "DATABASE_URL cannot be used, write it as postgresql://"),
    ],
)
def test_no_database(command: str, address: str, told: str) -> None:
    """A DATABASE_URL that leads nowhere is told with where we looked and what to do, whatever the command."""
    assert told in sentence(hailwire(*command.split(), DATABASE_URL=address), 1)


def test_wrong_password(private_cluster: embedded.Cluster) -> None:
    """A password that the server refuses is told without repeating it."""
    dsn = f"postgresql://hailwire:wrong-words@127.0.0.1:{private_cluster.port}/hailwire"
    told = sentence(hailwire("up", DATABASE_URL=dsn), 1)
    assert f"127.0.0.1:{private_cluster.port} does not accept the user and password in DATABASE_URL" in told
    assert "wrong-words" not in told


def test_unknown_database(server_dsn: Dsn) -> None:
    """A database that does not exist is named, with how to create it."""
    name = f"missing_{secrets.token_hex(4)}"
    told = sentence(hailwire("up", DATABASE_URL=server_dsn(name)), 1)
    assert f"has no database `{name}`: create it (createdb), or correct DATABASE_URL" in told
    assert str(urllib.parse.urlsplit(server_dsn(name)).password) not in told


def test_half_a_set_of_credentials(tmp_path: Path) -> None:
    """Credentials of a provider that lack their siblings end the start, one line for each that is missing."""
    done = hailwire("up", HAILWIRE_HOME=str(tmp_path / "home"), WA_ACCESS_TOKEN="EAAG-real", WA_APP_SECRET="mine")
    assert done.returncode == 2
    head, *missing = done.stderr.splitlines()
    assert head == "hailwire up needs other settings (see .env.example):"
    assert [line.split(":")[0].strip() for line in missing] == ["WA_VERIFY_TOKEN", "WA_PHONE_NUMBER_ID"]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("place", ["file", "file/inside"])
def test_home_that_is_no_folder(tmp_path: Path, place: str) -> None:
    """A HAILWIRE_HOME that cannot be a folder is told with its name and what to do."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    told = sentence(hailwire("up", HAILWIRE_HOME=str(tmp_path / place)), 2)
    assert str(tmp_path / "file") in told
    assert told.endswith("give HAILWIRE_HOME a folder of your own to change.")


@pytest.fixture
def small_disk(reachable_folder: Path) -> Iterator[Path]:
    """A disk with room for a few files."""
    place = reachable_folder / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0755", "hailwire-test", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_full_disk(small_disk: Path) -> None:
    """A disk without room for the database is one sentence, nothing half-made stays, and the doctor sees it too."""
    told = sentence(hailwire("up", HAILWIRE_HOME=str(small_disk)), 1)
    assert told.startswith(f"hailwire up: the disk of HAILWIRE_HOME {small_disk} is full: free some room")
    assert not list((small_disk / "postgres").glob("data*"))
    assert f"WRONG  HAILWIRE_HOME {small_disk} has " in hailwire("doctor", HAILWIRE_HOME=str(small_disk)).stdout


def test_nobody_reads_on() -> None:
    """A reader that leaves early, as `head` does, ends a command without a word."""
    environ = {**os.environ, **{name: str(port) for name, port in free_ports().items()}}
    with subprocess.Popen(
        [sys.executable, "-m", "launcher", "doctor"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as doctor:
        assert doctor.stdout is not None
        assert doctor.stderr is not None
        doctor.stdout.close()
        assert without_waiting(doctor.stderr.read()) == ""
        assert doctor.wait(60) == 1


@pytest.mark.slow
def test_interrupted_at_once(reachable_folder: Path) -> None:
    """Ctrl-C while the database is being made ends quietly, and the next start is not in its way."""
    first = _interrupted(reachable_folder / "home")
    while first.process.returncode == 0:  # the database was made, and services ran, before we came to it
        shutil.rmtree(reachable_folder / "home")
        first = _interrupted(reachable_folder / "home")
    assert first.process.returncode == 1
    assert not any("Traceback" in line for line in first.lines)
    with up(reachable_folder / "home") as second:
        second.wait_for("Hailwire is ready")


def _interrupted(home: Path) -> Up:
    with up(home) as first:
        first.wait_for("starting PostgreSQL")
        first.process.send_signal(signal.SIGINT)
        first.result()
    return first
