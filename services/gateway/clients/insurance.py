"""Insurance: the profile service's InsuranceService, and what one person does with it."""

import grpc

from chassis.coalesce import Coalescer
from hailwire.profile.v1 import insurance_pb2 as pb
from hailwire.profile.v1 import insurance_pb2_grpc
from services.gateway.clients.batching import Peer, batched

SERVICE = pb.DESCRIPTOR.services_by_name["InsuranceService"].full_name


class Insurances:
    """Single calls that travel in batches; parts of documents, which are large, each alone."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        stub = insurance_pb2_grpc.InsuranceServiceStub(channel)
        self._stub = stub
        self._peer = Peer("profile", channel, SERVICE)
        self.get: Coalescer[int, pb.Insurance] = batched(
            self._peer,
            "get_insurance",
            stub.BatchGetInsurances,
            lambda items: pb.BatchGetInsurancesRequest(person_ids=items),
            lambda result: result.insurance,
        )
        self.submit: Coalescer[pb.SubmitCertificateRequest, pb.Certificate] = batched(
            self._peer,
            "submit_certificate",
            stub.BatchSubmitCertificates,
            lambda items: pb.BatchSubmitCertificatesRequest(requests=items),
            lambda result: result.certificate,
        )
        self.make_claim: Coalescer[pb.MakeClaimRequest, pb.Claim] = batched(
            self._peer,
            "make_claim",
            stub.BatchMakeClaims,
            lambda items: pb.BatchMakeClaimsRequest(requests=items),
            _claim,
        )
        self.add_documents: Coalescer[pb.AddClaimDocumentsRequest, pb.Claim] = batched(
            self._peer,
            "add_claim_documents",
            stub.BatchAddClaimDocuments,
            lambda items: pb.BatchAddClaimDocumentsRequest(requests=items),
            _claim,
        )

    async def put_part(self, request: pb.PutDocumentPartRequest) -> None:
        """Store a part of a document."""
        await self._peer.call(self._stub.PutDocumentPart(request))

    async def claims(self, person_id: int, most: int) -> list[pb.Claim]:
        """A person's latest claims, newest first."""
        request = pb.ListClaimsRequest(person_id=person_id, page_size=most)
        response = await self._peer.call(self._stub.ListClaims(request))
        return list(response.claims)


class PersonalInsurance:
    """Implements conversations.insurance_world.Insurance for one person and one message."""

    def __init__(self, insurances: Insurances, person_id: int, key: str) -> None:
        self._insurances = insurances
        self._person_id = person_id
        self._key = key

    async def status(self) -> pb.Insurance:
        """As of now."""
        return await self._insurances.get(self._person_id)

    async def make_claim(self, step: str, description: str) -> pb.Claim:
        """A new one."""
        return await self._insurances.make_claim(
            pb.MakeClaimRequest(request_id=f"{self._key}:{step}", person_id=self._person_id, description=description)
        )

    async def claims(self, most: int) -> list[pb.Claim]:
        """The latest, newest first."""
        return await self._insurances.claims(self._person_id, most)


def _claim(result: pb.ClaimResult) -> pb.Claim:
    return result.claim
