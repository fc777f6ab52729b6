"""Python's collector of cycles, set for a process that serves for long.

Left to itself it looks through new objects a hundred times a second under load, and now and then through all that
live, while everybody waits. Nearly all of those were imported and prepared at start and stay: they are frozen, which
puts them out of its sight, and new ones are looked at by the ten thousand.
"""

import gc
from collections.abc import Iterable

# So many more new containers than freed ones are between two looks at them; Python's own number is 700. More gains
# nothing that can be measured, and keeps unreachable cycles for longer.
_NEW_OBJECTS = 10_000

_ours = False
_frozen = 0


def look_seldom() -> None:
    """For a process that serves, before it imports most of what it consists of."""
    global _ours
    _ours = True
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


def freeze() -> None:
    """What there is now stays for the life of this process; call it when something was prepared for good.

    Does nothing in a process that was not told to look seldom: whoever else owns it wants their garbage back.
    """
    global _frozen
    if _ours:
        gc.freeze()
        _frozen = gc.get_freeze_count()


def frozen() -> Iterable[tuple[float, dict[str, str]]]:
    """How many objects are out of the collector's sight, as a gauge wants it."""
    return [(float(_frozen), {})]


def collections() -> Iterable[tuple[float, dict[str, str]]]:
    """How often it has looked, by generation: 2 is everything that is not frozen."""
    return [
        (float(look["collections"]), {"generation": str(generation)}) for generation, look in enumerate(gc.get_stats())
    ]
