"""Finds a Chromium on this machine and says what happens without one."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Playwright

REQUIRED = "HAILWIRE_REQUIRE_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What a browser in a test does not need, and a microphone that always hums.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def executable(playwright: Playwright) -> str | None:
    """The browser of the machine, or else Playwright's own when somebody has installed it."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    own = playwright.chromium.executable_path
    return own if own and Path(own).exists() else None


def give_up() -> None:
    """Skip, or fail where a browser is promised to be."""
    why = f"no Chromium here (looked for {', '.join(NAMES)}): the page is not tested; apt install chromium"
    if os.environ.get(REQUIRED):
        pytest.fail(why)
    pytest.skip(why)
