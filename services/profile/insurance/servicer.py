"""Translates between the contract's messages and the store; decides nothing."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from google.protobuf.message import Message

from chassis import changes, errors, ledger, pages
from hailwire.profile.v1 import insurance_pb2 as pb
from hailwire.profile.v1 import insurance_pb2_grpc
from services.profile.insurance import claim, messages, rows
from services.profile.insurance.document import Part, check_documents
from services.profile.insurance.orders import MoreDocuments, NewClaim, Order, Submission
from services.profile.insurance.store import InsuranceStore
from services.profile.sealing import Sealer

Item = TypeVar("Item", pb.SubmitCertificateRequest, pb.MakeClaimRequest, pb.AddClaimDocumentsRequest)
Result = TypeVar("Result", pb.CertificateResult, pb.ClaimResult)


class InsuranceServicer(insurance_pb2_grpc.InsuranceServiceServicer):
    """InsuranceService over the store."""

    def __init__(self, store: InsuranceStore, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    async def BatchGetInsurances(
        self, request: pb.BatchGetInsurancesRequest, context: object
    ) -> pb.BatchGetInsurancesResponse:
        """Reads how each person stands."""
        pages.check_batch(request.person_ids)
        covers = await self._store.covers(request.person_ids)
        return pb.BatchGetInsurancesResponse(results=map(messages.insurance_result, covers))

    async def PutDocumentPart(self, request: pb.PutDocumentPartRequest, context: object) -> pb.PutDocumentPartResponse:
        """Stores one part of a document."""
        await self._store.put_part(Part(request.document_key, request.person_id, request.position, request.content))
        return pb.PutDocumentPartResponse()

    async def BatchSubmitCertificates(
        self, request: pb.BatchSubmitCertificatesRequest, context: object
    ) -> pb.BatchSubmitCertificatesResponse:
        """Hands certificates in."""
        results = await self._carry_out(request.requests, self._submission, pb.CertificateResult)
        return pb.BatchSubmitCertificatesResponse(results=results)

    async def BatchMakeClaims(self, request: pb.BatchMakeClaimsRequest, context: object) -> pb.BatchMakeClaimsResponse:
        """Makes claims."""
        results = await self._carry_out(
            request.requests,
            lambda item: NewClaim(item.person_id, claim.description(item.description)),
            pb.ClaimResult,
        )
        return pb.BatchMakeClaimsResponse(results=results)

    async def BatchAddClaimDocuments(
        self, request: pb.BatchAddClaimDocumentsRequest, context: object
    ) -> pb.BatchAddClaimDocumentsResponse:
        """Adds documents to claims."""
        results = await self._carry_out(request.requests, self._more, pb.ClaimResult)
        return pb.BatchAddClaimDocumentsResponse(results=results)

    async def ListClaims(self, request: pb.ListClaimsRequest, context: object) -> pb.ListClaimsResponse:
        """Lists one person's claims, page by page."""
        page = await self._store.claims(request.person_id, messages.paging(request))
        return pb.ListClaimsResponse(
            claims=[messages.claim(rows.claim(row)) for row in page.rows], next_page_token=page.next_token
        )

    async def _carry_out(
        self, items: Sequence[Item], order: Callable[[Item], Order], result: type[Result]
    ) -> list[Result]:
        """One result per item: what is wrong with it, or what became of it."""
        pages.check_batch(items)
        results: list[Result | None] = []
        orders: list[changes.Request[Order]] = []
        for item in items:
            try:
                ledger.check_request_id(item.request_id)
                orders.append(changes.Request(item.request_id, self._fingerprint(item), order(item)))
                results.append(None)
            except errors.HailwireError as refusal:
                results.append(result(error=errors.to_status(refusal)))
        outcomes = iter(
            [
                result.FromString(outcome) if isinstance(outcome, bytes) else result(error=errors.to_status(outcome))
                for outcome in await self._store.carry_out(orders)
            ]
        )
        return [next(outcomes) if one is None else one for one in results]

    def _submission(self, item: pb.SubmitCertificateRequest) -> Submission:
        documents = messages.documents(item.documents)
        check_documents(documents, self._store.terms.most_bytes)
        return Submission(item.person_id, documents)

    def _more(self, item: pb.AddClaimDocumentsRequest) -> MoreDocuments:
        documents = messages.documents(item.documents)
        check_documents(documents, self._store.terms.most_bytes)
        return MoreDocuments(item.person_id, item.claim_id, documents)

    def _fingerprint(self, item: Message) -> bytes:
        """What was asked, by whomever: a repeat may name the person whom the first one was merged into."""
        asked = type(item)()
        asked.CopyFrom(item)
        asked.ClearField("person_id")
        return self._sealer.fingerprint(asked)
