"""What a killed test run leaves does not pile up."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import folders

HOLDER = """
import sys, tempfile
from tests.folders import folder_of_a_test
tempfile.tempdir = sys.argv[1]
with folder_of_a_test() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    """A folder goes once its process is killed, and not before; a fresh one without a lock is left alone."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        _aged(folder)
        folders.remove_left_behind(tmp_path)
        assert folder.is_dir()
        holder.kill()
    fresh = tmp_path / "hailwire-tests-fresh"
    fresh.mkdir()
    folders.remove_left_behind(tmp_path)
    assert not folder.exists()
    assert fresh.is_dir()


def test_a_test_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is gone whatever happened in it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail() -> None:
        with folders.folder_of_a_test() as folder:
            (folder / "file").write_text("words", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def _aged(folder: Path) -> None:
    long_ago = time.time() - 3600
    os.utime(folder, (long_ago, long_ago))
