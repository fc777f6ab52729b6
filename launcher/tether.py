"""Runs a command that ends when the process that started it ends, however that happens; standard library only.

Called as `python -ISB tether.py SIGNAL PARENT UID GID KEEP_ACCESS COMMAND...`: on Linux the kernel sends SIGNAL to the
command as soon as PARENT is gone, kill -9 included. A UID of -1 stays the caller's. KEEP_ACCESS 1 lets an unprivileged
user that root switches to still pass root's private folders. The command replaces this process, so its id is the
one that the parent knows.
"""

import ctypes
import os
import sys
from pathlib import Path
from signal import SIGINT

TETHER = Path(__file__).resolve()

# <linux/prctl.h> and <linux/capability.h>
PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3, CAP_DAC_OVERRIDE, CAP_SETPCAP = 0x20080522, 1, 8


def tethered(command: list[str], signal: int, *, uid: int = -1, gid: int = -1, keep_access: bool = False) -> list[str]:
    """The arguments to start instead of `command`. Start them from the main thread: the kernel watches the thread."""
    script = [sys.executable, "-ISB", str(TETHER)]
    return [*script, str(int(signal)), str(os.getpid()), str(uid), str(gid), str(int(keep_access)), *command]


def follow_parent(signal: int) -> None:
    """Ask for `signal` when the parent of this process ends. Does nothing where the kernel cannot do it."""
    if sys.platform == "linux":
        _libc("prctl", PR_SET_PDEATHSIG, signal, 0, 0, 0)


def parent_holds_interrupt() -> bool:
    """Whether the parent is handling a SIGINT that only it was sent. GNU make then waits for us without telling us."""
    try:
        status = Path(f"/proc/{os.getppid()}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    blocked = next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigBlk:")), 0)
    return bool(blocked & 1 << (SIGINT - 1))  # a signal is blocked while its handler runs


def can_keep_access() -> bool:
    """Whether this process may hand over its right to pass private folders."""
    if sys.platform != "linux":
        return False
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:"))
    return all(effective >> capability & 1 for capability in (CAP_DAC_OVERRIDE, CAP_SETPCAP))


def _libc(function: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def _become(uid: int, gid: int, *, keep_access: bool) -> None:
    """Switch from root to another user, with the one capability that passes private folders if asked."""
    os.setgroups([])
    os.setgid(gid)
    if keep_access:
        # Otherwise setuid() drops every capability, and later access(), which PostgreSQL asks, ignores the one we keep.
        _libc("prctl", PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setuid(uid)
    if keep_access:
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        bit = 1 << CAP_DAC_OVERRIDE
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable; low, then high words
        _libc("capset", header, sets)
        _libc("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def _main(arguments: list[str]) -> None:
    signal, parent, uid, gid, keep_access = (int(text) for text in arguments[:5])
    command = arguments[5:]
    if uid >= 0:
        _become(uid, gid, keep_access=bool(keep_access))
    follow_parent(signal)  # after the switch: changing users would cancel it
    if os.getppid() != parent:  # it ended before we could ask
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  replacing this process is the point


if __name__ == "__main__":
    _main(sys.argv[1:])
