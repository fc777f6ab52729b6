"""The trips service."""

import grpc

from chassis.coalesce import Coalescer
from hailwire.trips.v1 import (
    blocks_pb2,
    blocks_pb2_grpc,
    events_pb2,
    events_pb2_grpc,
    fares_pb2,
    fares_pb2_grpc,
    matches_pb2,
    matches_pb2_grpc,
    ratings_pb2,
    ratings_pb2_grpc,
    relay_pb2,
    relay_pb2_grpc,
    trips_pb2,
    trips_pb2_grpc,
)
from services.gateway.clients.batching import Peer, batched
from services.gateway.clients.schedules import Schedules

SERVICE = trips_pb2.DESCRIPTOR.services_by_name["TripsService"].full_name


class Trips:
    """Single calls that travel in batches; each method takes and gives the contract's own messages.

    Reads answer what may be shown; those that end in `_now` answer what is true now, for whoever decides by it.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        stub = trips_pb2_grpc.TripsServiceStub(channel)
        self.peer = Peer("trips", channel, SERVICE)
        self._stub = stub
        self.schedules = Schedules(channel, self.peer)
        self.update_presence: Coalescer[trips_pb2.UpdatePresenceRequest, trips_pb2.Presence] = batched(
            self.peer,
            "update_presence",
            stub.BatchUpdatePresences,
            lambda items: trips_pb2.BatchUpdatePresencesRequest(requests=items),
            lambda result: result.presence,
        )
        self.presence: Coalescer[int, trips_pb2.Presence] = batched(
            self.peer,
            "presence",
            stub.BatchGetPresences,
            lambda items: trips_pb2.BatchGetPresencesRequest(person_ids=items),
            lambda result: result.presence,
        )
        self.presence_now: Coalescer[int, trips_pb2.Presence] = batched(
            self.peer,
            "presence_now",
            stub.BatchGetPresences,
            lambda items: trips_pb2.BatchGetPresencesRequest(person_ids=items, fresh=True),
            lambda result: result.presence,
        )
        self.search_drivers: Coalescer[trips_pb2.SearchDriversRequest, list[trips_pb2.NearbyDriver]] = batched(
            self.peer,
            "search_drivers",
            stub.BatchSearchDrivers,
            lambda items: trips_pb2.BatchSearchDriversRequest(requests=items),
            lambda result: list(result.found.drivers),
        )
        self.create_trip: Coalescer[trips_pb2.CreateTripRequest, trips_pb2.Trip] = batched(
            self.peer,
            "create_trip",
            stub.BatchCreateTrips,
            lambda items: trips_pb2.BatchCreateTripsRequest(requests=items),
            _trip,
        )
        self.answer_offer: Coalescer[trips_pb2.AnswerOfferRequest, trips_pb2.Trip] = batched(
            self.peer,
            "answer_offer",
            stub.BatchAnswerOffers,
            lambda items: trips_pb2.BatchAnswerOffersRequest(requests=items),
            _trip,
        )
        self.advance_trip: Coalescer[trips_pb2.AdvanceTripRequest, trips_pb2.Trip] = batched(
            self.peer,
            "advance_trip",
            stub.BatchAdvanceTrips,
            lambda items: trips_pb2.BatchAdvanceTripsRequest(requests=items),
            _trip,
        )
        self.cancel_trip: Coalescer[trips_pb2.CancelTripRequest, trips_pb2.Trip] = batched(
            self.peer,
            "cancel_trip",
            stub.BatchCancelTrips,
            lambda items: trips_pb2.BatchCancelTripsRequest(requests=items),
            _trip,
        )
        self.trip: Coalescer[int, trips_pb2.Trip] = batched(
            self.peer,
            "trip",
            stub.BatchGetTrips,
            lambda items: trips_pb2.BatchGetTripsRequest(trip_ids=items),
            _trip,
        )
        self.trip_now: Coalescer[int, trips_pb2.Trip] = batched(
            self.peer,
            "trip_now",
            stub.BatchGetTrips,
            lambda items: trips_pb2.BatchGetTripsRequest(trip_ids=items, fresh=True),
            _trip,
        )
        self.open_trip: Coalescer[int, trips_pb2.Trip] = batched(
            self.peer,
            "open_trip",
            stub.BatchGetOpenTrips,
            lambda items: trips_pb2.BatchGetOpenTripsRequest(person_ids=items),
            _trip,
        )
        self.open_trip_now: Coalescer[int, trips_pb2.Trip] = batched(
            self.peer,
            "open_trip_now",
            stub.BatchGetOpenTrips,
            lambda items: trips_pb2.BatchGetOpenTripsRequest(person_ids=items, fresh=True),
            _trip,
        )
        self.merge_people: Coalescer[trips_pb2.MergePeopleRequest, None] = batched(
            self.peer,
            "merge_people",
            stub.BatchMergePeople,
            lambda items: trips_pb2.BatchMergePeopleRequest(requests=items),
            lambda _: None,
        )
        self._blocks = blocks_pb2_grpc.BlocksServiceStub(channel)
        self.block: Coalescer[blocks_pb2.BlockSideRequest, None] = batched(
            self.peer,
            "block",
            self._blocks.BatchBlockSides,
            lambda items: blocks_pb2.BatchBlockSidesRequest(requests=items),
            lambda _: None,
        )
        self._relay = relay_pb2_grpc.RelayServiceStub(channel)
        self.share_number: Coalescer[relay_pb2.ShareNumberRequest, relay_pb2.Exchange] = batched(
            self.peer,
            "share_number",
            self._relay.BatchShareNumbers,
            lambda items: relay_pb2.BatchShareNumbersRequest(requests=items),
            lambda result: result.exchange,
        )
        self.relay: Coalescer[relay_pb2.RelayMessageRequest, relay_pb2.RelayedMessage] = batched(
            self.peer,
            "relay",
            self._relay.BatchRelayMessages,
            lambda items: relay_pb2.BatchRelayMessagesRequest(requests=items),
            lambda result: result.relayed,
        )

        self._fares = fares_pb2_grpc.FaresServiceStub(channel)
        self._matches = matches_pb2_grpc.MatchesServiceStub(channel)
        self.estimate_fare: Coalescer[fares_pb2.EstimateFareRequest, fares_pb2.FareEstimate] = batched(
            self.peer,
            "estimate_fare",
            self._fares.BatchEstimateFares,
            lambda items: fares_pb2.BatchEstimateFaresRequest(requests=items),
            lambda result: result.estimate,
        )
        self.rate_trip: Coalescer[ratings_pb2.RateTripRequest, ratings_pb2.Rating] = batched(
            self.peer,
            "rate_trip",
            ratings_pb2_grpc.RatingsServiceStub(channel).BatchRateTrips,
            lambda items: ratings_pb2.BatchRateTripsRequest(requests=items),
            lambda result: result.rating,
        )

    async def rates(self) -> list[fares_pb2.Rate]:
        """The prices of every vehicle."""
        response = await self.peer.call(self._fares.ListRates(fares_pb2.ListRatesRequest()))
        return list(response.rates)

    async def missed_trips(self, person_id: int) -> list[matches_pb2.MissedTrip]:
        """The latest trips for which a driver was looked at and not asked."""
        request = matches_pb2.ListMissedTripsRequest(person_id=person_id)
        response = await self.peer.call(self._matches.ListMissedTrips(request))
        return list(response.trips)

    async def blocks(self, person_id: int) -> list[blocks_pb2.Block]:
        """Whom a person has blocked, newest first."""
        response = await self.peer.call(self._blocks.ListBlocks(blocks_pb2.ListBlocksRequest(person_id=person_id)))
        return list(response.blocks)

    async def exchange(self, person_id: int, trip_id: int) -> relay_pb2.Exchange:
        """Whether both sides of a trip agree now to know each other's number."""
        request = relay_pb2.GetExchangeRequest(person_id=person_id, trip_id=trip_id)
        response = await self.peer.call(self._relay.GetExchange(request))
        exchange: relay_pb2.Exchange = response.exchange
        return exchange

    async def list_trips(self, person_id: int, page_token: str, page_size: int) -> list[trips_pb2.Trip]:
        """A page of a person's trips, newest first."""
        request = trips_pb2.ListTripsRequest(person_id=person_id, page_token=page_token, page_size=page_size)
        response = await self.peer.call(self._stub.ListTrips(request))
        return list(response.trips)


class Events:
    """What happened to people without a message of theirs, as one of the services tells it."""

    def __init__(self, channel: grpc.aio.Channel, name: str = "trips") -> None:
        self.name = name
        self._stub = events_pb2_grpc.EventsServiceStub(channel)
        self._peer = Peer(name, channel, events_pb2.DESCRIPTOR.services_by_name["EventsService"].full_name)

    async def take(self, taker_id: str, most: int, wait_seconds: float) -> list[events_pb2.Event]:
        """Take pending events, waiting a while for the first."""
        request = events_pb2.TakeEventsRequest(taker_id=taker_id, max_events=most)
        request.wait.FromMilliseconds(int(wait_seconds * 1000))
        response = await self._peer.call(self._stub.TakeEvents(request, timeout=wait_seconds + 5))
        return list(response.events)

    async def acknowledge(self, event_ids: list[int]) -> None:
        """These are stored."""
        await self._peer.call(self._stub.AcknowledgeEvents(events_pb2.AcknowledgeEventsRequest(event_ids=event_ids)))


def _trip(result: trips_pb2.TripResult) -> trips_pb2.Trip:
    return result.trip
