"""The services' parts of an erasure."""

import grpc

from hailwire.profile.v1 import erasure_pb2 as profile_erasure_pb2
from hailwire.profile.v1 import erasure_pb2_grpc as profile_erasure_pb2_grpc
from hailwire.trips.v1 import erasure_pb2 as trips_erasure_pb2
from hailwire.trips.v1 import erasure_pb2_grpc as trips_erasure_pb2_grpc
from services.gateway.clients.batching import Peer

# A service reads its whole ledger for it.
_SECONDS = 300.0


class Erasures:
    """One call each: erasures are rare."""

    def __init__(
        self, profile_peer: Peer, profile_channel: grpc.aio.Channel, trips_peer: Peer, trips_channel: grpc.aio.Channel
    ) -> None:
        self._profile_peer = profile_peer
        self._trips_peer = trips_peer
        self._profile = profile_erasure_pb2_grpc.ErasureServiceStub(profile_channel)
        self._trips = trips_erasure_pb2_grpc.ErasureServiceStub(trips_channel)

    async def of_profile(self, request_id: str, person_id: int, actor: str) -> None:
        """Names, identities, consent and the audit log of a person. Raises NotFound for nobody."""
        request = profile_erasure_pb2.ErasePersonRequest(request_id=request_id, person_id=person_id, actor=actor)
        await self._profile_peer.call(self._profile.ErasePerson(request, timeout=_SECONDS))

    async def of_trips(self, request_id: str, person_id: int) -> None:
        """Presence, places and open trips of one id."""
        request = trips_erasure_pb2.ErasePersonRequest(request_id=request_id, person_id=person_id)
        await self._trips_peer.call(self._trips.ErasePerson(request, timeout=_SECONDS))
