"""Certificates, claims and documents through the service's own door, and what operators and time do with them."""

import asyncio
import datetime
import hashlib
import uuid
from collections.abc import AsyncIterator

import grpc
import pytest

from chassis import errors
from chassis.settings import load
from hailwire.profile.v1 import erasure_pb2, erasure_pb2_grpc
from hailwire.profile.v1 import insurance_pb2 as pb
from hailwire.trips.v1 import events_pb2
from services.profile.app import open_service
from services.profile.insurance import reminding
from services.profile.insurance.certificate import RejectionReason
from services.profile.insurance.claim import MOST_OPEN_CLAIMS, ClaimState
from services.profile.insurance.document import MOST_DOCUMENTS
from services.profile.settings import ProfileSettings
from tests.chassis.polling import until_awaited
from tests.profile.calls import resolve, user, whatsapp
from tests.profile.insured import PART, PDF, Office, open_office
from tests.profile.wallets import reason

MEGABYTE = 1024 * 1024


@pytest.fixture
async def channel(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[grpc.aio.Channel]:
    """A replica that looks for what is due all the time."""
    monkeypatch.setattr(reminding, "LOOK_SECONDS", 0.05)
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": fresh_database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
    }
    async with (
        open_service(load(ProfileSettings, environ)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        yield channel


@pytest.fixture
async def office(channel: grpc.aio.Channel, fresh_database_url: str) -> AsyncIterator[Office]:
    """Its services."""
    async with open_office(channel, fresh_database_url) as office:
        yield office


def in_days(days: int) -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=days)


async def shift(office: Office, days: int) -> None:
    """Let so many days pass for everybody."""
    await office.fetch("UPDATE chassis.clock SET shift = shift + make_interval(days => $1)", days)


async def actions(office: Office, person_id: int) -> list[str]:
    sql = "SELECT action FROM profile.audit WHERE person_id = $1 ORDER BY audit_id"
    return [row["action"] for row in await office.fetch(sql, person_id)]


async def test_a_certificate_from_hand_to_expiry(office: Office) -> None:
    """Handed in, approved, good, and expired on the database's clock; each step is told and audited."""
    person_id = await office.newcomer()
    assert not (await office.standing(person_id)).HasField("latest")
    handed_in = await office.handed_in(person_id)
    assert (handed_in.state, handed_in.document_count) == (pb.CERTIFICATE_STATE_SUBMITTED, 1)
    assert not (await office.standing(person_id)).covered
    async with office.operator() as operator:
        await operator.approve(handed_in.certificate_id, in_days(30))
    standing = await office.standing(person_id)
    assert standing.covered
    assert standing.latest.state == pb.CERTIFICATE_STATE_APPROVED
    assert standing.cover_expire_time == standing.latest.expire_time
    assert [event.kind for event in await office.told()] == [
        events_pb2.EVENT_KIND_CERTIFICATE_RECEIVED,
        events_pb2.EVENT_KIND_CERTIFICATE_REVIEWED,
    ]
    await shift(office, 40)
    assert not (await office.standing(person_id)).covered  # at once, whoever has not looked yet

    async def expired() -> bool:
        return (await office.standing(person_id)).latest.state == pb.CERTIFICATE_STATE_EXPIRED

    await until_awaited(expired)
    (event,) = await office.told()
    assert (event.kind, event.recipient_id) == (events_pb2.EVENT_KIND_CERTIFICATE_EXPIRED, person_id)
    assert await actions(office, person_id) == [
        "person.created",
        "insurance.submitted",
        "insurance.approved",
        "insurance.expired",
    ]


async def test_reminders_come_once_each(office: Office) -> None:
    """Two weeks and three days before the end, and never for somebody whose other certificate is good for longer."""
    ann, bob = await office.newcomer(), await office.newcomer()
    async with office.operator() as operator:
        for person_id, days in ((ann, 30), (bob, 30), (bob, 300)):
            await operator.approve((await office.handed_in(person_id)).certificate_id, in_days(days))
    await office.told()
    heard: list[events_pb2.Event] = []
    for days in (17, 11, 3):
        await shift(office, days)

        async def looked() -> bool:
            rows = await office.fetch("SELECT count(*) AS due FROM profile.certificate WHERE due_at <= chassis.now()")
            return bool(rows[0]["due"] == 0)

        await until_awaited(looked)
        heard += await office.told()
    assert [(event.recipient_id, event.kind) for event in heard] == [
        (ann, events_pb2.EVENT_KIND_CERTIFICATE_EXPIRES_SOON),
        (ann, events_pb2.EVENT_KIND_CERTIFICATE_EXPIRES_SOON),
        (ann, events_pb2.EVENT_KIND_CERTIFICATE_EXPIRED),
    ]


async def test_replicas_share_what_is_due(office: Office, fresh_database_url: str) -> None:
    """However many look at the same moment, each person hears of an expiry once."""
    people = [await office.newcomer() for _ in range(10)]
    async with office.operator() as operator:
        for person_id in people:
            await operator.approve((await office.handed_in(person_id)).certificate_id, in_days(2))
    await office.told()
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": fresh_database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
    }
    async with open_service(load(ProfileSettings, environ)):
        await shift(office, 5)

        async def done() -> bool:
            rows = await office.fetch("SELECT count(*) AS open FROM profile.certificate WHERE state = 2")
            return bool(rows[0]["open"] == 0)

        await until_awaited(done)
    assert sorted(event.recipient_id for event in await office.told()) == people


