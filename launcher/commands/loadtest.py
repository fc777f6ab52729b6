"""A load at a fixed rate, judged by what arrived at the far end: on a mesh of its own, or on one that runs already."""

import argparse
import asyncio
from collections.abc import Mapping

from launcher.failure import ExitCode

# option -> the setting that it stands for, and what it says of it
_OPTIONS = {
    "profile": ("LOAD_TEST_PROFILE", "usual or meta, which is what Meta asks of whoever receives its webhooks"),
    "rate": ("LOAD_TEST_RATE", "messages a second"),
    "duration": ("LOAD_TEST_DURATION", "seconds of load"),
    "concurrency": ("LOAD_TEST_CONCURRENCY", "messages in the very same moment, every ten seconds"),
    "delay": ("LOAD_TEST_DELAY", "instead of a rate: milliseconds between two messages of each concurrent sender"),
    "status-rate": ("LOAD_TEST_STATUS_RATE", "delivery statuses a second besides"),
    "status-batch": ("LOAD_TEST_STATUS_BATCH", "such statuses in one webhook"),
    "duplicates": ("LOAD_TEST_DUPLICATES", "share of the messages that come twice"),
    "warm-up": ("LOAD_TEST_WARM_UP", "seconds of load before anything is counted"),
    "drain": ("LOAD_TEST_DRAIN", "seconds after the load to wait for answers"),
    "timeout": ("LOAD_TEST_TIMEOUT", "seconds that a webhook's answer may take"),
    "max-lag": ("LOAD_TEST_MAX_LAG", "milliseconds by which the generator may itself be late"),
    "seed": ("LOAD_TEST_SEED", "the same plan again"),
    "output": ("LOAD_TEST_OUTPUT", "file for the results"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Each option is a setting; they are judged together, so that all that is wrong is told at once."""
    parser.description = (
        f"{parser.description} Without GATEWAY_URL, SIMULATOR_URL and METRICS_URL it starts a mesh of its own and "
        "ends it again. Exit code 0 when every target is met, 1 when one is missed, 2 for wrong settings."
    )
    for option, (setting, about) in _OPTIONS.items():
        parser.add_argument(f"--{option}", metavar="VALUE", help=f"{about} ({setting})")
    parser.add_argument(
        "--yes-really", action="store_true", help="put the load on a mesh that is not on this machine; it must be yours"
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 0 when every target was met."""
    from loadtest import order

    chosen = {name: getattr(arguments, option.replace("-", "_")) for option, (name, _) in _OPTIONS.items()}
    given = {name: value for name, value in chosen.items() if value is not None}
    decided = order.read({**environ, **given}, far_away=arguments.yes_really)

    import uvloop

    from loadtest.run import run as load

    try:
        met = uvloop.run(load(decided, lambda line: print(line, flush=True)))
    except asyncio.CancelledError:  # asked to end, and everything that it had started has ended
        return ExitCode.FAILED
    return ExitCode.DONE if met else ExitCode.FAILED
