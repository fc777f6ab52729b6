"""`python -m tests.chaos --seeds 1-100 --jobs 2`: runs seeds, says how each went, and adds them up in one table.

Exit code 0 when nothing was lost, doubled, reordered, stuck or wrong, 1 otherwise, 2 for wrong usage.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import orjson

from launcher.arguments import positive, whole
from launcher.tether import tethered
from tests.chaos import plan, report
from tests.chaos.drill import Run, open_stage
from tests.chaos.verdict import KINDS, SUBJECTS

REGRESSIONS = Path(__file__).with_name("seeds.txt")

_EXAMPLE = """\
examples:
  python -m tests.chaos --seeds 7                    one seed, its plan shown
  python -m tests.chaos --seeds 1-100 --jobs 2       a hundred, two at a time
  python -m tests.chaos --regressions                every seed that ever failed
  python -m tests.chaos --table coverage/chaos.jsonl the table of an earlier run as Markdown
"""


def main(arguments: Sequence[str]) -> int:
    options = _parsed(arguments)
    if options.table:
        print(report.markdown(report.read(options.table)))
        return 0
    seeds = regressions() if options.regressions else options.seeds
    options.report.parent.mkdir(parents=True, exist_ok=True)
    if not options.worker:
        options.report.unlink(missing_ok=True)
        if len(seeds) == 1:
            print("\n".join(plan.drawn(seeds[0], options.seconds, options.people).lines()), flush=True)
    if options.jobs > 1 and len(seeds) > 1:
        _side_by_side(options, seeds)
    else:
        asyncio.run(_in_a_row(options, seeds))
    if options.worker:
        return 0
    return _summed_up(options, seeds)


def regressions() -> list[int]:
    """Every seed that ever failed, from seeds.txt: a seed and why, one a line."""
    lines = REGRESSIONS.read_text(encoding="utf-8").splitlines()
    return [int(one.split()[0]) for one in lines if one.strip() and not one.startswith("#")]


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="People play rides while a mesh is killed, frozen, stopped and cut off; then all is counted.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=_seeds, default=[1], metavar="N,N-M", help="which runs (default: 1)")
    parser.add_argument("--regressions", action="store_true", help="the seeds of tests/chaos/seeds.txt instead")
    parser.add_argument("--jobs", type=whole(1, 16), default=1, help="runs side by side (default: 1)")
    parser.add_argument("--seconds", type=positive(600), default=20.0, help="length of the faults (default: 20)")
    parser.add_argument("--people", type=whole(9, 200), default=24, help="how many play (default: 24)")
    parser.add_argument("--report", type=Path, default=Path("coverage/chaos.jsonl"), help="a line of JSON for each run")
    parser.add_argument("--keep", type=Path, default=Path("coverage/chaos"), help="where logs of failed runs stay")
    parser.add_argument("--keep-all", action="store_true", help="keep the logs of runs that passed, too")
    parser.add_argument("--table", type=Path, metavar="REPORT", help="print an earlier report as Markdown and end")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _seeds(text: str) -> list[int]:
    """`7`, `1-100`, `1,5,9-12`."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise argparse.ArgumentTypeError("must look like 7, 1-100 or 1,5,9-12")
        found += range(int(first), int(last or first) + 1)
    return found


def _side_by_side(options: argparse.Namespace, seeds: list[int]) -> None:
    """Each job is a process with a server of its own and every n-th seed."""
    workers = []
    for job in range(options.jobs):
        mine = seeds[job :: options.jobs]
        if mine:
            command = [sys.executable, "-m", "tests.chaos", "--worker", "--seeds", ",".join(map(str, mine))]
            command += ["--seconds", str(options.seconds), "--people", str(options.people)]
            command += ["--keep-all"] * options.keep_all
            command += ["--report", str(options.report), "--keep", str(options.keep)]
            workers.append(subprocess.Popen(tethered(command, signal.SIGTERM)))
    for worker in workers:
        worker.wait()


async def _in_a_row(options: argparse.Namespace, seeds: list[int]) -> None:
    task = asyncio.current_task()
    assert task is not None
    asked_to_end = asyncio.Event()

    def end() -> None:
        # wait_for may swallow a cancellation that comes with its result: then the seed is the last one.
        asked_to_end.set()
        task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    folder = Path(tempfile.mkdtemp(prefix="hailwire-chaos-"))
    folder.chmod(0o711)  # the server's user must be able to pass
    try:
        async with open_stage(folder, keep_all=options.keep_all) as stage:
            for seed in seeds:
                if asked_to_end.is_set():
                    break
                drawn = plan.drawn(seed, options.seconds, options.people)
                try:
                    run = await stage.run(drawn)
                except Exception:  # noqa: BLE001 - told, and the next seed is played
                    _tell(options, {**_broken(seed, options.seconds), "findings": [traceback.format_exc()]})
                    print(f"seed {seed:<6} BROKEN: the drill itself failed\n{traceback.format_exc()}", flush=True)
                    _keep(options, folder / f"seed-{seed}")
                    continue
                kept = _keep(options, run.kept) if run.kept else None
                _tell(options, report.record(run) | {"kept": str(kept) if kept else None})
                print(report.line(run), *_why(options, run, kept), sep="\n", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _why(options: argparse.Namespace, run: Run, kept: Path | None) -> list[str]:
    if run.passed:
        return []
    return [
        *(f"    {one}" for one in report.told_first(run.verdict.findings)),
        f"    logs and snapshot: {kept}",
        f"    again: {_command(options, [run.plan.seed])}",
    ]


def _command(options: argparse.Namespace, seeds: list[int]) -> str:
    return (
        f"python -m tests.chaos --seeds {','.join(map(str, seeds))} --seconds {options.seconds:g}"
        f" --people {options.people}"
    )


def _broken(seed: int, seconds: float) -> dict[str, object]:
    empty = {subject: dict.fromkeys(KINDS, 0) for subject in SUBJECTS}
    empty["processes"]["wrong"] = 1
    return {
        "seed": seed,
        "seconds_of_faults": seconds,
        "passed": False,
        "seconds": 0.0,
        "quiet_seconds": 0.0,
        "counts": {},
        "matrix": empty,
        "extra_sends": {},
        "faults": {},
        "deeds": {},
        "kept": None,
    }


def _keep(options: argparse.Namespace, folder: Path) -> Path | None:
    """Move a failed run's folder to where it stays."""
    if not folder.exists():
        return None
    place: Path = options.keep / folder.name
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.move(folder, place))


def _tell(options: argparse.Namespace, record: dict[str, object]) -> None:
    """One write of one line: several jobs share the file."""
    place = os.open(options.report, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    with contextlib.closing(os.fdopen(place, "wb", buffering=0)) as file:
        file.write(orjson.dumps(record) + b"\n")


def _summed_up(options: argparse.Namespace, seeds: list[int]) -> int:
    records = report.read(options.report) if options.report.exists() else []
    missing = sorted(set(seeds) - {one["seed"] for one in records})
    print("", *report.table(records), sep="\n")
    failed = [one["seed"] for one in records if not one["passed"]] + missing
    if failed:
        print(f"reproduce: {_command(options, failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
