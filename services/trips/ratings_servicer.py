"""RatingsService: translates between the contract's messages and the store."""

from hailwire.trips.v1 import ratings_pb2 as pb
from hailwire.trips.v1 import ratings_pb2_grpc
from services.trips.batches import changed
from services.trips.rating import RateTrip
from services.trips.store import TripStore


class RatingsServicer(ratings_pb2_grpc.RatingsServiceServicer):
    """RatingsService over the store: nothing that is kept in memory has a rating in it."""

    def __init__(self, trips: TripStore) -> None:
        self._trips = trips

    async def BatchRateTrips(self, request: pb.BatchRateTripsRequest, context: object) -> pb.BatchRateTripsResponse:
        """Either side of a trip rates the other."""
        results = await changed(request.requests, _wanted, "person_id", self._trips.rate, pb.RatingResult)
        return pb.BatchRateTripsResponse(results=results)


def _wanted(item: pb.RateTripRequest) -> RateTrip:
    return RateTrip(item.person_id, item.trip_id, item.stars)
