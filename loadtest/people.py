"""Who writes: a few write much and many write little (Zipf, s = 1), yet nobody more than a person can.

Redrawing matters: without it the first of ten thousand would write a tenth of everything, which no provider lets
through and which measures nothing but one conversation.
"""

import bisect
import itertools
import random
from collections import deque
from dataclasses import dataclass
from typing import Literal

Channel = Literal["whatsapp", "sms"]

# One every six seconds is what WhatsApp lets a business answer to one person in the long run.
MOST_A_MINUTE = 10
# Half of what the gateway takes from one sender, so that a test can be repeated within the hour.
MOST_FILES_AN_HOUR = 10
FEWEST_PEOPLE = 10_000
PEOPLE_PER_RATE = 20


@dataclass(frozen=True, slots=True)
class Person:
    """A phone; `number` begins with a plus sign."""

    number: str
    channel: Channel
    name: str


def town_size(rate: float) -> int:
    """How many people there are for so many messages a second."""
    return max(FEWEST_PEOPLE, round(PEOPLE_PER_RATE * rate))


def chatter(rank: int) -> Person:
    """The person who writes the rank-th most, from 0; three in ten have no WhatsApp, the busiest ones included."""
    if rank % 10 in {2, 5, 8}:
        return Person(f"+25073{rank:07}", "sms", f"Texter {rank}")
    return Person(f"+25078{rank:07}", "whatsapp", f"Talker {rank}")


def passenger(number: int) -> Person:
    """Somebody who asks for one ride and writes nothing else: what happens to the trip is told to them, too."""
    return Person(f"+25079{number:07}", "whatsapp", f"Passenger {number}")


def driver(number: int) -> Person:
    """Somebody who is online and only reads."""
    return Person(f"+25072{number:07}", "whatsapp", f"Driver {number}")


class Seldom:
    """Lets everybody do something so often in any stretch of so many seconds. Ask in the order of time."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._lately: dict[int | str, deque[float]] = {}

    def may(self, who: int | str, at: float) -> bool:
        """Whether they may once more at this second, which is remembered then."""
        lately = self._lately.setdefault(who, deque())
        while lately and lately[0] <= at - self._seconds:
            lately.popleft()
        if len(lately) >= self._most:
            return False
        lately.append(at)
        return True


class Senders:
    """Draws who writes next. Ask in the order of time."""

    def __init__(self, count: int, dice: random.Random) -> None:
        self._upto = list(itertools.accumulate(1 / rank for rank in range(1, count + 1)))
        self._dice = dice
        self._seldom = Seldom(MOST_A_MINUTE, 60)

    def draw(self, at: float) -> int:
        """The rank of whoever writes at this second, redrawn when that would be too often."""
        while True:
            rank = bisect.bisect_left(self._upto, self._dice.random() * self._upto[-1])
            if self._seldom.may(rank, at):
                return rank
