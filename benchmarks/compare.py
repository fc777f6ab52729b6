"""`make bench-compare`: whether a change made any ratio worse than the committed baseline has it."""

import argparse
import sys
from pathlib import Path

from benchmarks import __main__ as bench
from benchmarks import ratios, sizes
from benchmarks.figures import RESULTS
from launcher.failure import ExitCode
from loadtest.processes import BenchmarkError

_MEASURED = RESULTS.with_name("benchmark-compare-results.json")
_EPILOG = """\
Exit code 1 when a ratio is worse than its rounds explain or missing, or when there is nothing to compare. Times are
never compared, so that a baseline of another machine serves.
example: python -m benchmarks.compare --only turn --only hop
"""


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.compare",
        description="Measures and lays each ratio beside the baseline, or compares two files that are there already.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--size", choices=list(sizes.SIZES), help="how much is measured (default: usual)")
    made.add_argument("--only", choices=bench.PARTS, action="append", help="only this (may be repeated)")
    made.add_argument("--against", type=Path, default=ratios.BASELINE, help="another baseline, or a results file")
    made.add_argument("--results", type=Path, help="measure nothing: compare this results file")
    made.add_argument("--update", action="store_true", help="compare nothing: make this the baseline")
    return made


def main(arguments: list[str]) -> int:
    """The exit code."""
    given = parser().parse_args(arguments)
    try:
        return _updated(given) if given.update else _compared(given)
    except BenchmarkError as error:
        print(f"nothing to compare: {error}", flush=True)
        return ExitCode.FAILED


def _updated(given: argparse.Namespace) -> int:
    now = _now(given, given.only)
    ratios.keep(given.against, now)
    print(f"{len(now.ratios)} ratios of size {now.size} are the baseline now, in {given.against}", flush=True)
    return ExitCode.DONE


def _compared(given: argparse.Namespace) -> int:
    now = None
    if given.results is not None:  # its size decides, unless one was named
        now = _now(given, None)
    before = ratios.of_file(given.against, now.size if now is not None else given.size or "usual")
    parts = given.only or before.parts
    if strangers := set(parts) - set(before.parts):
        raise BenchmarkError(f"{given.against} has no ratios of {', '.join(sorted(strangers))}")
    if now is None:
        now = _now(given, parts)
    for part in parts:
        print(f"{part}: before {before.on[part]}; now {now.on.get(part, 'not measured')}")
    comparisons = ratios.compare(before, now, parts)
    print(f"\n{ratios.table(comparisons)}\n", flush=True)
    worse = sum(one.fails for one in comparisons)
    print(f"{worse} of {len(comparisons)} ratios are worse or missing" if worse else "no ratio is worse", flush=True)
    return ExitCode.FAILED if worse else ExitCode.DONE


def _now(given: argparse.Namespace, parts: list[str] | None) -> ratios.Taken:
    """What is to be judged: of the file that was named, or measured now; raises BenchmarkError."""
    if given.results is not None:
        return ratios.of_file(given.results, given.size or "")
    _MEASURED.unlink(missing_ok=True)
    only = [word for part in parts or () for word in ("--only", part)]
    # Whether targets are met is another question: `make bench` asks it.
    bench.main(["--size", given.size or "usual", *only, "--output", str(_MEASURED)])
    return ratios.of_file(_MEASURED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
