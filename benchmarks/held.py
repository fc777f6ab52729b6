"""What a process holds, from /proc: memory, and connections to a server."""

import contextlib
from pathlib import Path

_ESTABLISHED = "01"


def proportional_bytes(process_id: int) -> int:
    """Its memory, with each shared page divided among those who share it. Raises OSError when it has ended."""
    for line in Path(f"/proc/{process_id}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"process {process_id} has no memory")


def connections(process_id: int, port: int) -> int:
    """Established connections of its own to this port of this machine, whatever they are for."""
    return len(_sockets(process_id) & _inodes_to(process_id, port))


def _sockets(process_id: int) -> set[str]:
    found = set()
    for open_file in Path(f"/proc/{process_id}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            found.add(str(open_file.readlink()))
    return {name.removeprefix("socket:[").removesuffix("]") for name in found if name.startswith("socket:[")}


def _inodes_to(process_id: int, port: int) -> set[str]:
    """Of the sockets of its network that lead to the port; the columns are those of proc(5)."""
    found = set()
    for table in ("tcp", "tcp6"):
        lines = Path(f"/proc/{process_id}/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        for fields in map(str.split, lines):
            if fields[3] == _ESTABLISHED and int(fields[2].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found
