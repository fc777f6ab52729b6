"""The insurance of a town: the rules and messages of the service itself, over certificates and claims in memory."""

import datetime
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hailwire.profile.v1 import insurance_pb2
from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.papers import Papers
from services.profile.insurance import messages
from services.profile.insurance.certificate import (
    Certificate,
    CertificateState,
    Cover,
    RejectionReason,
    approved,
    rejected,
)
from services.profile.insurance.claim import (
    MOST_OPEN_CLAIMS,
    OPEN_STATES,
    Claim,
    ClaimState,
    ClaimsTooMany,
    description,
)

GOOD_FOR = datetime.timedelta(days=30)


class Office:
    """Certificates and claims by person."""

    def __init__(self) -> None:
        self.certificates: dict[int, Certificate] = {}
        self.claims: dict[int, Claim] = {}
        self.events: list[events_pb2.Event] = []
        # Why the next files are not taken.
        self.refusal = events_pb2.FILE_REFUSAL_UNSPECIFIED
        self._ids = itertools.count(1)

    def take(self, person_id: int, papers: Papers, now: datetime.datetime) -> None:
        """What the gateway fetched, or could not."""
        if self.refusal:
            event = events_pb2.Event(
                kind=events_pb2.EVENT_KIND_FILE_REFUSED, recipient_id=person_id, file_refusal=self.refusal
            )
            self.events.append(event)
        elif papers.claim_id is not None:
            claim = self.claims[papers.claim_id]
            claim = replace(claim, document_count=claim.document_count + len(papers.files))
            self.claims[papers.claim_id] = claim
            self.events.append(messages.of_claim(events_pb2.EVENT_KIND_CLAIM_DOCUMENTS_RECEIVED, claim, now))
        else:
            found = self.certificates.get(person_id)
            if found is None or found.state is not CertificateState.SUBMITTED:
                found = Certificate(
                    next(self._ids), person_id, CertificateState.SUBMITTED, RejectionReason.NONE, 0, now
                )
            found = replace(found, document_count=found.document_count + len(papers.files))
            self.certificates[person_id] = found
            kind = events_pb2.EVENT_KIND_CERTIFICATE_RECEIVED
            self.events.append(messages.of_certificate(kind, found, now))

    def review(self, person_id: int, now: datetime.datetime, *, approve: bool) -> None:
        """An operator decides."""
        found = self.certificates[person_id]
        done = approved(found, now + GOOD_FOR, now) if approve else rejected(found, RejectionReason.UNREADABLE)
        self.certificates[person_id] = done
        self.events.append(messages.of_certificate(events_pb2.EVENT_KIND_CERTIFICATE_REVIEWED, done, now))

    def expire(self, person_id: int, now: datetime.datetime) -> None:
        """Its time is over."""
        done = replace(self.certificates[person_id], state=CertificateState.EXPIRED)
        self.certificates[person_id] = done
        self.events.append(messages.of_certificate(events_pb2.EVENT_KIND_CERTIFICATE_EXPIRED, done, now))

    def claim(self, person_id: int, words: str, now: datetime.datetime) -> insurance_pb2.Claim:
        """A new one."""
        description(words)
        if len([one for one in self.of(person_id) if one.state in OPEN_STATES]) >= MOST_OPEN_CLAIMS:
            raise ClaimsTooMany
        claim = Claim(next(self._ids), person_id, ClaimState.SUBMITTED, 0, now)
        self.claims[claim.claim_id] = claim
        return messages.claim(claim)

    def of(self, person_id: int) -> list[Claim]:
        return [claim for claim in reversed(self.claims.values()) if claim.person_id == person_id]


class PersonsInsurance:
    """The Insurance of one person for one message."""

    def __init__(self, office: Office, me: int, now: datetime.datetime, once: Callable[..., Any]) -> None:
        self._office = office
        self._me = me
        self._now = now
        self._once = once

    async def status(self) -> insurance_pb2.Insurance:
        latest = self._office.certificates.get(self._me)
        good = latest is not None and latest.state is CertificateState.APPROVED and latest.expires_at is not None
        until = latest.expires_at if good and latest is not None else None
        covered = until if until is not None and until > self._now else None
        return messages.insurance_result(Cover(self._me, covered, latest, len(self._office.of(self._me)))).insurance

    async def make_claim(self, step: str, description: str) -> insurance_pb2.Claim:
        claim: insurance_pb2.Claim = self._once(
            step, description, lambda: self._office.claim(self._me, description, self._now)
        )
        return claim

    async def claims(self, most: int) -> list[insurance_pb2.Claim]:
        return [messages.claim(claim) for claim in self._office.of(self._me)[:most]]