async def test_pages_are_added_to_what_waits(office: Office) -> None:
    """A second page belongs to the certificate that waits; once that is decided, a new one begins."""
    person_id = await office.newcomer()
    first = await office.handed_in(person_id)
    second = await office.handed_in(person_id)
    assert (second.certificate_id, second.document_count) == (first.certificate_id, 2)
    async with office.operator() as operator:
        await operator.reject(first.certificate_id, RejectionReason.UNREADABLE)
        with pytest.raises(errors.Refused, match="certificate decided"):
            await operator.approve(first.certificate_id, in_days(30))
    latest = (await office.standing(person_id)).latest
    assert latest.rejection_reason == pb.REJECTION_REASON_UNREADABLE
    third = await office.handed_in(person_id)
    assert (third.certificate_id > first.certificate_id, third.document_count) == (True, 1)


async def test_a_repeat_hands_in_once(office: Office) -> None:
    """The same request id finds the first outcome, also after its parts came again; other content is refused."""
    person_id, request_id = await office.newcomer(), uuid.uuid4().hex
    document = await office.put(person_id, key="once")
    first = await office.submit(person_id, document, request_id=request_id)
    assert await office.put(person_id, key="once") == document
    assert await office.submit(person_id, document, request_id=request_id) == first
    other = await office.put(person_id, PDF + b"another")
    assert reason(await office.submit(person_id, other, request_id=request_id)) == "REQUEST_ID_REUSED"
    assert (await office.standing(person_id)).latest.document_count == 1


async def test_five_megabytes_and_not_one_byte_more(office: Office) -> None:
    """A document of exactly 5 MB comes out as it went in; one byte more is refused, whoever sends its parts."""
    person_id = await office.newcomer()
    content = (PDF + bytes(range(256)) * 20_480)[: 5 * MEGABYTE]
    result = await office.submit(person_id, await office.put(person_id, content))
    assert result.certificate.document_count == 1
    async with office.operator() as operator:
        _, (paper,) = await operator.certificate(result.certificate.certificate_id)
        assert (paper.mime_type, paper.size) == ("application/pdf", 5 * MEGABYTE)
        assert b"".join([part async for part in operator.content(paper.document_id)]) == content
    assert (await actions(office, person_id))[-1] == "insurance.document_read"
    with pytest.raises(grpc.aio.AioRpcError, match="document too large"):
        await office.put(person_id, content + b"x")
    told = pb.Document(document_key="k", mime_type="image/png", size=5 * MEGABYTE + 1, sha256=bytes(32))
    assert reason(await office.submit(person_id, told)) == "DOCUMENT_TOO_LARGE"


async def test_what_is_not_whole_is_not_taken(office: Office) -> None:
    """A part that is missing, another length, another digest, another type, or somebody else's."""
    person_id, other = await office.newcomer(), await office.newcomer()
    gap = await office.put(person_id, PDF + bytes(2 * PART), but=1)
    assert reason(await office.submit(person_id, gap)) == "DOCUMENT_INCOMPLETE"
    for field, value, refused in (
        ("size", len(PDF) - 1, "DOCUMENT_INCOMPLETE"),
        ("sha256", hashlib.sha256(b"").digest(), "DOCUMENT_INCOMPLETE"),
        ("sha256", b"", "DOCUMENT_INVALID"),
        ("mime_type", "text/html", "DOCUMENT_INVALID"),
        ("document_key", "unknown", "DOCUMENT_INCOMPLETE"),
    ):
        document = await office.put(person_id)
        setattr(document, field, value)
        assert reason(await office.submit(person_id, document)) == refused, field
    theirs = await office.put(other)
    assert reason(await office.submit(person_id, theirs)) == "DOCUMENT_INCOMPLETE"
    with pytest.raises(grpc.aio.AioRpcError, match="document invalid"):
        await office.put(person_id, key=theirs.document_key)
    assert not (await office.standing(person_id)).HasField("latest")


async def test_claims_with_documents(office: Office) -> None:
    """A claim is made, documented, moved on and told of; what is decided takes nothing more."""
    person_id = await office.newcomer()
    claim = (await office.claim(person_id)).claim
    added = (await office.add(person_id, claim.claim_id, await office.put(person_id))).claim
    assert (added.document_count, added.state) == (1, pb.CLAIM_STATE_SUBMITTED)
    async with office.operator() as operator:
        found, words, (paper,) = await operator.claim(claim.claim_id)
        assert (found.person_id, words, paper.size) == (person_id, "A bus hit me.", len(PDF))
        await operator.move(claim.claim_id, ClaimState.IN_REVIEW)
        await operator.move(claim.claim_id, ClaimState.ACCEPTED)
        with pytest.raises(errors.Refused, match="claim closed"):
            await operator.move(claim.claim_id, ClaimState.REJECTED)
    refused = await office.add(person_id, claim.claim_id, await office.put(person_id))
    assert reason(refused) == "CLAIM_CLOSED"
    stranger = await office.newcomer()
    assert reason(await office.add(stranger, claim.claim_id, await office.put(stranger))) == "CLAIM_NOT_FOUND"
    assert [event.kind for event in await office.told()] == [
        events_pb2.EVENT_KIND_CLAIM_DOCUMENTS_RECEIVED,
        events_pb2.EVENT_KIND_CLAIM_MOVED,
        events_pb2.EVENT_KIND_CLAIM_MOVED,
    ]


