"""Fetches the files that turns wanted, and hands them to the profile service, beside the conversations.

A turn lasts ten seconds at most and a file may take longer; its row, written with the turn, does not forget it.
Whoever takes a row puts its due time off by more than the work can take, so that a dead instance's rows are done by
others. What cannot be fetched is told by an event, which is stored like those of the services before the row goes.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from chassis import errors, logs
from chassis.database import Database, Statement
from chassis.records import record
from chassis.telemetry import Telemetry
from hailwire.profile.v1 import insurance_pb2 as pb
from hailwire.trips.v1 import events_pb2
from services.gateway.clients.insurance import Insurances
from services.gateway.conversations.papers import MOST_FILES, Papers
from services.gateway.events import arrival
from services.gateway.media.folder import Folder
from services.gateway.media.refusals import FileRefused
from services.gateway.messages import Media, Provider
from services.gateway.storing import Storing

if TYPE_CHECKING:
    from services.gateway.media.fetching import Fetched, Fetcher

log = logs.get(__name__)

# Each may be as large as a file is, on the disk.
_AT_A_TIME = 4
_LOOK_SECONDS = 0.5
_MOST_TRIES = 3
# After the first failure; twice as long after each further one, and no longer than the second.
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 10.0
# What handing a file on may take besides fetching it.
_SPARE_SECONDS = 30.0
# While the profile service is away; such a try does not count.
_AWAY_SECONDS = 2.0
# All parts of a document but the last, as the contract has it.
_PART_BYTES = 1024 * 1024

# In the transaction of the turn. A message that is replayed wants the same once more, and nothing else.
ASK = Statement(
    "gateway.download_ask",
    """
    INSERT INTO gateway.download (person_id, provider, claim_id, request_id, files)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bytea[])
    ON CONFLICT (request_id) DO NOTHING
    """,
)

_TAKE = Statement(
    "gateway.download_take",
    """
    WITH clock AS MATERIALIZED (SELECT chassis.now() AS now),
    due AS MATERIALIZED (
        SELECT download_id FROM gateway.download WHERE due_at <= (SELECT now FROM clock)
        ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
    )
    UPDATE gateway.download d
    SET tries = d.tries + 1, due_at = (SELECT now FROM clock) + make_interval(secs => $2)
    WHERE d.download_id = ANY(ARRAY(SELECT download_id FROM due))
    RETURNING d.download_id, d.person_id, d.provider, d.claim_id, d.request_id, d.files, d.tries,
              (SELECT now FROM clock) AS now
    """,
)

_PUT_OFF = Statement(
    "gateway.download_put_off",
    """
    UPDATE gateway.download SET due_at = chassis.now() + make_interval(secs => $2), tries = tries - $3
    WHERE download_id = $1
    """,
)

_DONE = Statement("gateway.download_done", "DELETE FROM gateway.download WHERE download_id = $1")

# What the profile service says of documents that it does not take, as their sender hears it.
_TOLD = {
    "DOCUMENT_TOO_LARGE": events_pb2.FILE_REFUSAL_TOO_LARGE,
    "DOCUMENTS_TOO_MANY": events_pb2.FILE_REFUSAL_TOO_MANY,
    "CLAIM_CLOSED": events_pb2.FILE_REFUSAL_CLOSED,
    "CLAIM_NOT_FOUND": events_pb2.FILE_REFUSAL_CLOSED,
}


@record
class Job:
    """A row that is being worked on."""

    download_id: int
    person_id: int
    provider: Provider
    claim_id: int | None
    request_id: str
    files: tuple[Media, ...]
    tries: int
    now: datetime


def row(person_id: int, provider: str, request_id: str, papers: Papers) -> tuple[Any, ...]:
    """What a turn wants fetched, in the order of ASK's arrays."""
    files = [[one.mime, one.id, one.url] for one in papers.files[:MOST_FILES]]
    return (person_id, provider, papers.claim_id, f"{request_id}:papers", orjson.dumps(files))


