"""Certificates and claims from their rows."""

from typing import Any

from services.profile.insurance.certificate import Certificate, CertificateState, RejectionReason
from services.profile.insurance.claim import Claim, ClaimState


def certificate(row: Any, person_id: int | None = None) -> Certificate:
    """From the columns of a certificate; `person_id` where the row has none."""
    return Certificate(
        certificate_id=row["certificate_id"],
        person_id=row["person_id"] if person_id is None else person_id,
        state=CertificateState(row["state"]),
        reason=RejectionReason(row["reason"]),
        document_count=row["document_count"],
        submitted_at=row["submitted_at"],
        expires_at=row["expires_at"],
    )


def claim(row: Any) -> Claim:
    """From the columns of a claim."""
    return Claim(
        claim_id=row["claim_id"],
        person_id=row["person_id"],
        state=ClaimState(row["state"]),
        document_count=row["document_count"],
        submitted_at=row["submitted_at"],
    )
