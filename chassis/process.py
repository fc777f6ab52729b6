"""One process from start to drain: signals become an orderly end, settings errors become exit code 2."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping

import uvloop

from chassis import garbage
from chassis.errors import PortInUse
from chassis.settings import SettingsError

Main = Callable[[Mapping[str, str]], Awaitable[None]]

_stop: asyncio.Event | None = None


async def stopped() -> None:
    """Wait until this process is asked to end (SIGTERM, SIGINT); a service serves until this returns."""
    garbage.freeze()
    if _stop is None:
        await asyncio.get_running_loop().create_future()
    else:
        await _stop.wait()


def stop() -> None:
    """Ask this process to end, as a signal would."""
    if _stop is not None:
        _stop.set()


def run(main: Main, environ: Mapping[str, str]) -> int:
    """Run a service's main and answer the exit code: 0 after a drain, 2 for wrong settings or a port that is taken.

    Call it once.
    """
    try:
        uvloop.run(_guarded(main, environ))
    except SettingsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - before logging exists
        return 2
    except PortInUse as error:
        print(error.message, file=sys.stderr)  # noqa: T201 - for whoever started it
        return 2
    return 0


async def _guarded(main: Main, environ: Mapping[str, str]) -> None:
    global _stop
    _stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop.set)
    await main(environ)
