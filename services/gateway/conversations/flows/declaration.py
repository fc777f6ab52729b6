"""What a flow is made of: questions, the steps that lead from one to the next, and what sets each step off.

Plain data that imports no handler. A step names its handler by "module:function" below services.gateway.conversations;
routing.py makes handlers of these names, and check_routes finds names that lead nowhere.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from chassis.records import record
from hailwire.trips.v1 import events_pb2

# Where a conversation is when nothing is asked.
HOME = "home"
# Whatever is asked stays asked, and is repeated where words are said about it.
STAY = "stay"
# The question that the open one declares as the one before it.
BACK = "back"

# Whoever answers later has usually forgotten the question, or stands somewhere else.
HALF_AN_HOUR = timedelta(minutes=30)


@record
class Step:
    """A handler, and where a conversation may be after it: question names, HOME, STAY and BACK.

    `acts`: it creates, accepts, pays or advances, so a stale message must not reach it. `wish`: somebody may come for
    it, so it is carried out after the first choice of a language when it was asked for before.
    """

    path: str
    to: tuple[str, ...]
    acts: bool = False
    wish: bool = True

    @property
    def name(self) -> str:
        """What its handler is called in metrics."""
        return self.path.replace(":", ".")


@record(kw_only=True)
class Question:
    """Something we ask. `version` grows when its data changes shape; `lifetime` is how long an answer counts."""

    name: str
    version: int = 1
    lifetime: timedelta | None = HALF_AN_HOUR
    # Asks it, or asks it again with words above it: async (moment, lead) -> outcome.
    asks: str
    # Free text, places and whatever else comes while it is open.
    answer: Step | None = None
    # The routes of the taps that it shows.
    offers: tuple[str, ...] = ()
    # Whether a number is its answer: then no typed number is a choice, not even of what an event has offered since.
    numbers: bool = False
    # Whether photos and other files are its answer, whatever is written below them.
    files: bool = False
    # The question that `back` leads to.
    back: str = HOME
    # What is asked instead when what it had gathered no longer allows asking it.
    otherwise: tuple[str, ...] = ()
    # What is asked after something was refused meanwhile, if not the same again.
    after_refusal: str = ""


@record(kw_only=True)
class Flow:
    """One subject of conversation.

    `words` are compared folded (any case, no accents), those of every language; what a word of a carrier's may mean is
    in consent.py. `others` are steps that no word, tap, question or event leads to by itself.
    """

    name: str
    questions: tuple[Question, ...] = ()
    words: Mapping[Step, tuple[str, ...]] = field(default_factory=dict)
    taps: Mapping[str, Step] = field(default_factory=dict)
    events: Mapping[events_pb2.EventKind.ValueType, Step] = field(default_factory=dict)
    others: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """Each step once."""
        answers = [question.answer for question in self.questions if question.answer is not None]
        return tuple(dict.fromkeys([*self.words, *self.taps.values(), *answers, *self.events.values(), *self.others]))
