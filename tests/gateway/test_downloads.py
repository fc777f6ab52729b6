"""What becomes of files that turns wanted, on a real database: handed on once, tried again, told of, or given up."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chassis import errors
from chassis.database import Database, DatabaseSettings, Statement, open_database
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from hailwire.profile.v1 import insurance_pb2 as pb
from hailwire.trips.v1 import events_pb2
from services.gateway import downloads
from services.gateway.arrivals import Arrival, Stored
from services.gateway.conversations.papers import Papers
from services.gateway.downloads import Downloads
from services.gateway.media.fetching import Fetched
from services.gateway.media.folder import Folder
from services.gateway.media.refusals import FileTooLarge, FileUnreachable
from services.gateway.messages import Media, Provider
from services.gateway.storing import Storing
from tests.chassis.polling import until_awaited

_WANTED = Statement("test.wanted", "SELECT tries FROM gateway.download")
CONTENT = b"%PDF-" + bytes(2 * 1024 * 1024)


@dataclass
class Desk:
    """A provider and a profile service as far as downloads meet them, and what they were given."""

    database: Database
    folder: Path
    fails: list[Exception] = field(default_factory=list)
    refuses: list[Exception] = field(default_factory=list)
    fetched: int = 0
    parts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    handed_on: list[Any] = field(default_factory=list)
    told: list[Arrival] = field(default_factory=list)

    async def fetch(self, provider: Provider, media: Media, path: Path) -> Fetched:
        self.fetched += 1
        await asyncio.to_thread(path.write_bytes, CONTENT)
        if self.fails:
            raise self.fails.pop(0)
        return Fetched(path, "application/pdf", len(CONTENT), hashlib.sha256(CONTENT).digest())

    async def put_part(self, request: pb.PutDocumentPartRequest) -> None:
        self.parts[request.document_key, request.position] = request.content

    async def submit(self, request: Any) -> None:
        if self.refuses:
            raise self.refuses.pop(0)
        self.handed_on.append(request)

    add_documents = submit

    async def store(self, batch: Sequence[list[Arrival]]) -> list[Stored]:
        self.told += [one for arrivals in batch for one in arrivals]
        return [Stored(len(arrivals), 0) for arrivals in batch]

    async def want(self, claim_id: int | None = None, files: int = 1) -> None:
        papers = Papers(tuple(Media("x/y", id=str(number)) for number in range(files)), claim_id)
        row = downloads.row(7, Provider.WHATSAPP, "key", papers)
        await self.database.execute(downloads.ASK, *([one] for one in row))

    async def over(self) -> None:
        """Nothing is wanted any more, and nothing is left on the disk."""

        async def empty() -> bool:
            return not await self.database.fetch(_WANTED)

        await until_awaited(empty)
        assert not list(self.folder.iterdir())


@pytest.fixture
async def desk(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Downloads at work."""
    given = {"DATABASE_URL": fresh_database_url}
    async with (
        open_telemetry("gateway", load(TelemetrySettings, {})) as telemetry,
        open_database(load(DatabaseSettings, given), application="test", telemetry=telemetry) as database,
    ):
        desk = Desk(database, tmp_path / "media")

        async def fetcher() -> Any:
            return desk

        insurances: Any = desk
        working = Downloads(
            database,
            telemetry,
            fetcher=fetcher,
            folder=Folder(desk.folder),
            insurances=insurances,
            store=Storing(desk.store, desk.store, telemetry=telemetry),
            seconds=5.0,
        )
        task = asyncio.create_task(working.run())
        yield desk
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_files_are_handed_on_in_parts(desk: Desk) -> None:
    """Every file of a message, each under a key of its own, then all of them at once."""
    await desk.want(files=2)
    await desk.over()
    (request,) = desk.handed_on
    assert (request.request_id, request.person_id) == ("key:papers", 7)
    assert [one.document_key for one in request.documents] == ["key:papers:0", "key:papers:1"]
    assert b"".join(desk.parts["key:papers:0", position] for position in range(3)) == CONTENT
    assert not desk.told


async def test_documents_of_a_claim_name_it(desk: Desk) -> None:
    """What was sent for a claim goes to that claim."""
    await desk.want(claim_id=3)
    await desk.over()
    assert desk.handed_on[0].claim_id == 3


async def test_too_large_is_not_tried_again(desk: Desk) -> None:
    """What cannot get better is asked for once, and its sender is told once."""
    desk.fails = [FileTooLarge()]
    await desk.want()
    await desk.over()
    assert desk.fetched == 1
    (arrival,) = desk.told
    event = events_pb2.Event.FromString(arrival.raw)
    assert (event.kind, event.recipient_id) == (events_pb2.EVENT_KIND_FILE_REFUSED, 7)
    assert event.file_refusal == events_pb2.FILE_REFUSAL_TOO_LARGE


@pytest.mark.parametrize("failures", [1, 2, 3])
async def test_three_tries(desk: Desk, failures: int) -> None:
    """What may get better is asked for three times; after the third its sender is told."""
    desk.fails = [FileUnreachable() for _ in range(failures)]
    await desk.want()
    await desk.over()
    assert desk.fetched == min(failures + 1, 3)
    assert (len(desk.handed_on), len(desk.told)) == ((1, 0) if failures < 3 else (0, 1))


async def test_a_service_that_is_away_costs_no_try(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the profile service is away, the file is handed on when it is back."""
    monkeypatch.setattr(downloads, "_AWAY_SECONDS", 0.05)
    desk.refuses = [errors.Unavailable() for _ in range(5)]
    await desk.want()
    await desk.over()
    assert (len(desk.handed_on), desk.told) == (1, [])


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("DOCUMENTS_TOO_MANY", events_pb2.FILE_REFUSAL_TOO_MANY),
        ("CLAIM_CLOSED", events_pb2.FILE_REFUSAL_CLOSED),
        ("PERSON_NOT_FOUND", None),
    ],
)
async def test_what_the_service_refuses_is_told(desk: Desk, reason: str, told: int | None) -> None:
    """In words of its own; of somebody who was erased meanwhile nothing is kept and nothing told."""
    desk.refuses = [errors.Refused(reason=reason)]
    await desk.want(claim_id=3)
    await desk.over()
    assert [events_pb2.Event.FromString(one.raw).file_refusal for one in desk.told] == ([] if told is None else [told])


async def test_a_replayed_message_wants_nothing_twice(desk: Desk) -> None:
    """The same request while it waits is the same row."""
    await asyncio.gather(desk.want(), desk.want())
    await desk.over()
    assert {request.request_id for request in desk.handed_on} == {"key:papers"}
