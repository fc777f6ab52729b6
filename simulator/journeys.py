"""Accepted messages on their way to a phone: which steps are still to be told of, and when."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.letters import Letter
from simulator.mailroom import Mailroom
from simulator.mischief import Mischief
from simulator.outbox import Provider
from simulator.settings import SimulatorSettings

# A gateway that does not take early statuses must not keep its own answer waiting for ever.
_EARLY_SECONDS = 2.0


@dataclass(slots=True)
class Journey:
    """One accepted message. `told` is what the business wants to hear back with each status.

    `key` names the phone whatever the message was addressed to, and `nth` counts its messages.
    """

    provider: Provider
    message_id: str
    to: str
    key: str
    nth: int
    steps: list[str]
    told: str | None = None
    fails_with: int | None = None
    times: int = 1
    late_until: float | None = None
    early: bool = field(default=False)

    def kept(self) -> dict[str, Any]:
        """What must survive the process."""
        return asdict(self)


def journey(
    mischief: Mischief, clock: Clock, provider: Provider, message_id: str, to: str, key: str, *, told: str | None
) -> Journey:
    """The usual way of a message, or what the mischief makes of it."""
    nth = mischief.nth(f"accepted {provider}:{key}")
    whims = mischief.of_statuses(provider, to, key, nth)
    fails_with = whims["failed_status"]["code"] if "failed_status" in whims else None
    if provider == "whatsapp":
        steps = ["sent", "delivered"] if fails_with is None else ["failed"]
    else:
        steps = ["sent", "delivered" if fails_with is None else "undelivered"]
    made = Journey(provider, message_id, to, key, nth, steps, told, fails_with)
    if "status_backwards" in whims:
        steps.reverse()
    if "status_flood" in whims:
        made.times = whims["status_flood"]["times"]
    if "status_late" in whims:
        made.late_until = clock.now() + whims["status_late"]["seconds"]
    made.early = "status_early" in whims
    for kind in whims:
        mischief.note(kind, provider, to, message_id)
    return made


class Journeys:
    """Takes each message from step to step; at most `queue_max` are on their way."""

    def __init__(
        self,
        settings: SimulatorSettings,
        clock: Clock,
        mailroom: Mailroom,
        step: Callable[[Journey, str], list[Letter]],
        after: Callable[[Journey, str], list[str]],
    ) -> None:
        self._delay = settings.status_delay_ms / 1000
        self._most = settings.queue_max
        self._clock = clock
        self._mailroom = mailroom
        self._step = step
        self._after = after
        self._under_way: dict[str, Journey] = {}
        self._late: set[asyncio.Task[None]] = set()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._under_way)

    def begin(self, journey: Journey) -> None:
        """Tell of this message step by step."""
        if self.remember(journey):
            self._go_on(journey)

    def remember(self, journey: Journey) -> bool:
        """The same for a message of the process before, which goes on with `resume`; False when there is no room."""
        if len(self._under_way) >= self._most:
            self.dropped += 1
            return False
        self._under_way[journey.message_id] = journey
        return True

    def was_told(self, message_id: str, state: str) -> None:
        """The process before has told of this step."""
        journey = self._under_way.get(message_id)
        if journey is not None and state in journey.steps:
            journey.steps.remove(state)
            if not journey.steps:
                del self._under_way[message_id]

    def resume(self) -> None:
        """Go on with all of them."""
        for journey in list(self._under_way.values()):
            journey.early = False
            self._go_on(journey)

    def close(self) -> None:
        """Forget them."""
        self._under_way.clear()
        for task in self._late:
            task.cancel()

    def told_early(self, message_id: str) -> Awaitable[Any] | None:
        """Post all statuses of a message at once; wait for that before answering. None: not wanted.

        A person who reads the message meanwhile does so after the usual while.
        """
        journey = self._under_way.get(message_id)
        if journey is None or not journey.early:
            return None
        letters: list[Letter] = []
        rest: list[str] = []
        for state in journey.steps:
            letters += self._step(journey, state)
            rest += self._after(journey, state)
        journey.steps, journey.early = rest, False
        if rest:
            self._go_on(journey)
        else:
            del self._under_way[message_id]
        firsts = [asyncio.get_running_loop().create_future() for _ in letters]
        for letter, first in zip(letters, firsts, strict=True):
            letter.first = first
        self._mailroom.tell(letters, journey.key, journey.nth)
        return asyncio.wait(firsts, timeout=_EARLY_SECONDS) if firsts else None

    def _go_on(self, journey: Journey) -> None:
        if journey.early:
            return
        if journey.late_until is not None and journey.late_until > self._clock.now():
            task = asyncio.create_task(self._later(journey))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        else:
            asyncio.get_running_loop().call_later(self._delay, self._next, journey)

    async def _later(self, journey: Journey) -> None:
        await self._clock.sleep_until(journey.late_until or 0.0)
        self._next(journey)

    def _next(self, journey: Journey) -> None:
        if self._under_way.get(journey.message_id) is not journey:
            return
        state = journey.steps[0]
        letters = self._step(journey, state)
        if letters:
            self._mailroom.tell(letters, journey.key, journey.nth)
        journey.steps.pop(0)
        journey.steps += self._after(journey, state)
        if journey.steps:
            self._go_on(journey)
        else:
            del self._under_way[journey.message_id]
