"""Invitations between the contract's messages and our own values."""

from datetime import UTC
from decimal import Decimal

from chassis import errors
from chassis.records import record
from hailwire.profile.v1 import referrals_pb2 as pb
from hailwire.profile.v1 import wallet_pb2
from services.profile.referral.referral import Referral, State, Trip
from services.profile.referral.terms import Terms


@record
class Ride:
    """A completed trip and the two people who made it."""

    person_ids: tuple[int, ...]
    trip: Trip


@record
class Messages:
    """Makes messages of values and values of messages, in the currency of the terms."""

    terms: Terms

    def invitation(self, person_id: int, code: str, taken: int) -> pb.Invitation:
        """What a person can tell others; `taken` of this month's rewards are earned or may be."""
        message = pb.Invitation(
            person_id=person_id,
            code=code,
            reward=self._money(self.terms.referrer_amount, self.terms.currency.code),
            newcomer_reward=self._money(self.terms.newcomer_amount, self.terms.currency.code),
            left=max(0, self.terms.monthly_limit - taken),
        )
        message.newcomer_for.FromTimedelta(self.terms.newcomer_for)
        return message

    @staticmethod
    def invitation_result(outcome: pb.Invitation | errors.HailwireError) -> pb.InvitationResult:
        """A value or an error."""
        if isinstance(outcome, pb.Invitation):
            return pb.InvitationResult(invitation=outcome)
        return pb.InvitationResult(error=errors.to_status(outcome))

    def referral_result(self, outcome: Referral | errors.HailwireError) -> pb.ReferralResult:
        """A value or an error."""
        if not isinstance(outcome, Referral):
            return pb.ReferralResult(error=errors.to_status(outcome))
        message = pb.Referral(
            person_id=outcome.referred_id,
            reward=self._money(outcome.newcomer_amount, outcome.currency),
            earned=outcome.state in {State.EARNED, State.REWARDED},
        )
        message.expire_time.FromDatetime(outcome.expires_at)
        return pb.ReferralResult(referral=message)

    def kept(self, outcome: Referral | errors.HailwireError) -> bytes:
        """An outcome as the ledger of request ids keeps it."""
        return self.referral_result(outcome).SerializeToString(deterministic=True)

    def result_from(self, outcome: bytes | errors.HailwireError) -> pb.ReferralResult:
        """What was kept, or an error that was not."""
        if isinstance(outcome, bytes):
            return pb.ReferralResult.FromString(outcome)
        return self.referral_result(outcome)

    def _money(self, amount: Decimal, currency: str) -> wallet_pb2.Money:
        return wallet_pb2.Money(amount=self.terms.currency.written(amount), currency_code=currency)


def ride(request: pb.RecordTripRequest) -> Ride:
    """A completed trip; whoever drove and whoever rode, as far as both are named."""
    people = (request.passenger_id, request.driver_id)
    completed_at = request.complete_time.ToDatetime(tzinfo=UTC)
    return Ride(tuple(person_id for person_id in people if person_id > 0), Trip(request.trip_id, completed_at))


def ride_result(trip_id: int, outcome: int | errors.HailwireError) -> pb.RecordedTripResult:
    """How many referrals a trip has rewarded, or an error."""
    if isinstance(outcome, int):
        return pb.RecordedTripResult(trip=pb.RecordedTrip(trip_id=trip_id, rewarded=outcome))
    return pb.RecordedTripResult(error=errors.to_status(outcome))
