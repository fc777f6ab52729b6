"""When each message is due: decided before the first is sent, so that nothing that the mesh does can change it."""

import random
from collections.abc import Iterator

# Now and then many write in the same moment: after a football match, or when a network is back.
BURST_SECONDS = 10.0


def moments(rate: float, seconds: float, together: int, dice: random.Random) -> list[float]:
    """`rate` x `seconds` moments from 0 to `seconds`, in order.

    People write independently of each other (a Poisson process with this many arrivals), but every ten seconds
    `together` of them in the very same moment. Those belong to the rate; as long as there are enough messages for it
    they are at most half of all.
    """
    total = round(rate * seconds)
    if together > total or not together:
        bursts: list[float] = []
    else:
        fit = max(1, min(round(seconds / BURST_SECONDS), total // (2 * together)))
        bursts = [(one + 0.5) * seconds / fit for one in range(fit)]
    alone = [dice.uniform(0, seconds) for _ in range(total - together * len(bursts))]
    return sorted([*alone, *(at for at in bursts for _ in range(together))])


def evenly(rate: float, seconds: float, at_once: int) -> Iterator[float]:
    """Moments of posts that hold `at_once` events each, at `rate` events a second."""
    posts = round(rate * seconds / at_once)
    yield from (one * seconds / posts for one in range(posts))
