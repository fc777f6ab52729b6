"""What a test run says on a machine without a Chromium."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _run(**environ: str) -> subprocess.CompletedProcess[str]:
    nowhere = {"PATH": "/nowhere", "PLAYWRIGHT_BROWSERS_PATH": "/nowhere"}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-q",
            "tests/browser/test_play.py",
        ],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            **nowhere,
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


def test_a_page_that_is_not_tested_is_told_loudly() -> None:
    """Without a browser the tests of the page are skipped, and the end of the run says so in capitals."""
    run = _run(HAILWIRE_REQUIRE_CHROMIUM="")
    assert run.returncode == 0, run.stdout
    assert re.search(r"THE PAGE WAS NOT TESTED: \d+ tests", run.stdout)


def test_where_a_browser_is_promised_its_absence_fails() -> None:
    """With HAILWIRE_REQUIRE_CHROMIUM set, a machine without a browser fails the run."""
    run = _run(HAILWIRE_REQUIRE_CHROMIUM="1")
    assert run.returncode == 1, run.stdout
    assert "no Chromium here" in run.stdout
