"""FaresService: tells the prices of the settings; no row is read."""

from chassis import errors, pages
from hailwire.trips.v1 import fares_pb2 as pb
from hailwire.trips.v1 import fares_pb2_grpc, trips_pb2
from services.trips import messages, presence
from services.trips.eta import Leg, Route
from services.trips.geo import location
from services.trips.presence import Vehicle
from services.trips.terms import Terms


class FaresServicer(fares_pb2_grpc.FaresServiceServicer):
    """FaresService over the terms."""

    def __init__(self, terms: Terms) -> None:
        self._rates = terms.rates
        self._router = terms.router

    async def ListRates(self, request: pb.ListRatesRequest, context: object) -> pb.ListRatesResponse:
        """The prices of every vehicle."""
        rates = self._rates
        return pb.ListRatesResponse(
            rates=[
                pb.Rate(
                    vehicle=trips_pb2.Vehicle.ValueType(vehicle),
                    base=messages.money(rates.money(rates.base[vehicle])),
                    per_kilometer=messages.money(rates.money(rates.per_kilometer[vehicle])),
                    per_minute=messages.money(rates.money(rates.per_minute[vehicle])),
                    minimum=messages.money(rates.money(rates.minimum[vehicle])),
                )
                for vehicle in Vehicle
            ]
        )

    async def BatchEstimateFares(
        self, request: pb.BatchEstimateFaresRequest, context: object
    ) -> pb.BatchEstimateFaresResponse:
        """What rides would cost."""
        pages.check_batch(request.requests)
        legs: list[Leg] = []
        results: list[pb.FareEstimateResult | None] = []
        for item in request.requests:
            try:
                legs.append(_leg(item))
                results.append(None)
            except errors.HailwireError as refusal:
                results.append(pb.FareEstimateResult(error=errors.to_status(refusal)))
        routes = zip(legs, await self._router.routes(legs), strict=True)
        return pb.BatchEstimateFaresResponse(results=[result or self._estimate(*next(routes)) for result in results])

    def _estimate(self, leg: Leg, route: Route) -> pb.FareEstimateResult:
        estimate = pb.FareEstimate(
            fare=messages.money(self._rates.estimate(leg.vehicle, route)),
            distance_meters=round(route.meters),
        )
        estimate.duration.FromTimedelta(route.lasts)
        return pb.FareEstimateResult(estimate=estimate)


def _leg(item: pb.EstimateFareRequest) -> Leg:
    """The way of an item; raises VehicleRequired or LocationInvalid."""
    pickup = messages.place_or_nowhere(item.pickup if item.HasField("pickup") else None)
    destination = messages.place_or_nowhere(item.destination if item.HasField("destination") else None)
    vehicle = presence.vehicle(item.vehicle)
    return Leg(vehicle, *(location(place.latitude, place.longitude) for place in (pickup, destination)))
