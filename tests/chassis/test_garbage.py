"""The collector of cycles in a process that serves: what stays is out of its sight, what is thrown away is not."""

import gc
import json
import subprocess
import sys
from pathlib import Path

from chassis import garbage

ROOT = Path(__file__).resolve().parents[2]

_SERVING = """
import gc, json, weakref
from chassis import garbage

class Knot:
    def __init__(self):
        self.itself = self

garbage.look_seldom()
stays = [Knot() for _ in range(1000)]
garbage.freeze()
thrown_away = [weakref.ref(Knot()) for _ in range(100_000)]
print(json.dumps({
    "frozen": next(iter(garbage.frozen()))[0],
    "kept": len(thrown_away) - sum(one() is None for one in thrown_away),
    "stays": sum(one.itself is one for one in stays),
    "looks": {labels["generation"]: value for value, labels in garbage.collections()},
}))
"""


def test_what_is_thrown_away_later_is_still_found() -> None:
    """Cycles made after the freeze are freed while the process goes on; at most some ten thousand wait for it."""
    done = subprocess.run([sys.executable, "-c", _SERVING], cwd=ROOT, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert seen["frozen"] >= 1000
    assert seen["stays"] == 1000
    assert 0 < seen["kept"] <= 30_000
    assert seen["looks"].keys() == {"0", "1", "2"}


def test_a_process_of_somebody_else_is_left_alone() -> None:
    """A program that only uses our parts gets all of its garbage back, as it is used to."""
    before = gc.get_freeze_count(), gc.get_threshold()
    garbage.freeze()
    assert (gc.get_freeze_count(), gc.get_threshold()) == before
