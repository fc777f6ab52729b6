"""Where letters wait for their turn: one phone's messages in order, statuses in batches, copies until they are due.

What is put here is in the state log before anything else happens, and leaves it when the gateway has taken it.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from chassis import logs
from simulator.baskets import Basket
from simulator.clock import Clock
from simulator.courier import Courier
from simulator.lanes import Lanes
from simulator.letters import Letter, Way
from simulator.mischief import Mischief, Whims
from simulator.outbox import PROVIDERS, Provider
from simulator.phones import PhoneBook
from simulator.pump import Pump
from simulator.settings import SimulatorSettings
from simulator.state_log import StateLog

log = logs.get(__name__)
_COPIES = ("duplicate_later", "duplicate_days")


class Mailroom:
    """Takes letters and sees to it that each is posted until it is taken."""

    def __init__(
        self, settings: SimulatorSettings, clock: Clock, state: StateLog, phones: PhoneBook, mischief: Mischief
    ) -> None:
        self._clock = clock
        self._state = state
        self._phones = phones
        self._mischief = mischief
        self._number = 0
        self._lanes = Lanes(clock, phones, mischief, self._carry)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._copies = 0
        self._courier: Courier
        self._pumps: dict[Provider, Pump[tuple[Letter, Whims]]] = {
            provider: Pump(
                self._post_statuses,
                workers=settings.status_workers,
                batch=settings.status_batch if provider == "whatsapp" else 1,
                most=settings.queue_max,
            )
            for provider in PROVIDERS
        }
        self._basket: Basket
        self._most_copies = settings.queue_max
        # Every letter that was not taken yet, and every message that a phone wrote.
        self.waiting: OrderedDict[int, Letter] = OrderedDict()
        self.messages: deque[Letter] = deque(maxlen=settings.outbox_max)

    def hire(self, courier: Courier) -> None:
        """The courier who carries everything; he in turn tells `arrived`."""
        self._courier = courier
        self._basket = Basket(courier, self._mischief, self._again)

    async def __aenter__(self) -> Self:
        for pump in self._pumps.values():
            await pump.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [*self._tasks, *self._basket.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for pump in self._pumps.values():
            await pump.__aexit__(kind, error, trace)

    @property
    def statuses_waiting(self) -> int:
        """Statuses that wait for a post."""
        return sum(len(pump) for pump in self._pumps.values())

    @property
    def statuses_dropped(self) -> int:
        """Statuses for which there was no room."""
        return sum(pump.dropped for pump in self._pumps.values())

    @property
    def under_way(self) -> int:
        """Letters that were not taken yet, copies whose day has not come left aside."""
        return len(self.waiting) - self._copies

    @property
    def copies(self) -> int:
        """Copies that wait for their day."""
        return self._copies

    def next_number(self) -> int:
        """The number of the next letter."""
        self._number += 1
        return self._number

    def write(self, letter: Letter, whims: Whims) -> None:
        """A message that a phone wrote; whoever put it has recorded it. It goes after what the phone wrote before."""
        letter.first = asyncio.get_running_loop().create_future()
        self.waiting[letter.number] = letter
        self.messages.append(letter)
        self._write(letter, whims)

    def tell(self, letters: list[Letter], key: str, nth: int) -> None:
        """Statuses of a phone's n-th send; they are recorded here."""
        for letter in letters:
            whims = self._mischief.of_webhook(letter.provider, letter.phone, f"{key}:{letter.state}", nth, "statuses")
            self.waiting[letter.number] = letter
            if self._state.is_kept:
                self._state.append("letter", letter=letter.kept())
            if self._is_lost(letter, whims):
                continue
            self._copy_later(letter, whims)
            if "delay" in whims or "reorder" in whims:
                kind = "delay" if "delay" in whims else "reorder"
                self._note(kind, letter)
                self._start(self._tell_later(letter, whims, self._clock.now() + whims[kind]["seconds"]))
            else:
                self._tell(letter, whims)

    def arrived(self, letters: Iterable[Letter], way: Way) -> None:
        """The courier has brought them, or has given them up."""
        letters = [letter for letter in letters if letter.way == "waiting"]
        if not letters:
            return
        now = self._clock.now()
        if self._state.is_kept:
            gone = [(letter.number, letter.attempts) for letter in letters]
            self._state.append("went", letters=gone, way=way, at=now)
        for letter in letters:
            self.went(letter, way, now)

    def failed(self, letters: Iterable[Letter]) -> None:
        """The courier has tried them in vain; how often decides when a provider gives up."""
        if self._state.is_kept:
            tried = [(letter.number, letter.attempts, letter.began) for letter in letters if letter.way == "waiting"]
            if tried:
                self._state.append("tried", letters=tried)

    def went(self, letter: Letter, way: Way, at: float) -> None:
        """What became of a letter, maybe before this process began."""
        letter.way = way
        self.waiting.pop(letter.number, None)
        if way == "taken":
            letter.taken_at = at
            if letter.about == "messages" and not letter.copy:
                self._phones.advance(letter.subject, "delivered")

    def remember(self, letter: Letter) -> None:
        """A letter of the process before; `resume` posts it unless it turns out to have arrived."""
        self._number = max(self._number, letter.number)
        self.waiting[letter.number] = letter
        if letter.about == "messages" and not letter.copy:
            self.messages.append(letter)

    def resume(self) -> None:
        """Post what the process before has left, in its order and without further misbehaviour."""
        for letter in list(self.waiting.values()):
            letter.first = asyncio.get_running_loop().create_future()
            if letter.due is not None:
                self._start_copy(letter)
            elif letter.about == "messages":
                self._write(letter, {})
            else:
                self._tell(letter, {})

    def _write(self, letter: Letter, whims: Whims) -> None:
        if self._is_lost(letter, whims):
            letter.attempted(0)
            return
        self._copy_later(letter, whims)
        self._start(self._lanes.send(letter, whims))

    async def _carry(self, letter: Letter, whims: Whims) -> None:
        if "rebatch" in whims:
            await self._basket.put(letter, whims)
        else:
            await self._courier.deliver([letter], whims)

    def _tell(self, letter: Letter, whims: Whims) -> None:
        if "rebatch" in whims:
            self._start(self._basket.put(letter, whims))
        else:
            dropped = self._pumps[letter.provider].put((letter, whims))
            if dropped is not None:
                self.arrived([dropped[0]], "lost")

    async def _tell_later(self, letter: Letter, whims: Whims, at: float) -> None:
        await self._clock.sleep_until(at)
        self._tell(letter, whims)

    async def _post_statuses(self, batch: list[tuple[Letter, Whims]]) -> None:
        whims: Whims = {}
        for _, wanted in batch:
            whims |= wanted
        await self._courier.deliver([letter for letter, _ in batch], whims)

    def _is_lost(self, letter: Letter, whims: Whims) -> bool:
        if "webhook_lost" not in whims:
            return False
        self._note("webhook_lost", letter)
        self._courier.counts["webhooks_lost"] += 1
        self.arrived([letter], "lost")
        return True

    def _copy_later(self, letter: Letter, whims: Whims) -> None:
        for kind in _COPIES:
            if kind in whims and self._copies < self._most_copies:
                self._note(kind, letter)
                self._start_copy(self._again(letter, self._clock.now() + whims[kind]["seconds"]))

    def _again(self, letter: Letter, due: float | None = None) -> Letter:
        """A copy of a letter, recorded like the letter itself."""
        first = asyncio.get_running_loop().create_future()
        copy = replace(
            letter,
            number=self.next_number(),
            due=due,
            copy=True,
            attempts=0,
            began=None,
            way="waiting",
            taken_at=None,
            first=first,
        )
        self.waiting[copy.number] = copy
        if self._state.is_kept:
            self._state.append("letter", letter=copy.kept())
        return copy

    def _start_copy(self, letter: Letter) -> None:
        self._copies += 1
        self._start(self._copy(letter))

    async def _copy(self, letter: Letter) -> None:
        try:
            await self._clock.sleep_until(letter.due or 0.0)
        finally:
            self._copies -= 1
        await self._courier.deliver([letter], {})

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.exception("a webhook was lost by the simulator itself", error)

    def _note(self, kind: str, letter: Letter) -> None:
        self._mischief.note(kind, letter.provider, letter.phone, letter.subject)
