"""Certificates and claims in words."""

from hailwire.profile.v1 import insurance_pb2
from services.gateway.conversations import menus, wording
from services.gateway.conversations.turn import Moment

_CERTIFICATES = {
    insurance_pb2.CERTIFICATE_STATE_SUBMITTED: "certificate-waits",
    insurance_pb2.CERTIFICATE_STATE_EXPIRED: "certificate-over",
}
_REASONS = {
    insurance_pb2.REJECTION_REASON_UNREADABLE: "rejected-unreadable",
    insurance_pb2.REJECTION_REASON_NOT_A_CERTIFICATE: "rejected-something-else",
    insurance_pb2.REJECTION_REASON_OUT_OF_DATE: "rejected-out-of-date",
    insurance_pb2.REJECTION_REASON_NOT_THEIRS: "rejected-not-theirs",
    insurance_pb2.REJECTION_REASON_INCOMPLETE: "rejected-incomplete",
}
_CLAIMS = {
    insurance_pb2.CLAIM_STATE_SUBMITTED: "claim-submitted",
    insurance_pb2.CLAIM_STATE_IN_REVIEW: "claim-in-review",
    insurance_pb2.CLAIM_STATE_ACCEPTED: "claim-accepted",
    insurance_pb2.CLAIM_STATE_REJECTED: "claim-rejected",
}


def standing(moment: Moment, insurance: insurance_pb2.Insurance) -> str:
    """How somebody stands: what is good until when, and what became of what they handed in last."""
    good = moment.say("insured-until", when=until(moment, insurance)) if insurance.covered else ""
    if not insurance.HasField("latest"):
        return moment.say("certificate-none")
    latest = insurance.latest
    if latest.state == insurance_pb2.CERTIFICATE_STATE_REJECTED:
        return menus.body(good, rejected(moment, latest))
    key = _CERTIFICATES.get(latest.state)
    # An older one that has run out is no news for whoever has a good one.
    told = "" if key is None or (good and key == "certificate-over") else moment.say(key)
    return menus.body(good, told) or moment.say("certificate-none")


def until(moment: Moment, insurance: insurance_pb2.Insurance) -> str:
    """Until when the person is insured."""
    return wording.moment(moment.language, wording.utc(insurance.cover_expire_time), moment.zone)


def expiry(moment: Moment, certificate: insurance_pb2.Certificate) -> str:
    """Until when a certificate is good."""
    return wording.moment(moment.language, wording.utc(certificate.expire_time), moment.zone)


def rejected(moment: Moment, certificate: insurance_pb2.Certificate) -> str:
    """That a certificate was not taken, and why."""
    reason = moment.say(_REASONS.get(certificate.rejection_reason, "rejected-other"))
    return moment.say("certificate-rejected", reason=reason)


def claim_line(moment: Moment, claim: insurance_pb2.Claim) -> str:
    """A claim and how far it is."""
    return moment.say("claim-line", number=str(claim.claim_id), state=claim_state(moment, claim))


def claim_state(moment: Moment, claim: insurance_pb2.Claim) -> str:
    """How far a claim is."""
    return moment.say(_CLAIMS.get(claim.state, "claim-submitted"))
