"""HAILWIRE_HOME: one supervisor at a time, and a sentence for each way in which the folder cannot be used."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from launcher.failure import CommandError, ExitCode

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_PLACE = {errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG}
_UNUSABLE = {errno.EACCES, errno.EPERM, errno.EROFS, *_NO_PLACE}


@contextlib.contextmanager
def held(home: Path) -> Iterator[None]:
    """Make the folder when it is missing, and hold a lock that the kernel releases when this process ends, however.

    Raises CommandError when another process holds it or the folder cannot be used.
    """
    with contextlib.ExitStack() as stack:
        with usable(home):
            home.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context((home / "lock").open("a+", encoding="ascii"))
            _lock(file, home)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield


def check(home: Path) -> None:
    """Raises CommandError when another process holds the folder."""
    with usable(home), contextlib.suppress(FileNotFoundError), (home / "lock").open("r+", encoding="ascii") as file:
        _lock(file, home)


def full(home: Path) -> CommandError:
    """What to say when there is no room."""
    advice = "free some room, or give it a folder on another disk"
    return CommandError(f"the disk of HAILWIRE_HOME {home} is full: {advice}.", ExitCode.FAILED)


def tells_of_full_disk(words: str) -> bool:
    """Whether that is what a program of PostgreSQL's complains about."""
    return os.strerror(errno.ENOSPC) in words


def _lock(file: IO[str], home: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise CommandError(
            f"HAILWIRE_HOME {home} is in use by process {file.read().strip() or 'of another start'}: "
            "stop that one, or start this one with another HAILWIRE_HOME and other ports."
        ) from None


@contextlib.contextmanager
def usable(home: Path) -> Iterator[None]:
    """Around work in the folder: what it answers to being used becomes a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise full(home) from error
        if error.errno in _UNUSABLE:
            raise CommandError(
                f"{error.filename or home} cannot be used ({error.strerror}): "
                "give HAILWIRE_HOME a folder of your own to change."
            ) from error
        raise
