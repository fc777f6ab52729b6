"""Letters that wait for company, to be posted in one webhook as Meta may do with up to a thousand."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from simulator.courier import Courier
from simulator.envelopes import SHAPES
from simulator.letters import Letter
from simulator.misbehaviour import chance
from simulator.mischief import Mischief, Whims

_COPY_SECONDS = 5.0


class Basket:
    """Gathers letters until there are enough or the first has waited long enough.

    One letter of each basket comes again in the next one; `again` makes the copy.
    """

    def __init__(self, courier: Courier, mischief: Mischief, again: Callable[[Letter], Letter]) -> None:
        self._courier = courier
        self._mischief = mischief
        self._again = again
        self._letters: list[Letter] = []
        self._whims: Whims = {}
        self._posted: asyncio.Future[None] | None = None
        # Whether somebody's patience ends this basket; a copy alone has more than anybody.
        self._timed = False
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def size(self) -> int:
        """How many letters wait."""
        return len(self._letters)

    async def put(self, letter: Letter, whims: Whims) -> None:
        """Returns when the basket with this letter was posted for the first time."""
        wanted = whims["rebatch"]
        self._letters.append(letter)
        self._whims |= whims
        self._mischief.note("rebatch", letter.provider, letter.phone, letter.subject)
        posted = self._opened()
        if not self._timed:
            self._timed = True
            self._begin(self._wait(posted, wanted["seconds"]))
        if len(self._letters) >= wanted["size"]:
            self._empty()
        await asyncio.shield(posted)

    async def _wait(self, posted: "asyncio.Future[None]", seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._posted is posted:
            self._empty()

    def _empty(self) -> None:
        letters, whims, posted = self._letters, self._whims, self._posted
        self._letters, self._whims, self._posted, self._timed = [], {}, None, False
        if posted is not None:
            self._begin(self._post(letters, whims, posted))

    async def _post(self, letters: list[Letter], whims: Whims, posted: "asyncio.Future[None]") -> None:
        first = letters[0]
        seed, number = self._mischief.profile.seed, first.number
        own = [letter for letter in letters if not letter.copy]
        if len(letters) > 1 and own:
            chosen = own[int(chance(seed, "again", first.phone, number) * len(own))]
            self._letters.append(self._again(chosen))
            self._mischief.note("batched_again", chosen.provider, chosen.phone, chosen.subject)
            # It waits for the next basket, but not for ever.
            self._begin(self._wait(self._opened(), _COPY_SECONDS))
        try:
            shape = int(chance(seed, "shape", first.phone, number) * SHAPES)
            await self._courier.deliver(letters, whims, shape)
        finally:
            if not posted.done():
                posted.set_result(None)

    def _opened(self) -> "asyncio.Future[None]":
        if self._posted is None:
            self._posted = asyncio.get_running_loop().create_future()
        return self._posted

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
