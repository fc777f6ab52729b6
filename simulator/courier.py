"""Carries webhooks to the gateway: signed bytes go out as they are, and what is not taken is tried again."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from chassis import logs
from simulator.faults import Faults
from simulator.journal import Journal
from simulator.outbox import Provider
from simulator.retries import Failure, RetryPolicy

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One webhook: the URL that the provider was told, the exact bytes, and how stubborn the provider is."""

    provider: Provider
    url: str
    body: bytes
    headers: Mapping[str, str]
    retries: RetryPolicy


class Courier:
    """Posts parcels to the gateway's replicas in turn; at most `most_waiting` parcels wait for another try."""

    def __init__(
        self,
        faults: Faults,
        journal: Journal,
        *,
        public_url: str,
        gateways: tuple[str, ...],
        timeout_seconds: float,
        most_waiting: int,
    ) -> None:
        self._faults = faults
        self._journal = journal
        self._public_url = public_url
        self._gateways = gateways
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._most_waiting = most_waiting
        self._waiting: set[asyncio.Task[None]] = set()
        self._turn = 0
        self._session: aiohttp.ClientSession
        self.counts: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        # The limit is what keeps a burst of retries from opening a connection each.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64), timeout=self._timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)
        await self._session.close()

    @property
    def waiting(self) -> int:
        """How many parcels wait for another try."""
        return len(self._waiting)

    async def deliver(self, parcel: Parcel) -> int:
        """Post once and return the HTTP status (0: no answer); a refused parcel is tried again in the background."""
        began = time.monotonic()
        self._turn += 1
        turn = self._turn
        copies = self._faults.copies_of_webhook(parcel.provider)
        if copies == 0:
            self.counts["webhooks_lost"] += 1
            return 0
        outcome = await self._post(parcel, turn)
        for _ in range(copies - 1):
            await self._post(parcel, turn)
        if isinstance(outcome, int):
            return outcome
        failure, status = outcome
        if len(self._waiting) >= self._most_waiting:
            self.counts["webhooks_given_up"] += 1
        else:
            task = asyncio.create_task(self._insist(parcel, failure, began, turn))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)
        return status

    async def _insist(self, parcel: Parcel, failure: Failure, began: float, turn: int) -> None:
        attempts = 1
        while True:
            wait = parcel.retries.wait(attempts, failure, time.monotonic() - began)
            if wait is None:
                self.counts["webhooks_given_up"] += 1
                log.warning("webhook given up", provider=parcel.provider, attempts=attempts, failure=failure.value)
                return
            await asyncio.sleep(wait)
            attempts += 1
            self.counts["webhooks_retried"] += 1
            # The next replica, as a load balancer would choose after one has failed.
            outcome = await self._post(parcel, turn + attempts - 1)
            if isinstance(outcome, int):
                return
            failure = outcome[0]

    async def _post(self, parcel: Parcel, turn: int) -> int | tuple[Failure, int]:
        """The status of a post that was taken, or why it was not, with its status."""
        seen = self._journal.begin("webhook", parcel.provider, "POST", parcel.url, parcel.headers, parcel.body)
        try:
            async with self._session.post(
                self._address(parcel.url, turn), data=parcel.body, headers=parcel.headers, allow_redirects=False
            ) as response:
                answer = await response.read()
                status = response.status
        except TimeoutError:
            failed, why = Failure.SLOW, "the gateway did not answer in time"
        except (aiohttp.ClientError, OSError):
            failed, why = Failure.UNREACHABLE, "the gateway is out of reach"
        else:
            self._journal.end(seen, status, response.headers, answer)
            self.counts["webhooks_posted"] += 1
            # Meta counts nothing but 200 as success; Twilio takes any 2xx.
            if status == 200 or (parcel.provider == "twilio" and 200 <= status < 300):
                return status
            self.counts[f"webhooks_answered_{status}"] += 1
            return (Failure.SERVER_ERROR if status >= 500 else Failure.CLIENT_ERROR), status
        self._journal.end(seen, 0, {}, b"", why)
        self.counts["webhooks_unanswered"] += 1
        return failed, 0

    def _address(self, url: str, turn: int) -> URL:
        """Where the parcel really goes: the public address stands for all replicas, each of which gets its turn."""
        url = url.partition("#")[0]
        if url.startswith(self._public_url + "/"):
            url = self._gateways[turn % len(self._gateways)] + url.removeprefix(self._public_url)
        # Already encoded: another spelling of the same URL would not match what was signed.
        return URL(url, encoded=True)
