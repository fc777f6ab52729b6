"""Questions on their way to the database: each is asked once at a time, and knows what has changed since.

What was read before a change is no answer for whoever asks after hearing of it, and is never remembered.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class Question:
    """Something that was asked, and what has changed since then."""

    __slots__ = ("_changed", "_everything")

    def __init__(self) -> None:
        self._changed: set[Hashable] = set()
        self._everything = False

    @property
    def fresh(self) -> bool:
        """Whether we heard of no change at all since: whoever asks now may wait for the same answer."""
        return not (self._everything or self._changed)

    def stale(self, names: Iterable[Hashable]) -> bool:
        """Whether an answer that depends on these may be older than a change that we heard of."""
        return self._everything or not self._changed.isdisjoint(names)

    def changes(self, names: Iterable[Hashable] | None) -> None:
        """These changed; None: everything may have."""
        if names is None:
            self._everything = True
        else:
            self._changed.update(names)


Ask = Callable[[Sequence[Key], Question], Awaitable[Sequence[Answer]]]


class Flights:
    """Everything that is being asked at the moment."""

    def __init__(self) -> None:
        self._questions: set[Question] = set()
        self._flights: dict[Hashable, tuple[asyncio.Future[Any], Question]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def changed(self, names: Iterable[Hashable] | None) -> None:
        """These changed somewhere; None: anything may have."""
        if self._questions:
            names = None if names is None else list(names)
            for question in self._questions:
                question.changes(names)

    @contextlib.contextmanager
    def asking(self) -> Iterator[Question]:
        """A question of one's own, that hears of changes until the block ends."""
        question = Question()
        self._questions.add(question)
        try:
            yield question
        finally:
            self._questions.discard(question)

    async def once(self, keys: Sequence[Key], ask: Ask[Key, Answer], *, join: bool) -> list[Answer]:
        """An answer for each key, in order. With `join` keys that somebody asks for already are not asked for again.

        An error reaches everybody who waits, and whoever gives up takes nobody along.
        """
        mine = [key for key in dict.fromkeys(keys) if not join or not self._asked(key)]
        if mine:
            self._depart(mine, ask)
        waiting = [self._flights[key][0] for key in keys]
        if waiting:
            await asyncio.wait(waiting)
        return [flight.result() for flight in waiting]

    def _asked(self, key: Hashable) -> bool:
        """Whether somebody asks for it already and nothing was heard since."""
        return key in self._flights and self._flights[key][1].fresh

    def _depart(self, keys: Sequence[Key], ask: Ask[Key, Answer]) -> None:
        question = Question()
        self._questions.add(question)
        started: dict[Key, asyncio.Future[Answer]] = {key: asyncio.get_running_loop().create_future() for key in keys}
        self._flights.update((key, (flight, question)) for key, flight in started.items())
        task = asyncio.create_task(self._fly(started, question, ask))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fly(self, flights: dict[Key, asyncio.Future[Answer]], question: Question, ask: Ask[Key, Answer]) -> None:
        try:
            answers = await ask(list(flights), question)
            for flight, answer in zip(flights.values(), answers, strict=True):
                flight.set_result(answer)
        except Exception as error:  # noqa: BLE001 - handed to everyone who asked
            for flight in flights.values():
                if not flight.done():
                    flight.set_exception(error)
                    flight.exception()  # whoever asked may be gone; then nobody needs to hear of it
        finally:
            self._questions.discard(question)
            for key, flight in flights.items():
                if self._flights.get(key, (None,))[0] is flight:
                    del self._flights[key]
                flight.cancel()  # only if this task was cancelled; an answered flight does not care
