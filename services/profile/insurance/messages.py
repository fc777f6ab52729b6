"""Insurance between the contract's messages and our own values."""

import datetime
from collections.abc import Iterable

from chassis import errors, pages
from chassis.pages import Paging
from hailwire.profile.v1 import insurance_pb2 as pb
from hailwire.trips.v1 import events_pb2
from services.profile.insurance.certificate import Certificate, Cover
from services.profile.insurance.claim import Claim
from services.profile.insurance.document import Document


def certificate(one: Certificate) -> pb.Certificate:
    """A certificate as the contract says it."""
    message = pb.Certificate(
        certificate_id=one.certificate_id,
        state=pb.CertificateState.ValueType(one.state),
        rejection_reason=pb.RejectionReason.ValueType(one.reason),
        document_count=one.document_count,
    )
    message.submit_time.FromDatetime(one.submitted_at)
    if one.expires_at is not None:
        message.expire_time.FromDatetime(one.expires_at)
    return message


def claim(one: Claim) -> pb.Claim:
    """A claim as the contract says it."""
    message = pb.Claim(
        claim_id=one.claim_id, state=pb.ClaimState.ValueType(one.state), document_count=one.document_count
    )
    message.submit_time.FromDatetime(one.submitted_at)
    return message


def insurance_result(outcome: Cover | errors.HailwireError) -> pb.InsuranceResult:
    """A value or an error."""
    if isinstance(outcome, errors.HailwireError):
        return pb.InsuranceResult(error=errors.to_status(outcome))
    message = pb.Insurance(
        person_id=outcome.person_id,
        covered=outcome.covered_until is not None,
        open_claim_count=outcome.open_claims,
    )
    if outcome.covered_until is not None:
        message.cover_expire_time.FromDatetime(outcome.covered_until)
    if outcome.latest is not None:
        message.latest.CopyFrom(certificate(outcome.latest))
    return pb.InsuranceResult(insurance=message)


def certificate_result(outcome: Certificate | errors.HailwireError) -> pb.CertificateResult:
    """A value or an error."""
    if isinstance(outcome, errors.HailwireError):
        return pb.CertificateResult(error=errors.to_status(outcome))
    return pb.CertificateResult(certificate=certificate(outcome))


def claim_result(outcome: Claim | errors.HailwireError) -> pb.ClaimResult:
    """A value or an error."""
    if isinstance(outcome, errors.HailwireError):
        return pb.ClaimResult(error=errors.to_status(outcome))
    return pb.ClaimResult(claim=claim(outcome))


def documents(messages: Iterable[pb.Document]) -> tuple[Document, ...]:
    """Documents, not yet checked."""
    return tuple(Document(one.document_key, one.mime_type, one.size, one.sha256) for one in messages)


def of_certificate(kind: events_pb2.EventKind.ValueType, one: Certificate, now: datetime.datetime) -> events_pb2.Event:
    """What the person of a certificate hears."""
    event = events_pb2.Event(kind=kind, recipient_id=one.person_id, certificate=certificate(one))
    event.create_time.FromDatetime(now)
    return event


def of_claim(kind: events_pb2.EventKind.ValueType, one: Claim, now: datetime.datetime) -> events_pb2.Event:
    """What the person of a claim hears."""
    event = events_pb2.Event(kind=kind, recipient_id=one.person_id, claim=claim(one))
    event.create_time.FromDatetime(now)
    return event


def paging(request: pb.ListClaimsRequest) -> Paging:
    """Which page; raises PageSizeInvalid."""
    return Paging(size=pages.page_size(request.page_size), token=request.page_token)
