"""Carries webhooks to the gateway: signed bytes go out as they are, and what is not taken is tried again."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from chassis import logs
from simulator.cutting import cut_off
from simulator.envelopes import Envelopes
from simulator.journal import Journal
from simulator.letters import Letter, Parcel, Refused, Way
from simulator.misbehaviour import chance
from simulator.mischief import Mischief, Whims
from simulator.outbox import Provider
from simulator.retries import Failure
from simulator.trickle import trickle

log = logs.get(__name__)


class Courier:
    """Posts parcels to the gateway's replicas in turn; at most `most_waiting` parcels wait for another try.

    `arrived` is told what became of each letter, `failed` that an attempt was in vain.
    """

    def __init__(
        self,
        journal: Journal,
        mischief: Mischief,
        envelopes: dict[Provider, Envelopes],
        arrived: Callable[[Iterable[Letter], Way], None],
        failed: Callable[[Iterable[Letter]], None],
        *,
        public_url: str,
        gateways: tuple[str, ...],
        timeout_seconds: float,
        most_waiting: int,
    ) -> None:
        self._journal = journal
        self._mischief = mischief
        self._envelopes = envelopes
        self._arrived = arrived
        self._failed = failed
        self._public_url = public_url
        self._gateways = gateways
        self._timeout = timeout_seconds
        self._most_waiting = most_waiting
        self._waiting: set[asyncio.Task[None]] = set()
        self._extra: set[asyncio.Task[Any]] = set()
        self._turn = 0
        self._session: aiohttp.ClientSession
        self.counts: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        # The limit is what keeps a burst of retries from opening a connection each.
        connector = aiohttp.TCPConnector(limit=64)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=self._timeout))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [*self._waiting, *self._extra]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    @property
    def extra(self) -> int:
        """How many posts are on their way that nothing waits for."""
        return len(self._extra)

    async def deliver(self, letters: list[Letter], whims: Whims, shape: int = 0) -> int:
        """Post once and return the HTTP status (0: no answer); a refused parcel is tried again in the background."""
        self._turn += 1
        turn = self._turn
        parcel = self._envelopes[letters[0].provider].seal(letters, shape)
        _try(letters)
        if whims:
            if "forged" in whims:
                await self._forge(letters[0], turn)
            if "duplicate" in whims:
                self._note("duplicate", parcel)
                self._aside(self._post(parcel, turn + 1))
        outcome = await self._attempt(parcel, turn, whims)
        status = outcome if isinstance(outcome, int) else outcome[1]
        if isinstance(outcome, int):
            self._arrived(letters, "taken")
        else:
            self._failed(letters)
            if len(self._waiting) >= self._most_waiting:
                self._give_up(parcel)
            else:
                self._retry(parcel, outcome[0], turn)
        for letter in letters:
            letter.attempted(status)
        if "webhook_twice" in whims:
            self._note("webhook_twice", parcel)
            await self._post(parcel, turn)
        if "resigned" in whims:
            self._note("resigned", parcel)
            self._aside(self._post(self._envelopes[parcel.provider].resealed(parcel), turn + 1))
        return status

    def _retry(self, parcel: Parcel, failure: Failure, turn: int) -> None:
        task = asyncio.create_task(self._insist(parcel, failure, turn))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def _aside(self, post: Any) -> None:
        task = asyncio.create_task(post)
        self._extra.add(task)
        task.add_done_callback(self._extra.discard)

    async def _insist(self, parcel: Parcel, failure: Failure, turn: int) -> None:
        # Letters that the process before has tried already may be older than this parcel.
        began = min(letter.began or 0.0 for letter in parcel.letters)
        attempts = max(letter.attempts for letter in parcel.letters)
        while True:
            wait = parcel.retries.wait(attempts, failure, time.time() - began)
            if wait is None:
                self._give_up(parcel)
                log.warning("webhook given up", provider=parcel.provider, attempts=attempts, failure=failure.value)
                return
            await asyncio.sleep(wait)
            attempts += 1
            self.counts["webhooks_retried"] += 1
            # The next replica, as a load balancer would choose after one has failed.
            _try(parcel.letters)
            outcome = await self._post(parcel, turn + attempts - 1)
            if isinstance(outcome, int):
                self._arrived(parcel.letters, "taken")
                return
            self._failed(parcel.letters)
            failure = outcome[0]

    def _give_up(self, parcel: Parcel) -> None:
        self.counts["webhooks_given_up"] += 1
        self._arrived(parcel.letters, "given_up")

    async def _attempt(self, parcel: Parcel, turn: int, whims: Whims) -> int | Refused:
        """The first post, on which something may happen on the way."""
        if "connection_cut" in whims:
            self._note("connection_cut", parcel)
            self.counts["webhooks_unanswered"] += 1
            seen = self._journal.begin("webhook", parcel.provider, "POST", parcel.url, parcel.headers, parcel.body)
            await cut_off(self._address(parcel.url, turn), parcel, self._timeout)
            self._journal.end(seen, 0, {}, b"", "the connection was cut before the answer")
            return Failure.UNREACHABLE, 0
        seconds = None
        if "slow_body" in whims:
            self._note("slow_body", parcel)
            seconds = whims["slow_body"]["seconds"]
        outcome = await self._post(parcel, turn, seconds)
        if "answer_dropped" in whims:
            self._note("answer_dropped", parcel)
            return Failure.SLOW, 0
        return outcome

    async def _forge(self, letter: Letter, turn: int) -> None:
        """Post a forgery and count what the gateway said to it: only 403 is right."""
        style = int(1000 * chance(self._mischief.profile.seed, "style", letter.phone, letter.number))
        parcel = self._envelopes[letter.provider].forged(letter, style)
        self._mischief.note("forged", letter.provider, letter.phone, letter.subject)
        outcome = await self._post(parcel, turn, counted=False)
        status = outcome if isinstance(outcome, int) else outcome[1]
        if status == 403:
            self.counts["forged_refused"] += 1
        elif status == 0:
            self.counts["forged_unanswered"] += 1
        else:
            self.counts["forged_not_refused"] += 1
            self._mischief.note("forged_not_refused", letter.provider, letter.phone, letter.subject)  # survives us
            log.error("a forged webhook was not refused with 403", provider=letter.provider, status=status)

    async def _post(
        self, parcel: Parcel, turn: int, slowly: float | None = None, *, counted: bool = True
    ) -> int | Refused:
        """The status of a post that was taken, or why it was not, with its status."""
        seen = self._journal.begin("webhook", parcel.provider, "POST", parcel.url, parcel.headers, parcel.body)
        headers, body = parcel.headers, parcel.body
        more: dict[str, Any] = {}
        if slowly is not None:
            headers = {**headers, "Content-Length": str(len(body))}
            more["timeout"] = aiohttp.ClientTimeout(total=self._timeout + slowly)
        try:
            async with self._session.post(
                self._address(parcel.url, turn),
                data=body if slowly is None else trickle(body, slowly),
                headers=headers,
                allow_redirects=False,
                **more,
            ) as response:
                answer = await response.read()
                status = response.status
        except TimeoutError:
            failed, why = Failure.SLOW, "the gateway did not answer in time"
        except (aiohttp.ClientError, OSError):
            failed, why = Failure.UNREACHABLE, "the gateway is out of reach"
        else:
            self._journal.end(seen, status, response.headers, answer)
            self.counts["webhooks_posted"] += counted
            # Meta counts nothing but 200 as success; Twilio takes any 2xx.
            if status == 200 or (parcel.provider == "twilio" and 200 <= status < 300):
                return status
            self.counts[f"webhooks_answered_{status}"] += counted
            return (Failure.SERVER_ERROR if status >= 500 else Failure.CLIENT_ERROR), status
        self._journal.end(seen, 0, {}, b"", why)
        self.counts["webhooks_unanswered"] += counted
        return failed, 0

    def _note(self, kind: str, parcel: Parcel) -> None:
        letter = parcel.letters[0]
        self._mischief.note(kind, letter.provider, letter.phone, letter.subject)

    def _address(self, url: str, turn: int) -> URL:
        """Where the parcel really goes: the public address stands for all replicas, each of which gets its turn."""
        url = url.partition("#")[0]
        if url.startswith(self._public_url + "/"):
            url = self._gateways[turn % len(self._gateways)] + url.removeprefix(self._public_url)
        # Already encoded: another spelling of the same URL would not match what was signed.
        return URL(url, encoded=True)


def _try(letters: Iterable[Letter]) -> None:
    for letter in letters:
        letter.attempts += 1
        letter.began = letter.began or time.time()
