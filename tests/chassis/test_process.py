"""A process as a container runs it: signals drain it, wrong settings end it before it begins."""

import asyncio
import json
import signal
import socket
import sys
from asyncio import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_SCRIPT = """
import asyncio, os, sys
from collections.abc import Mapping
from dataclasses import dataclass
from chassis import logs, process
from chassis.http import serve_http
from chassis.settings import load, setting

log = logs.get("script")

@dataclass(frozen=True, kw_only=True)
class Settings:
    port: int = setting("PORT", default=0, minimum=0, maximum=65535, help="where")
    url: str = setting("URL", help="where from")

async def app(scope, receive, send):
    raise AssertionError

async def main(environ: Mapping[str, str]) -> None:
    settings = load(Settings, environ)
    logs.configure("script")
    async with serve_http(app, host="127.0.0.1", port=settings.port, setting="PORT"):
        log.info("up")
        if environ.get("BY_ITSELF"):
            process.stop()
        await process.stopped()
        log.info("draining")
        await asyncio.sleep(0)
    log.info("drained")

sys.exit(process.run(main, os.environ))
"""


async def start(**environ: str) -> subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SCRIPT), cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


async def ended(process: subprocess.Process) -> tuple[int | None, list[str], str]:
    """Exit code, events, and what was told to the person at the keyboard."""
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode, [json.loads(line)["event"] for line in out.splitlines()], err.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains(number: signal.Signals) -> None:
    """The process ends what it began, in order, and exits with 0; a second signal changes nothing."""
    process = await start(URL="x")
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert json.loads(await process.stdout.readline())["event"] == "up"
    process.send_signal(number)
    process.send_signal(number)
    assert await ended(process) == (0, ["draining", "drained"], "")


async def test_a_process_may_end_itself() -> None:
    """Asking from inside is the same as a signal."""
    assert await ended(await start(URL="x", BY_ITSELF="1")) == (0, ["up", "draining", "drained"], "")


async def test_wrong_settings_are_exit_code_2() -> None:
    """Every problem is a line on standard error, and nothing was started."""
    code, events, told = await ended(await start(PORT="70000"))
    assert (code, events) == (2, [])
    assert told.splitlines() == ["PORT: must be at most 65535", "URL: is missing (where from)"]


async def test_a_taken_port_is_one_sentence() -> None:
    """No traceback: which port, and which setting helps."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, events, told = await ended(await start(URL="x", PORT=str(port)))
    assert (code, events) == (2, [])
    assert told == f"cannot listen on 127.0.0.1:{port} (Address already in use); set PORT to another one\n"
