"""Who listens on a port of this machine, as far as the system tells us (on Linux, of processes we may look at)."""

import contextlib
import os
from pathlib import Path

_LISTENING = "0A"  # <net/tcp_states.h>


def listening(port: int) -> tuple[int, str] | None:
    """The process id and the name of its program; None when it cannot be known."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return None
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _holds(process, sockets):
            with contextlib.suppress(OSError):
                return int(process.name), _program(process)
    return None


def worded(port: int) -> str:
    """`process 4711 (nginx)`, or nothing."""
    owner = listening(port)
    return f"process {owner[0]} ({owner[1]})" if owner else ""


def _inodes(port: int) -> set[str]:
    """Of the sockets that take connections on this port, on any address."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with contextlib.suppress(OSError):
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                columns = line.split()
                if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                    found.add(columns[9])
    return found


def _holds(process: Path, sockets: set[str]) -> bool:
    with contextlib.suppress(OSError):  # it has ended, or it is somebody else's
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()) in sockets:
                    return True
    return False


def _program(process: Path) -> str:
    """What was started, without arguments that may hold secrets; of an interpreter, what it runs."""
    words = [os.fsdecode(word) for word in (process / "cmdline").read_bytes().split(b"\0") if word]
    if words[1:3] == ["-m", "launcher"]:
        return " ".join(["hailwire", *words[3:4]])
    if words and "python" in Path(words[0]).name and len(words) > 2 and words[1] == "-m":
        return f"python -m {words[2]}"
    return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
