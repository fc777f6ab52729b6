"""Insurance for tests: people, documents in parts, certificates, claims, and an operator."""

import contextlib
import hashlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import grpc

from hailwire.profile.v1 import insurance_pb2 as pb
from hailwire.profile.v1 import insurance_pb2_grpc, profile_pb2_grpc
from hailwire.trips.v1 import events_pb2, events_pb2_grpc
from services.profile.insurance.operating import Operator, open_operator
from tests.profile.calls import resolve, sms
from tests.profile.wallets import TRANSIENT, reason

if TYPE_CHECKING:
    from hailwire.profile.v1.insurance_pb2_grpc import InsuranceServiceAsyncStub as Insurance
    from hailwire.profile.v1.profile_pb2_grpc import ProfileServiceAsyncStub as People
else:
    Insurance = People = Any

PART = 1024 * 1024
PDF = b"%PDF-1.7 a certificate"


@dataclass(frozen=True)
class Office:
    """The services of one replica and the database behind it."""

    people: People
    insurance: Insurance
    events: Any
    database_url: str

    async def newcomer(self) -> int:
        return (await resolve(self.people, sms())).person_id

    async def put(self, person_id: int, content: bytes = PDF, *, key: str = "", but: int | None = None) -> pb.Document:
        """A document part by part, `but` one of them."""
        key = key or uuid.uuid4().hex
        for position, start in enumerate(range(0, len(content), PART)):
            if position != but:
                part = content[start : start + PART]
                await self.insurance.PutDocumentPart(
                    pb.PutDocumentPartRequest(document_key=key, person_id=person_id, position=position, content=part)
                )
        digest = hashlib.sha256(content).digest()
        return pb.Document(document_key=key, mime_type="application/pdf", size=len(content), sha256=digest)

    async def submit(self, person_id: int, *documents: pb.Document, request_id: str = "") -> pb.CertificateResult:
        request = pb.SubmitCertificateRequest(
            request_id=request_id or uuid.uuid4().hex, person_id=person_id, documents=documents
        )
        batch = pb.BatchSubmitCertificatesRequest(requests=[request])
        result: pb.CertificateResult = await _settled(self.insurance.BatchSubmitCertificates, batch)
        return result

    async def handed_in(self, person_id: int) -> pb.Certificate:
        result = await self.submit(person_id, await self.put(person_id))
        assert result.HasField("certificate"), result
        return result.certificate

    async def claim(self, person_id: int, words: str = "A bus hit me.", request_id: str = "") -> pb.ClaimResult:
        request = pb.MakeClaimRequest(request_id=request_id or uuid.uuid4().hex, person_id=person_id, description=words)
        batch = pb.BatchMakeClaimsRequest(requests=[request])
        result: pb.ClaimResult = await _settled(self.insurance.BatchMakeClaims, batch)
        return result

    async def add(self, person_id: int, claim_id: int, *documents: pb.Document) -> pb.ClaimResult:
        request = pb.AddClaimDocumentsRequest(
            request_id=uuid.uuid4().hex, person_id=person_id, claim_id=claim_id, documents=documents
        )
        batch = pb.BatchAddClaimDocumentsRequest(requests=[request])
        result: pb.ClaimResult = await _settled(self.insurance.BatchAddClaimDocuments, batch)
        return result

    async def standing(self, person_id: int) -> pb.Insurance:
        request = pb.BatchGetInsurancesRequest(person_ids=[person_id])
        (result,) = (await self.insurance.BatchGetInsurances(request)).results
        assert result.HasField("insurance"), result
        return result.insurance

    async def claims(self, person_id: int, **values: Any) -> pb.ListClaimsResponse:
        return await self.insurance.ListClaims(pb.ListClaimsRequest(person_id=person_id, **values))

    async def told(self) -> list[events_pb2.Event]:
        """What people are to hear, taken and acknowledged."""
        taken = list((await self.events.TakeEvents(events_pb2.TakeEventsRequest(taker_id="test"))).events)
        ids = [event.event_id for event in taken]
        await self.events.AcknowledgeEvents(events_pb2.AcknowledgeEventsRequest(event_ids=ids))
        return taken

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(sql, *arguments))
        finally:
            await connection.close()

    def operator(self) -> contextlib.AbstractAsyncContextManager[Operator]:
        return open_operator(self.database_url, {}, "tester")


async def _settled(call: Any, batch: Any) -> Any:
    """The answer to the only request; what failed for a moment only is sent again, as every caller does."""
    while True:
        (result,) = (await call(batch)).results
        if reason(result) not in TRANSIENT:
            return result


@contextlib.asynccontextmanager
async def open_office(channel: grpc.aio.Channel, database_url: str) -> AsyncIterator[Office]:
    people: People = profile_pb2_grpc.ProfileServiceStub(channel)
    insurance: Insurance = insurance_pb2_grpc.InsuranceServiceStub(channel)
    yield Office(people, insurance, events_pb2_grpc.EventsServiceStub(channel), database_url)
