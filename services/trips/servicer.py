"""TripsService: translates between the contract's messages and the store; decides nothing."""

from collections.abc import Sequence

from chassis import errors, pages
from hailwire.trips.v1 import trips_pb2 as pb
from hailwire.trips.v1 import trips_pb2_grpc
from services.trips import messages, presence
from services.trips.batches import changed
from services.trips.cached import CachedTrips
from services.trips.geo import location
from services.trips.presence import PresenceNotFound
from services.trips.search import Nearby, Search
from services.trips.trip import TripNotFound

_DEFAULT_DRIVERS = 9
_MOST_DRIVERS = 50


class TripsServicer(trips_pb2_grpc.TripsServiceServicer):
    """TripsService over a cache of the store."""

    def __init__(self, trips: CachedTrips) -> None:
        self._trips = trips

    async def BatchUpdatePresences(
        self, request: pb.BatchUpdatePresencesRequest, context: object
    ) -> pb.BatchUpdatePresencesResponse:
        """Puts drivers on the map or takes them off."""
        results = await changed(
            request.requests, messages.presence_update, "person_id", self._trips.update_presences, pb.PresenceResult
        )
        return pb.BatchUpdatePresencesResponse(results=results)

    async def BatchGetPresences(
        self, request: pb.BatchGetPresencesRequest, context: object
    ) -> pb.BatchGetPresencesResponse:
        """Reads where drivers are."""
        pages.check_batch(request.person_ids)
        found = await self._trips.presences(request.person_ids, fresh=request.fresh)
        return pb.BatchGetPresencesResponse(
            results=[messages.presence_result(found.get(asked) or PresenceNotFound()) for asked in request.person_ids]
        )

    async def BatchSearchDrivers(
        self, request: pb.BatchSearchDriversRequest, context: object
    ) -> pb.BatchSearchDriversResponse:
        """Finds the nearest available drivers."""
        pages.check_batch(request.requests)
        results: list[pb.SearchDriversResult | None] = []
        searches: list[Search] = []
        for item in request.requests:
            try:
                searches.append(_search(item))
                results.append(None)
            except errors.HailwireError as refusal:
                results.append(pb.SearchDriversResult(error=errors.to_status(refusal)))
        found = iter(await self._trips.search(searches))
        return pb.BatchSearchDriversResponse(results=[result or _nearby(next(found)) for result in results])

    async def BatchCreateTrips(
        self, request: pb.BatchCreateTripsRequest, context: object
    ) -> pb.BatchCreateTripsResponse:
        """Makes trips and offers them."""
        results = await changed(request.requests, messages.new_trip, "passenger_id", self._trips.create, pb.TripResult)
        return pb.BatchCreateTripsResponse(results=results)

    async def BatchAnswerOffers(
        self, request: pb.BatchAnswerOffersRequest, context: object
    ) -> pb.BatchAnswerOffersResponse:
        """Drivers accept or decline."""
        results = await changed(request.requests, messages.offer_answer, "driver_id", self._trips.answer, pb.TripResult)
        return pb.BatchAnswerOffersResponse(results=results)

    async def BatchAdvanceTrips(
        self, request: pb.BatchAdvanceTripsRequest, context: object
    ) -> pb.BatchAdvanceTripsResponse:
        """Drivers move trips on."""
        results = await changed(request.requests, messages.step, "driver_id", self._trips.advance, pb.TripResult)
        return pb.BatchAdvanceTripsResponse(results=results)

    async def BatchCancelTrips(
        self, request: pb.BatchCancelTripsRequest, context: object
    ) -> pb.BatchCancelTripsResponse:
        """Either side gives trips up."""
        results = await changed(request.requests, messages.cancellation, "person_id", self._trips.cancel, pb.TripResult)
        return pb.BatchCancelTripsResponse(results=results)

    async def BatchGetTrips(self, request: pb.BatchGetTripsRequest, context: object) -> pb.BatchGetTripsResponse:
        """Reads trips by id."""
        pages.check_batch(request.trip_ids)
        found = await self._trips.trips(request.trip_ids, fresh=request.fresh)
        return pb.BatchGetTripsResponse(
            results=[messages.trip_result(found.get(asked) or TripNotFound()) for asked in request.trip_ids]
        )

    async def BatchGetOpenTrips(
        self, request: pb.BatchGetOpenTripsRequest, context: object
    ) -> pb.BatchGetOpenTripsResponse:
        """Reads the open trip of each person."""
        pages.check_batch(request.person_ids)
        found = await self._trips.open_trips(request.person_ids, fresh=request.fresh)
        return pb.BatchGetOpenTripsResponse(
            results=[messages.trip_result(found.get(asked) or TripNotFound()) for asked in request.person_ids]
        )

    async def ListTrips(self, request: pb.ListTripsRequest, context: object) -> pb.ListTripsResponse:
        """Lists trips, newest first."""
        trips, page = await self._trips.page(messages.wanted(request))
        response = pb.ListTripsResponse(trips=[messages.trip_message(trip) for trip in trips])
        return pages.answered(response, page)

    async def BatchMergePeople(
        self, request: pb.BatchMergePeopleRequest, context: object
    ) -> pb.BatchMergePeopleResponse:
        """Hands everything of one person to another."""
        results = await changed(request.requests, messages.merge, "", self._trips.merge, pb.MergePeopleResult)
        return pb.BatchMergePeopleResponse(results=results)


def _search(item: pb.SearchDriversRequest) -> Search:
    vehicle = presence.vehicle(item.vehicle)
    limit = item.limit if item.limit > 0 else _DEFAULT_DRIVERS
    if not item.HasField("pickup"):
        location(float("nan"), float("nan"))  # nowhere, which is refused like any other place that is none
    pickup = location(item.pickup.latitude, item.pickup.longitude)
    return Search(item.person_id, vehicle, pickup, min(limit, _MOST_DRIVERS))


def _nearby(found: Sequence[Nearby]) -> pb.SearchDriversResult:
    drivers = [
        pb.NearbyDriver(
            person_id=driver.person_id,
            distance_meters=driver.distance_meters,
            location_age_seconds=driver.location_age_seconds,
            rating=driver.rating,
        )
        for driver in found
    ]
    return pb.SearchDriversResult(found=pb.NearbyDrivers(drivers=drivers))
