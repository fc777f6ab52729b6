"""On what a figure was measured: the machine, and the versions of everything that had a part in it."""

import importlib.metadata
import os
import platform
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from launcher.environment import ROOT

_PACKAGES = ("asyncpg", "grpcio", "protobuf", "uvicorn", "uvloop", "httptools", "orjson", "fastapi", "starlette")
_SYNCS = 200


def machine(data_folder: Path) -> dict[str, Any]:
    """The hardware as far as it can be read; `data_folder` is where the database writes."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "sync_us": round(_sync_seconds(data_folder) * 1e6),
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions(postgresql: str) -> dict[str, str]:
    """The interpreter, the database, the packages and the commit."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), "postgresql": postgresql, **found, "commit": _commit()}


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _sync_seconds(folder: Path) -> float:
    """How long this disk takes to make 8 kB durable: the median of a few hundred."""
    seconds = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(_SYNCS):
            started = time.perf_counter()
            os.pwrite(file.fileno(), b"x" * 8192, 0)
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - started)
    return sorted(seconds)[len(seconds) // 2]


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"  # a copy without its history