class Downloads:
    """Works on rows until cancelled."""

    def __init__(
        self,
        database: Database,
        telemetry: Telemetry,
        *,
        fetcher: "Callable[[], Awaitable[Fetcher]]",
        folder: Folder,
        insurances: Insurances,
        store: Storing,
        seconds: float,
    ) -> None:
        """`seconds` is how long one file may take."""
        self._database = database
        self._fetcher = fetcher
        self._folder = folder
        self._insurances = insurances
        self._store = store
        self._lease_seconds = seconds * MOST_FILES + _SPARE_SECONDS
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = telemetry.counter("downloads", "messages whose files were fetched, by how it ended")

    async def run(self) -> None:
        """Take rows as there is room for them."""
        try:
            while True:
                taken = await self._take(_AT_A_TIME - len(self._tasks))
                for job in taken:
                    task = asyncio.create_task(self._work(job))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                if not taken:
                    await asyncio.sleep(_LOOK_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def _take(self, most: int) -> list[Job]:
        if most <= 0:
            return []
        try:
            rows = await self._database.fetch(_TAKE, most, self._lease_seconds)
        except errors.HailwireError as error:
            log.warning("files cannot be fetched", reason=error.reason)
            return []
        return [_job(one) for one in rows]

    async def _work(self, job: Job) -> None:
        """One row from beginning to end; what goes wrong with the row itself is left to its next due time."""
        try:
            ending = await self._ending(job)
            self._ended.add(1, ending=ending)
        except errors.HailwireError as error:
            log.warning("files are fetched again later", download_id=job.download_id, reason=error.reason)
        except Exception as error:
            log.exception("files are fetched again later", error, download_id=job.download_id)

    async def _ending(self, job: Job) -> str:
        if job.tries > _MOST_TRIES:  # each time its process died, or something is wrong with us
            return await self._refuse(job, events_pb2.FILE_REFUSAL_UNREACHABLE)
        try:
            documents = await self._documents(job)
        except FileRefused as refusal:
            return await self._refuse(job, refusal.told)
        except errors.Unavailable as error:
            if not error.reason.startswith("FILE_"):
                return await self._away(job)
            if job.tries >= _MOST_TRIES:
                return await self._refuse(job, events_pb2.FILE_REFUSAL_UNREACHABLE)
            wait = min(_FIRST_WAIT_SECONDS * 2 ** (job.tries - 1), _LONGEST_WAIT_SECONDS)
            await self._database.execute(_PUT_OFF, job.download_id, wait, 0)
            return "again"
        except errors.HailwireError as error:
            return await self._unwanted(job, error)
        try:
            await self._hand_on(job, documents)
        except errors.HailwireError as error:
            return await self._unwanted(job, error)
        await self._database.execute(_DONE, job.download_id)
        return "done"

    async def _documents(self, job: Job) -> list[pb.Document]:
        """Every file fetched, stored part by part, and removed."""
        fetcher = await self._fetcher()
        documents = []
        for number, media in enumerate(job.files):
            async with self._folder.place() as path:
                fetched = await fetcher.fetch(job.provider, media, path)
                documents.append(await self._stored(job, f"{job.request_id}:{number}", fetched))
        return documents

    async def _stored(self, job: Job, key: str, fetched: "Fetched") -> pb.Document:
        file = await asyncio.to_thread(fetched.path.open, "rb")
        with contextlib.closing(file):
            position = 0
            while part := await asyncio.to_thread(file.read, _PART_BYTES):
                await self._insurances.put_part(
                    pb.PutDocumentPartRequest(
                        document_key=key, person_id=job.person_id, position=position, content=part
                    )
                )
                position += 1
        return pb.Document(document_key=key, mime_type=fetched.mime_type, size=fetched.size, sha256=fetched.sha256)

    async def _hand_on(self, job: Job, documents: Sequence[pb.Document]) -> None:
        if job.claim_id is None:
            await self._insurances.submit(
                pb.SubmitCertificateRequest(request_id=job.request_id, person_id=job.person_id, documents=documents)
            )
            return
        await self._insurances.add_documents(
            pb.AddClaimDocumentsRequest(
                request_id=job.request_id, person_id=job.person_id, claim_id=job.claim_id, documents=documents
            )
        )

    async def _unwanted(self, job: Job, error: errors.HailwireError) -> str:
        """The profile service did not take it: for now, or for good."""
        if errors.is_transient(error):
            return await self._away(job)
        if error.reason == "PERSON_NOT_FOUND":  # erased meanwhile
            await self._database.execute(_DONE, job.download_id)
            return "nobody"
        if error.reason not in _TOLD:
            log.exception("documents are not taken", error, download_id=job.download_id, reason=error.reason)
        return await self._refuse(job, _TOLD.get(error.reason, events_pb2.FILE_REFUSAL_UNREACHABLE))

    async def _away(self, job: Job) -> str:
        await self._database.execute(_PUT_OFF, job.download_id, _AWAY_SECONDS, 1)
        return "away"

    async def _refuse(self, job: Job, why: events_pb2.FileRefusal.ValueType) -> str:
        """Tell the sender why, once: the event is known by the row."""
        event = events_pb2.Event(
            event_id=job.download_id,
            kind=events_pb2.EVENT_KIND_FILE_REFUSED,
            recipient_id=job.person_id,
            file_refusal=why,
        )
        event.create_time.FromDatetime(job.now)
        await self._store([arrival(event, source="gateway")])
        await self._database.execute(_DONE, job.download_id)
        return "refused"


def _job(one: Any) -> Job:
    return Job(
        download_id=one["download_id"],
        person_id=one["person_id"],
        provider=Provider(one["provider"]),
        claim_id=one["claim_id"],
        request_id=one["request_id"],
        files=tuple(Media(mime=mime, id=media_id, url=url) for mime, media_id, url in orjson.loads(one["files"])),
        tries=one["tries"],
        now=one["now"],
    )
