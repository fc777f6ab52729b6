"""What a certificate is, and what may become of it. Plain values in, plain values or an error out."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum

from chassis import errors
from chassis.records import record


class CertificateNotFound(errors.NotFound):
    """There is no certificate with that id."""

    reason = "CERTIFICATE_NOT_FOUND"


class CertificateDecided(errors.Refused):
    """An operator has decided before, or time has."""

    reason = "CERTIFICATE_DECIDED"


class ExpiryInvalid(errors.InvalidArgument):
    """A certificate that is approved has to be good for a while, and for years at most."""

    reason = "EXPIRY_INVALID"


class CertificateState(IntEnum):
    """As in the contract."""

    SUBMITTED = 1
    APPROVED = 2
    REJECTED = 3
    EXPIRED = 4


class RejectionReason(IntEnum):
    """As in the contract."""

    NONE = 0
    UNREADABLE = 1
    NOT_A_CERTIFICATE = 2
    OUT_OF_DATE = 3
    NOT_THEIRS = 4
    INCOMPLETE = 5
    OTHER = 6


# Whoever types 2206 for 2026 should hear of it.
_LONGEST = datetime.timedelta(days=5 * 366)


@record
class Certificate:
    """One that was handed in."""

    certificate_id: int
    person_id: int
    state: CertificateState
    reason: RejectionReason
    document_count: int
    submitted_at: datetime.datetime
    expires_at: datetime.datetime | None = None


@record
class Cover:
    """How a person stands."""

    person_id: int
    covered_until: datetime.datetime | None
    """Until when the approved certificate that is good for longest is; None when none is good now."""
    latest: Certificate | None
    open_claims: int


@record
class Reminding:
    """What is to be done about an approved certificate whose time has come."""

    certificate: Certificate
    due_at: datetime.datetime | None
    """When to look at it next; None: never."""
    told: bool
    """Whether its person hears of it: not while another certificate is good for longer."""


def approved(certificate: Certificate, expires_at: datetime.datetime, now: datetime.datetime) -> Certificate:
    """The certificate once an operator has taken it; raises CertificateDecided or ExpiryInvalid."""
    if certificate.state is not CertificateState.SUBMITTED:
        raise CertificateDecided
    if not now < expires_at <= now + _LONGEST:
        raise ExpiryInvalid
    return replace(certificate, state=CertificateState.APPROVED, expires_at=expires_at)


def rejected(certificate: Certificate, reason: RejectionReason) -> Certificate:
    """The certificate once an operator has not taken it, or has taken an approval back; raises CertificateDecided."""
    if certificate.state not in {CertificateState.SUBMITTED, CertificateState.APPROVED}:
        raise CertificateDecided
    return replace(certificate, state=CertificateState.REJECTED, reason=reason)


def next_due(expires_at: datetime.datetime, now: datetime.datetime, reminder_days: Sequence[int]) -> datetime.datetime:
    """The first reminder that is still to come, or the expiry itself. What was slept through is not caught up."""
    moments = sorted(expires_at - datetime.timedelta(days=days) for days in reminder_days)
    return next((moment for moment in moments if moment > now), expires_at)


def reminded(
    certificate: Certificate,
    other_until: datetime.datetime | None,
    now: datetime.datetime,
    reminder_days: Sequence[int],
) -> Reminding:
    """What happens to an approved certificate whose due time is over.

    `other_until` is until when any other approved certificate of the person is good.
    """
    expires_at = certificate.expires_at
    if expires_at is None:
        raise CertificateDecided  # the table holds no approved one without
    if expires_at <= now:
        expired = replace(certificate, state=CertificateState.EXPIRED)
        return Reminding(expired, None, told=other_until is None or other_until <= now)
    due_at = next_due(expires_at, now, reminder_days)
    return Reminding(certificate, due_at, told=other_until is None or other_until <= expires_at)