async def test_there_are_limits(office: Office) -> None:
    """Ten documents of one thing, five claims that nobody has decided, and a description that says something."""
    person_id = await office.newcomer()
    documents = [await office.put(person_id) for _ in range(MOST_DOCUMENTS + 1)]
    assert reason(await office.submit(person_id, *documents)) == "DOCUMENTS_TOO_MANY"
    assert (await office.submit(person_id, *documents[1:])).certificate.document_count == MOST_DOCUMENTS
    assert reason(await office.submit(person_id, documents[0])) == "DOCUMENTS_TOO_MANY"
    for _ in range(MOST_OPEN_CLAIMS):
        assert (await office.claim(person_id)).HasField("claim")
    assert reason(await office.claim(person_id)) == "CLAIMS_TOO_MANY"
    assert (await office.standing(person_id)).open_claim_count == MOST_OPEN_CLAIMS
    for words in ("", " \n ", "x" * 5000):
        assert reason(await office.claim(person_id, words)) == "DESCRIPTION_INVALID"
    assert reason(await office.claim(10**12)) == "PERSON_NOT_FOUND"


async def test_the_limit_holds_when_all_come_at_once(office: Office) -> None:
    """Claims that are made at the same moment are counted one after the other."""
    person_id = await office.newcomer()
    results = await asyncio.gather(*(office.claim(person_id) for _ in range(12)))
    assert sum(result.HasField("claim") for result in results) == MOST_OPEN_CLAIMS


async def test_claims_are_listed_page_by_page(office: Office) -> None:
    """Newest first, without the words that people wrote; of whoever has none the list is empty."""
    person_id = await office.newcomer()
    made = [(await office.claim(person_id)).claim.claim_id for _ in range(3)]
    page = await office.claims(person_id, page_size=2)
    rest = await office.claims(person_id, page_size=2, page_token=page.next_page_token)
    assert [claim.claim_id for claim in (*page.claims, *rest.claims)] == made[::-1]
    assert rest.next_page_token == ""
    assert not (await office.claims(await office.newcomer())).claims


async def test_two_who_are_one_are_insured_together(office: Office) -> None:
    """After a merge either id shows the cover, and what waits and what was claimed are the survivor's."""
    number, ident = whatsapp(), user()
    older, younger = await resolve(office.people, number), await resolve(office.people, ident)
    certificate = await office.handed_in(younger.person_id)
    await office.claim(younger.person_id)
    loose = await office.put(younger.person_id)
    async with office.operator() as operator:
        await operator.approve(certificate.certificate_id, in_days(30))
    merged = await resolve(office.people, number, ident)
    for person_id in (older.person_id, younger.person_id):
        standing = await office.standing(person_id)
        assert (standing.person_id, standing.covered, standing.open_claim_count) == (merged.person_id, True, 1)
    assert len((await office.claims(younger.person_id)).claims) == 1
    assert (await office.submit(merged.person_id, loose)).HasField("certificate")


async def test_an_erasure_takes_papers_and_words_along(channel: grpc.aio.Channel, office: Office) -> None:
    """No document, certificate or claim of an erased person is left, and nothing more is taken for them."""
    person_id = await office.newcomer()
    await office.handed_in(person_id)
    claim = (await office.claim(person_id)).claim
    await office.add(person_id, claim.claim_id, await office.put(person_id))
    await office.put(person_id)
    erasing = erasure_pb2_grpc.ErasureServiceStub(channel)
    await erasing.ErasePerson(
        erasure_pb2.ErasePersonRequest(request_id=uuid.uuid4().hex, person_id=person_id, actor="operator:eve")
    )
    for table in ("certificate", "claim", "document", "document_part"):
        assert not await office.fetch(f"SELECT FROM profile.{table}"), table
    with pytest.raises(grpc.aio.AioRpcError, match="person not found"):
        await office.put(person_id)


async def test_what_belongs_to_nothing_goes_after_a_day(office: Office) -> None:
    """Parts that were never handed in are removed by the schedule; what was handed in stays."""
    person_id = await office.newcomer()
    await office.handed_in(person_id)
    await office.put(person_id)
    await shift(office, 2)
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": office.database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
    }
    async with open_service(load(ProfileSettings, environ)):  # it looks when it starts

        async def tidied() -> bool:
            return len(await office.fetch("SELECT FROM profile.document")) == 1

        await until_awaited(tidied)
