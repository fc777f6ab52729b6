"""What `make setup` says when something is missing. It never gets as far as installing here."""

import os
import shutil
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
