"""Folders that last for one test, and the end of those whose run was killed: in memory they would stay for good."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "hailwire-tests-"
_MEMORY = Path("/dev/shm")
# A drill's database of a million rows takes eight of them.
_ENOUGH_BYTES = 12 << 30
# Between the making of a folder and its lock.
_YOUNG_SECONDS = 60.0


def work_in_memory() -> None:
    """Have folders made in memory where there is plenty: disks are waited for."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return
    place = os.statvfs(_MEMORY)
    if place.f_bavail * place.f_frsize >= _ENOUGH_BYTES and not place.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None  # whoever asked before asks again


@contextlib.contextmanager
def folder_of_a_test() -> Iterator[Path]:
    """A folder that the server's user can pass when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        folder.chmod(0o711)
        with (folder / ".held").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_behind(*places: Path) -> None:
    """Remove the folders whose process is gone (the kernel has dropped its lock), by default from where tests are."""
    for place in places or {_MEMORY, Path(tempfile.gettempdir())}:
        for folder in place.glob(f"{_PREFIX}*"):
            # Another user's, or removed meanwhile: no business of ours.
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > _YOUNG_SECONDS and not _held(folder):
                    shutil.rmtree(folder, ignore_errors=True)


def _held(folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError), (folder / ".held").open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
