"""Where the mesh's Python spends its time under the benchmark's load: `python -m benchmarks.profiling --only turn`.

Needs py-spy on the PATH (from PyPI), which looks at running processes from outside. Nothing here is a figure.
"""

import argparse
import asyncio
import contextlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.__main__ import SCENARIOS
from benchmarks.contender import CONTENDERS, Running, Scenario
from benchmarks.endtoend import measure
from benchmarks.sizes import SIZES
from launcher import embedded
from launcher.environment import ROOT
from loadtest.processes import BenchmarkError

_HERTZ = 200
_LINES = 25
_LINE_NUMBER = re.compile(r":\d+\)")
# Other threads wait, which py-spy cannot tell from work when they wait inside C.
_OTHER_THREADS = "Thread._bootstrap"


def top(stacks: str, lines: int = _LINES) -> str:
    """The busiest functions of the main thread, from stacks as py-spy writes them: with what they call, and alone."""
    whole: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    total = 0
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [_LINE_NUMBER.sub(")", frame) for frame in stack.split(";")]
        if frames[0].startswith(_OTHER_THREADS):
            continue
        total += int(count)
        alone[frames[-1]] += int(count)
        whole.update(dict.fromkeys(frames, int(count)))
    shown = [f"{total} samples of the main thread", " whole  alone  function"]
    everywhere = {frame for frame, count in whole.items() if count == total}
    rows = [(count, frame) for frame, count in whole.most_common() if frame not in everywhere]
    shown += [f"{count / total:6.1%} {alone[frame] / total:6.1%}  {frame}" for count, frame in rows[:lines]]
    shown += ["by themselves"]
    shown += [f"       {count / total:6.1%}  {frame}" for frame, count in alone.most_common(10)]
    return "\n".join(shown)


@contextlib.asynccontextmanager
async def _spied(up: Running, scenario: Scenario, folder: Path) -> AsyncIterator[None]:
    command = [shutil.which("py-spy") or "py-spy", "record", "--format", "raw", "--rate", str(_HERTZ), "--duration"]
    spies = {}
    for process in up.processes:
        path = folder / f"{scenario.name.replace(' ', '-')}-{process.name}.stacks"
        arguments = [*command, "3600", "--output", str(path), "--pid", str(process.process_id)]
        spies[path] = await asyncio.create_subprocess_exec(*arguments, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        for path, spy in spies.items():
            with contextlib.suppress(ProcessLookupError):
                spy.send_signal(signal.SIGINT)  # it writes what it has
            await spy.wait()
            if path.exists():
                print(f"\n{path.stem}\n{top(await asyncio.to_thread(path.read_text))}", flush=True)


def main(arguments: list[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiling", description=__doc__)
    parser.add_argument("--only", choices=list(SCENARIOS), default="turn", help="which load (default: turn)")
    parser.add_argument("--size", choices=list(SIZES), default="usual", help="how much of it, one round")
    parser.add_argument("--folder", type=Path, default=ROOT / "coverage" / "profile", help="where the stacks go")
    given = parser.parse_args(arguments)
    if shutil.which("py-spy") is None:
        parser.error("py-spy is not on the PATH: pip install py-spy")
    given.folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="hailwire-benchmark-"))
    place.chmod(0o711)
    try:
        with embedded.cluster(place) as cluster:
            asyncio.run(_profiled(given, cluster, place))
    except BenchmarkError as error:
        print(error)
        return 1
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return 0


async def _profiled(given: argparse.Namespace, cluster: embedded.Cluster, place: Path) -> None:
    await measure(
        [SCENARIOS[given.only]],
        SIZES[given.size].of_one_round(),
        cluster,
        place,
        print,
        contenders=CONTENDERS[:1],
        watch=lambda up, scenario: _spied(up, scenario, given.folder),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
