"""What `make setup` says when something is missing. It never gets as far as installing here."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def setup(checkout: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run the script on a copy of it, so that the environment of this checkout is left alone."""
    (checkout / "launcher").mkdir()
    shutil.copy(ROOT / "launcher" / "install.sh", checkout / "launcher")
    script = ["sh", str(checkout / "launcher" / "install.sh")]
    return subprocess.run(script, env={**os.environ, "PYTHON": python}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("exit 1", "needs Python 3.11 or newer"),
        ('case "$*" in *ensurepip*) exit 1;; esac', "sudo apt install python3-venv"),
    ],
)
def test_unfit_python(tmp_path: Path, behaviour: str, told: str) -> None:
    """An interpreter that is too old, or Debian's without venv, is answered with what to do."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{behaviour}\n", encoding="utf-8")
    python.chmod(0o755)
    done = setup(tmp_path, str(python))
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_no_python(tmp_path: Path) -> None:
    """A missing interpreter is named."""
    done = setup(tmp_path, "python-that-is-not-there")
    assert done.returncode == 2
    assert "no 'python-that-is-not-there' here" in done.stderr


def test_locks_name_no_place() -> None:
    """The lock files have a hash for each package and name no index, host or path."""
    for name in ("run.txt", "test.txt"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert not any(line.startswith(("-", "/")) for line in text.splitlines())
        packages = [line for line in text.splitlines() if "==" in line]
        assert packages
        assert all(line.endswith("\\") for line in packages)


PRETENDING = """#!/bin/sh
case "$*" in
    "-m venv .venv")
        mkdir -p .venv/bin && cp "$0" .venv/bin/python && touch .venv/bin/pip && chmod +x .venv/bin/pip ;;
    *"pip install"*)
        test -e interrupted || { touch interrupted; echo fetching; exec sleep 600; } ;;
esac
"""


def test_interrupted_download(tmp_path: Path) -> None:
    """Ctrl-C during the first download says how to go on, and the same command then finishes."""
    python = tmp_path / "python"
    python.write_text(PRETENDING, encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / "launcher").mkdir()
    shutil.copy(ROOT / "launcher" / "install.sh", tmp_path / "launcher")
    command = ["sh", str(tmp_path / "launcher" / "install.sh")]
    environ = {**os.environ, "PYTHON": str(python)}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as first:
        assert first.stdout is not None
        assert first.stderr is not None
        while "fetching" not in first.stdout.readline():
            assert first.poll() is None
        os.killpg(first.pid, signal.SIGINT)  # as a terminal does
        assert first.stderr.read() == "interrupted; the same command goes on where this one stopped\n"
        assert first.wait(60) == 2
    assert not (tmp_path / ".venv" / ".ready").exists()
    subprocess.run(command, env=environ, capture_output=True, check=True, timeout=120)
    assert (tmp_path / ".venv" / ".ready").exists()


def test_python_that_is_gone(tmp_path: Path) -> None:
    """When the Python behind .venv was removed, the command says how to make the environment anew."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    script = (ROOT / "launcher" / "install.sh").read_text(encoding="utf-8")
    command = tmp_path / ".venv" / "bin" / "hailwire"
    command.write_text(script.partition("<<'COMMAND'\n")[2].partition("COMMAND\n")[0], encoding="utf-8")
    done = subprocess.run(["sh", str(command), "up"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "hailwire: the Python behind .venv is gone: run 'make clean setup'\n")
