"""Debian's Prometheus: found, or loudly missed; with HAILWIRE_REQUIRE_PROMETHEUS=1 its lack is a failure."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
GRAFANA = ROOT / "deploy" / "grafana"


def command(name: str) -> str:
    """Where the command is; without it the test is skipped, or fails where it is required."""
    found = shutil.which(name)
    if found is None:
        words = f"NOT TESTED: {name} is missing (apt install prometheus)"
        if os.environ.get("HAILWIRE_REQUIRE_PROMETHEUS") == "1":
            pytest.fail(words)
        pytest.skip(words)
    return found


def promtool(*arguments: str) -> str:
    """What it says; fails with that when it is not content."""
    done = subprocess.run([command("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
