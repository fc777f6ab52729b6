"""Invitations: the profile service's ReferralService, and what one person does with it."""

import grpc

from chassis.coalesce import Coalescer
from hailwire.profile.v1 import referrals_pb2 as pb
from hailwire.profile.v1 import referrals_pb2_grpc
from hailwire.trips.v1 import trips_pb2
from services.gateway.clients.batching import Peer, batched


class Referrals:
    """Single calls that travel in batches."""

    def __init__(self, channel: grpc.aio.Channel, peer: Peer) -> None:
        stub = referrals_pb2_grpc.ReferralServiceStub(channel)
        self.open: Coalescer[int, pb.Invitation] = batched(
            peer,
            "open_invitation",
            stub.BatchOpenInvitations,
            lambda items: pb.BatchOpenInvitationsRequest(person_ids=items),
            lambda result: result.invitation,
        )
        self.record: Coalescer[pb.RecordReferralRequest, pb.Referral] = batched(
            peer,
            "record_referral",
            stub.BatchRecordReferrals,
            lambda items: pb.BatchRecordReferralsRequest(requests=items),
            lambda result: result.referral,
        )
        self.ridden: Coalescer[pb.RecordTripRequest, pb.RecordedTrip] = batched(
            peer,
            "record_trip",
            stub.BatchRecordTrips,
            lambda items: pb.BatchRecordTripsRequest(requests=items),
            lambda result: result.trip,
        )


class PersonalInvitations:
    """Implements conversations.invitations_world.Invitations for one person and one message."""

    def __init__(self, referrals: Referrals, person_id: int, key: str) -> None:
        self._referrals = referrals
        self._person_id = person_id
        self._key = key

    async def own(self) -> pb.Invitation:
        """What the person can tell others."""
        return await self._referrals.open(self._person_id)

    async def accept(self, step: str, code: str) -> pb.Referral:
        """Note that the person came by somebody's invitation."""
        return await self._referrals.record(
            pb.RecordReferralRequest(request_id=f"{self._key}:{step}", person_id=self._person_id, code=code)
        )

    async def ridden(self, trip: trips_pb2.Trip) -> None:
        """Tell that a trip is complete."""
        await self._referrals.ridden(
            pb.RecordTripRequest(
                trip_id=trip.trip_id,
                passenger_id=trip.passenger_id,
                driver_id=trip.driver_id,
                complete_time=trip.end_time,
            )
        )
