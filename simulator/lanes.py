"""Each phone's messages in their order: the next one waits until the one before was tried, unless it is to overtake."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.letters import Letter
from simulator.mischief import Mischief, Whims
from simulator.outbox import Provider
from simulator.phones import PhoneBook

_Name = tuple[Provider, str]


@dataclass(slots=True, eq=False)
class _Lane:
    """One phone's messages on their way: what the next one waits for, and who is to be overtaken by it."""

    name: _Name
    ahead: list["asyncio.Future[int]"] = field(default_factory=list)
    late: "tuple[asyncio.Event, asyncio.Future[int]] | None" = None


class Lanes:
    """One lane for each phone that has messages on their way; `carry` tries to deliver one."""

    def __init__(
        self, clock: Clock, phones: PhoneBook, mischief: Mischief, carry: Callable[[Letter, Whims], Awaitable[None]]
    ) -> None:
        self._clock = clock
        self._phones = phones
        self._mischief = mischief
        self._carry = carry
        self._lanes: dict[_Name, _Lane] = {}

    def send(self, letter: Letter, whims: Whims) -> Coroutine[Any, Any, None]:
        """Take a place behind what the phone wrote before, now; carry the letter when its turn has come."""
        assert letter.first is not None  # noqa: S101 - set by whoever sends
        # The phone stays the same when its number becomes known.
        name = letter.provider, self._phones.name_of(letter.provider, letter.phone)
        lane = self._lanes.setdefault(name, _Lane(name))
        ahead, late = list(lane.ahead), lane.late
        if "reorder" in whims and late is None:
            lane.late = (asyncio.Event(), letter.first)
            return self._overtaken(letter, whims, ahead, lane, lane.late)
        lane.ahead = [letter.first] if late is None else [letter.first, late[1]]
        lane.late = None
        return self._in_turn(letter, whims, ahead, lane, late[0] if late is not None else None)

    async def _in_turn(
        self,
        letter: Letter,
        whims: Whims,
        ahead: list["asyncio.Future[int]"],
        lane: _Lane,
        overtakes: asyncio.Event | None,
    ) -> None:
        try:
            await asyncio.gather(*ahead)
            if "delay" in whims:
                self._note("delay", letter)
                await self._clock.sleep_until(self._clock.now() + whims["delay"]["seconds"])
            await self._carry(letter, whims)
        finally:
            if overtakes is not None:
                overtakes.set()
            self._tidy(letter, lane)

    async def _overtaken(
        self,
        letter: Letter,
        whims: Whims,
        ahead: list["asyncio.Future[int]"],
        lane: _Lane,
        late: "tuple[asyncio.Event, asyncio.Future[int]]",
    ) -> None:
        """Go after the next message of the phone, or after a while when it writes nothing more."""
        may_go, first = late
        await asyncio.gather(*ahead)
        overtaken = asyncio.ensure_future(may_go.wait())
        patience = asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + whims["reorder"]["seconds"]))
        try:
            await asyncio.wait({overtaken, patience}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            overtaken.cancel()
            patience.cancel()
        if may_go.is_set():
            self._note("reorder", letter)
        if lane.late is late:
            lane.late = None
            lane.ahead = [*lane.ahead, first]
        try:
            await self._carry(letter, whims)
        finally:
            self._tidy(letter, lane)

    def _tidy(self, letter: Letter, lane: _Lane) -> None:
        first = letter.first
        if first is not None and not first.done():
            first.set_result(0)  # whatever went wrong, the next message must not wait for ever
        # Whoever is through late, because of a second post, may find the phone's next lane in the place of its own.
        is_over = lane.late is None and all(one.done() for one in lane.ahead)
        if is_over and self._lanes.get(lane.name) is lane:
            del self._lanes[lane.name]

    def _note(self, kind: str, letter: Letter) -> None:
        self._mischief.note(kind, letter.provider, letter.phone, letter.subject)
