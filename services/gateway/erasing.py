"""Erases people: a job in the database, done step by step by whichever gateway is alive, resumed where one died.

leave: every conversation is cut off from its person, so that whoever writes from there is somebody new.
forget: the profile and trips services take out what they know.
send: replies on their way, a farewell among them, have some minutes to go out.
sweep: what the gateway itself keeps goes; and again after all that was under way when it began is surely over.

Every step may be repeated. What the spools hold, each gateway takes out of its own while an erasure is under way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from chassis import errors, logs
from chassis.database import Database, Session, Statement
from chassis.records import record
from services.gateway import forgetting
from services.gateway.clients.erasure import Erasures
from services.gateway.clients.profile import Profile, address_keys
from services.gateway.forgetting import Traces
from services.gateway.spool import Spool

log = logs.get(__name__)

_EVERY_SECONDS = 1.0
# Whoever is at a step has so long before another tries it too: two at once do no harm.
_STEP_SECONDS = 90.0
# After a step that failed.
_AGAIN_SECONDS = 2.0
# So long does an erasure wait for replies on their way: a provider may be slow, and the person waits to be gone.
SEND_SECONDS = 300.0

# Also by the turn in which a person confirms it (commit.py).
ASK = Statement(
    "gateway.erasure_ask",
    """
    INSERT INTO gateway.erasure (person_id, actor) SELECT person_id, $2 FROM unnest($1::bigint[]) AS one (person_id)
    ON CONFLICT (person_id) WHERE finished_at IS NULL DO NOTHING
    """,
)

_TAKE = Statement(
    "gateway.erasure_take",
    """
    UPDATE gateway.erasure SET due_at = chassis.now() + make_interval(secs => $1)
    WHERE erasure_id = (
        SELECT erasure_id FROM gateway.erasure WHERE finished_at IS NULL AND due_at <= chassis.now()
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING erasure_id, person_id, actor, step, people, conversations, addresses,
              coalesce(began_at, requested_at) AS began_at,
              extract(epoch FROM chassis.now() - coalesce(began_at, requested_at))::float8 AS age
    """,
    scans="erasures are rare",
)

_OPEN = Statement(
    "gateway.erasure_open", "SELECT addresses FROM gateway.erasure WHERE finished_at IS NULL AND addresses <> '{}'"
)

_LEFT = Statement(
    "gateway.erasure_left",
    """
    UPDATE gateway.erasure
    SET people = $2, conversations = $3, addresses = $4, step = 'forget', began_at = chassis.now(),
        due_at = chassis.now()
    WHERE erasure_id = $1
    """,
)

_NEXT = Statement(
    "gateway.erasure_next",
    """
    UPDATE gateway.erasure SET step = $2, due_at = chassis.now() + make_interval(secs => $3)
    WHERE erasure_id = $1 AND finished_at IS NULL
    """,
)

_FINISH = Statement(
    "gateway.erasure_finish",
    "UPDATE gateway.erasure SET step = 'done', addresses = '{}', finished_at = chassis.now() WHERE erasure_id = $1",
)


@record
class Job:
    """An erasure under way."""

    erasure_id: int
    person_id: int
    actor: str
    step: str
    traces: Traces
    # Seconds since the conversations were left; since the request before that.
    age: float


class Eraser:
    """Runs in every gateway."""

    def __init__(
        self, database: Database, *, profile: Profile, erasures: Erasures, spool: Spool, settle_seconds: float
    ) -> None:
        """`settle_seconds`: after so long nothing is under way any more that began before the erasure."""
        self._database = database
        self._profile = profile
        self._erasures = erasures
        self._spool = spool
        self._settle_seconds = settle_seconds
        self._steps: dict[str, Callable[[Job], Awaitable[None]]] = {
            "leave": self._leave,
            "forget": self._forget,
            "send": self._send,
            "sweep": self._sweep,
        }

    async def run(self) -> None:
        """Work on what is due until cancelled."""
        while True:
            try:
                await self._empty_spool()
                while await self._take():
                    await self._empty_spool()
            except errors.HailwireError as error:
                log.warning("erasures have to wait", reason=error.reason)
            await asyncio.sleep(_EVERY_SECONDS)

    async def _empty_spool(self) -> None:
        for row in await self._database.fetch(_OPEN):
            await self._spool.forget(row["addresses"])

    async def _take(self) -> bool:
        """Do the next step of an erasure that is due."""
        row = await self._database.fetchrow(_TAKE, _STEP_SECONDS)
        if row is None:
            return False
        job = _job(row)
        try:
            await self._steps[job.step](job)
        except errors.HailwireError as error:
            log.warning("an erasure has to wait", erasure_id=job.erasure_id, step=job.step, reason=error.reason)
            await self._database.execute(_NEXT, job.erasure_id, job.step, _AGAIN_SECONDS)
        return True

    async def _leave(self, job: Job) -> None:
        try:
            person = await self._profile.get(job.person_id, fresh=True)
        except errors.NotFound:  # erased before, as far as the profile service goes
            people, addresses = {job.person_id}, []
        else:
            people = {job.person_id, person.person_id, *person.merged_person_ids}
            addresses = [key for identity in person.identities for key in address_keys(identity)]
        async with self._database.transaction() as session:
            await self._cut_off(session, job, sorted(people), addresses)
        log.info("an erasure has begun", erasure_id=job.erasure_id)

    @staticmethod
    async def _cut_off(session: Session, job: Job, people: list[int], addresses: list[str]) -> None:
        # With what an earlier try has found: its aliases are gone by now.
        known = job.traces
        conversations, names = await forgetting.leave(session, people, addresses)
        await session.execute(
            _LEFT,
            job.erasure_id,
            sorted({*people, *known.people}),
            sorted({*conversations, *known.conversations}),
            sorted({*names, *known.addresses}),
        )

    async def _forget(self, job: Job) -> None:
        await self._in_services(job, "first")
        await self._next(job, "send")

    async def _in_services(self, job: Job, which: str) -> None:
        name = f"erase:{job.erasure_id}:{which}"
        try:
            await self._erasures.of_profile(f"{name}:profile", job.person_id, job.actor)
        except errors.NotFound:
            log.info("an erasure is of nobody whom the profile service knows", erasure_id=job.erasure_id)
        for person_id in job.traces.people:
            await self._erasures.of_trips(f"{name}:trips:{person_id}", person_id)

    async def _send(self, job: Job) -> None:
        waiting = await forgetting.unsent(self._database, job.traces.conversations)
        await self._next(job, "send" if waiting and job.age < SEND_SECONDS else "sweep", 1.0 if waiting else 0.0)

    async def _sweep(self, job: Job) -> None:
        await forgetting.sweep(self._database, job.traces)
        left = self._settle_seconds - job.age
        if left > 0:
            await self._next(job, "sweep", left)
            return
        async with self._database.transaction() as session:
            if await forgetting.wrote_again(session, job.traces.people):
                await self._cut_off(session, job, list(job.traces.people), [])
                return
        # Turns and messages that were under way when it began are over: whatever they left goes, too.
        await self._in_services(job, "last")
        await forgetting.sweep(self._database, job.traces)
        await self._database.execute(_FINISH, job.erasure_id)
        log.info("somebody is erased", erasure_id=job.erasure_id)

    async def _next(self, job: Job, step: str, seconds: float = 0.0) -> None:
        await self._database.execute(_NEXT, job.erasure_id, step, seconds)


def _job(row: Any) -> Job:
    until: datetime = row["began_at"]
    return Job(
        erasure_id=row["erasure_id"],
        person_id=row["person_id"],
        actor=row["actor"],
        step=row["step"],
        traces=Traces(row["people"], row["conversations"], row["addresses"], until),
        age=row["age"],
    )
