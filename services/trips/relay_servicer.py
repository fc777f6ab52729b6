"""RelayService: translates between the contract's messages and the store."""

from hailwire.trips.v1 import relay_pb2 as pb
from hailwire.trips.v1 import relay_pb2_grpc
from services.trips.batches import changed
from services.trips.messages import place_or_nowhere
from services.trips.relay import RelayMessage
from services.trips.store import TripStore


class RelayServicer(relay_pb2_grpc.RelayServiceServicer):
    """RelayService over the store: nothing that is kept in memory has a word in it."""

    def __init__(self, trips: TripStore) -> None:
        self._trips = trips

    async def BatchRelayMessages(
        self, request: pb.BatchRelayMessagesRequest, context: object
    ) -> pb.BatchRelayMessagesResponse:
        """One side of a trip writes to the other."""
        # A digest of a few words tells the words to whoever tries some, for as long as outcomes are kept.
        results = await changed(
            request.requests, _wanted, "person_id", self._trips.relay, pb.RelayResult, unkept=("text", "location")
        )
        return pb.BatchRelayMessagesResponse(results=results)


def _wanted(item: pb.RelayMessageRequest) -> RelayMessage:
    place = place_or_nowhere(item.location) if item.HasField("location") else None
    return RelayMessage(item.person_id, item.trip_id, item.text, place)
