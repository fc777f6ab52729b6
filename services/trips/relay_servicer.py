"""RelayService: translates between the contract's messages and the store."""

from hailwire.trips.v1 import relay_pb2 as pb
from hailwire.trips.v1 import relay_pb2_grpc
from services.trips.batches import changed
from services.trips.exchange import ShareNumber
from services.trips.exchanging import exchange_message
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

    async def BatchShareNumbers(
        self, request: pb.BatchShareNumbersRequest, context: object
    ) -> pb.BatchShareNumbersResponse:
        """One side of a trip agrees to show their number, or no longer does."""
        results = await changed(request.requests, _share, "person_id", self._trips.share_numbers, pb.ExchangeResult)
        return pb.BatchShareNumbersResponse(results=results)

    async def GetExchange(self, request: pb.GetExchangeRequest, context: object) -> pb.GetExchangeResponse:
        """Whether both agree now."""
        exchange = await self._trips.exchange(request.person_id, request.trip_id)
        return pb.GetExchangeResponse(exchange=exchange_message(exchange))


def _share(item: pb.ShareNumberRequest) -> ShareNumber:
    return ShareNumber(item.person_id, item.trip_id, item.agreed)


def _wanted(item: pb.RelayMessageRequest) -> RelayMessage:
    place = place_or_nowhere(item.location) if item.HasField("location") else None
    return RelayMessage(item.person_id, item.trip_id, item.text, place)
