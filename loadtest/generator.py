"""The open loop: each event is sent at its moment, whether or not anything before it was answered.

The generator tells how late it was itself, and how busy. A late generator would turn the open loop into a closed one
without anybody noticing, and in one that is busy all the time latencies are its own: such a run is no run.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from loadtest.histogram import Histogram
from loadtest.ledger import Accepted, Ledger
from loadtest.plan import Event, Message
from loadtest.webhooks import Webhooks
from loadtest.wire import Answer, Wire

# Events that are sent in one go before answers are looked at; a burst of a few hundred is one moment.
_IN_ONE_GO = 512
_STATES = ("sent", "delivered", "read")


class Generator:
    """Sends the events of a plan. `replies` are those whose statuses may be told."""

    def __init__(
        self, wire: Wire, webhooks: Webhooks, ledger: Ledger, *, run: str, batch: int, replies: Iterable[Accepted] = ()
    ) -> None:
        self._wire = wire
        self._webhooks = webhooks
        self._ledger = ledger
        self._run = run
        self._batch = batch
        self._replies = deque(replies)
        self._told = itertools.count()
        self._start = 0.0
        self.lags = Histogram()
        self.share_of_a_core: float | None = None  # while it sent
        self.over = False

    async def send(self, events: Iterable[Event]) -> None:
        """All of them, each in its moment."""
        loop = asyncio.get_running_loop()
        cpu, began = time.process_time(), time.perf_counter()
        # The ledger's clock and the loop's, read together.
        self._start = loop.time() + self._ledger.began - time.time()
        for number, (at, _, what, message) in enumerate(events, 1):
            early = self._start + at - loop.time()
            if early > 0:
                await asyncio.sleep(early)
            elif number % _IN_ONE_GO == 0:
                await asyncio.sleep(0)
            self.lags.record(loop.time() - self._start - at)
            if message is not None:
                self._post(message, again=what == "again")
            else:
                self._tell(at)
        if self.lags.count:
            self.share_of_a_core = (time.process_time() - cpu) / (time.perf_counter() - began)
        self.over = True

    def _post(self, message: Message, *, again: bool) -> None:
        raw = message.raw or self._webhooks.of(message, int(time.time()))
        message.raw = b"" if again or message.again_at is None else raw

        def heard(answer: Answer) -> None:
            self._ledger.heard(message, answer, self._seconds(), again=again)

        self._ledger.wrote(message)
        self._wire.post(raw, heard)

    def _tell(self, at: float) -> None:
        """Statuses of replies that were accepted: three of each, then of copies of it, which a provider may have."""
        told = list(filter(None, (self._status() for _ in range(self._batch))))

        def heard(answer: Answer) -> None:
            self._ledger.heard_statuses(len(told), answer, self._seconds() - at)

        if told:
            self._ledger.told_statuses(len(told))
            self._wire.post(self._webhooks.statuses(told), heard)

    def _status(self) -> dict[str, Any] | None:
        number = next(self._told)
        place, state = divmod(number, len(_STATES))
        replies = self._ledger.replies or self._replies
        if not replies:
            return None
        reply = replies[place % len(replies)]
        return {
            "id": f"wamid.{self._run}.copy{place}",
            "status": _STATES[state],
            "timestamp": str(int(time.time())),
            "recipient_id": reply.to.removeprefix("+"),
            "biz_opaque_callback_data": str(reply.outbox_id),
        }

    def _seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._start
