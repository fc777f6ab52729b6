"""Translates between the contract's messages and the store; decides nothing."""

from chassis import changes, errors, ledger, pages
from hailwire.profile.v1 import referrals_pb2 as pb
from hailwire.profile.v1 import referrals_pb2_grpc
from services.profile.referral import messages
from services.profile.referral.opening import PREFIX
from services.profile.referral.recording import Note
from services.profile.referral.store import ReferralStore
from services.profile.wallet import codes


class ReferralServicer(referrals_pb2_grpc.ReferralServiceServicer):
    """ReferralService over the store."""

    def __init__(self, referrals: ReferralStore) -> None:
        self._referrals = referrals
        self._messages = referrals.messages

    async def BatchOpenInvitations(
        self, request: pb.BatchOpenInvitationsRequest, context: object
    ) -> pb.BatchOpenInvitationsResponse:
        """Finds or makes the invitation of each person."""
        pages.check_batch(request.person_ids)
        opened = await self._referrals.open(request.person_ids)
        return pb.BatchOpenInvitationsResponse(results=map(self._messages.invitation_result, opened))

    async def BatchRecordReferrals(
        self, request: pb.BatchRecordReferralsRequest, context: object
    ) -> pb.BatchRecordReferralsResponse:
        """Notes by whose invitation somebody came."""
        pages.check_batch(request.requests)
        results: list[pb.ReferralResult | None] = []
        notes: list[changes.Request[Note]] = []
        for item in request.requests:
            try:
                ledger.check_request_id(item.request_id)
                note = Note(item.person_id, codes.read(item.code, PREFIX))
                notes.append(changes.Request(item.request_id, _fingerprint(item), note))
                results.append(None)
            except errors.HailwireError as refusal:
                results.append(self._messages.referral_result(refusal))
        outcomes = iter([self._messages.result_from(outcome) for outcome in await self._referrals.record(notes)])
        return pb.BatchRecordReferralsResponse(results=[result or next(outcomes) for result in results])

    async def BatchRecordTrips(
        self, request: pb.BatchRecordTripsRequest, context: object
    ) -> pb.BatchRecordTripsResponse:
        """Hears of trips that are complete."""
        pages.check_batch(request.requests)
        outcomes = await self._referrals.ridden([messages.ride(item) for item in request.requests])
        pairs = zip(request.requests, outcomes, strict=True)
        return pb.BatchRecordTripsResponse(
            results=[messages.ride_result(item.trip_id, outcome) for item, outcome in pairs]
        )


def _fingerprint(item: pb.RecordReferralRequest) -> bytes:
    """What was asked, by whomever: a repeat may name the person whom the first one was merged into."""
    asked = pb.RecordReferralRequest()
    asked.CopyFrom(item)
    asked.ClearField("person_id")
    return ledger.fingerprint(asked)
