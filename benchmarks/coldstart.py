"""The cold start of each service as a command: `python -m benchmarks.coldstart`; loadtest/coldstart.py takes it."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from launcher import embedded
from launcher.failure import ExitCode
from loadtest.coldstart import STARTS, TARGET_MS, over
from loadtest.processes import BenchmarkError


def main(arguments: list[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.coldstart",
        description="Measures the processor time of each service from its exec until it serves.",
        epilog=f"Exit code 1 when one takes longer than {TARGET_MS:g} ms. example: python -m benchmarks.coldstart",
    )
    parser.add_argument(
        "--starts", type=int, default=STARTS, help=f"of each service; the best counts (default {STARTS})"
    )
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="hailwire-coldstart-"))
    folder.chmod(0o711)  # the database runs as another user
    try:
        with embedded.cluster(folder) as cluster:
            starts = asyncio.run(over(cluster, folder, _say, given.starts))
    except BenchmarkError as error:
        _say(f"no figures: {error}")
        return ExitCode.FAILED
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return ExitCode.DONE if all(one.least <= TARGET_MS for one in starts) else ExitCode.FAILED


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
