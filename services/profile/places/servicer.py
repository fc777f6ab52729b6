"""Translates between the contract's messages and the store; decides nothing."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from chassis import changes, errors, ledger, pages
from hailwire.profile.v1 import places_pb2 as pb
from hailwire.profile.v1 import places_pb2_grpc
from services.profile.places import messages
from services.profile.places.store import Delete, Order, PlaceStore, Rename, Save, Visit
from services.profile.sealing import Sealer

AnyRequest = TypeVar(
    "AnyRequest", pb.SavePlaceRequest, pb.RenamePlaceRequest, pb.DeletePlaceRequest, pb.VisitPlaceRequest
)


class PlacesServicer(places_pb2_grpc.PlacesServiceServicer):
    """PlacesService over the store."""

    def __init__(self, places: PlaceStore, sealer: Sealer) -> None:
        self._places = places
        self._sealer = sealer

    async def BatchSearchPlaces(
        self, request: pb.BatchSearchPlacesRequest, context: object
    ) -> pb.BatchSearchPlacesResponse:
        """Finds places of the gazetteer."""
        pages.check_batch(request.texts)
        return pb.BatchSearchPlacesResponse(results=map(messages.found, await self._places.search(request.texts)))

    async def BatchListPlaces(self, request: pb.BatchListPlacesRequest, context: object) -> pb.BatchListPlacesResponse:
        """Lists what each person saved and where they were lately."""
        pages.check_batch(request.person_ids)
        found = await self._places.of_people(request.person_ids)
        return pb.BatchListPlacesResponse(results=[messages.places(*found[asked]) for asked in request.person_ids])

    async def BatchSavePlaces(self, request: pb.BatchSavePlacesRequest, context: object) -> pb.BatchSavePlacesResponse:
        """Saves places."""
        results = await self._changed(
            request.requests, lambda item: Save(item.person_id, messages.called(item), messages.spot(item))
        )
        return pb.BatchSavePlacesResponse(results=results)

    async def BatchRenamePlaces(
        self, request: pb.BatchRenamePlacesRequest, context: object
    ) -> pb.BatchRenamePlacesResponse:
        """Gives saved places other names."""
        results = await self._changed(
            request.requests, lambda item: Rename(item.person_id, item.place_id, messages.called(item))
        )
        return pb.BatchRenamePlacesResponse(results=results)

    async def BatchDeletePlaces(
        self, request: pb.BatchDeletePlacesRequest, context: object
    ) -> pb.BatchDeletePlacesResponse:
        """Forgets saved places."""
        results = await self._changed(request.requests, lambda item: Delete(item.person_id, item.place_id))
        return pb.BatchDeletePlacesResponse(results=results)

    async def BatchVisitPlaces(
        self, request: pb.BatchVisitPlacesRequest, context: object
    ) -> pb.BatchVisitPlacesResponse:
        """Notes where people were."""
        results = await self._changed(request.requests, lambda item: Visit(item.person_id, messages.seen(item)))
        return pb.BatchVisitPlacesResponse(results=results)

    async def _changed(
        self, items: Iterable[AnyRequest], order: Callable[[AnyRequest], Order]
    ) -> list[pb.PlaceChangeResult]:
        """One result each; what cannot be asked for at all never reaches the database."""
        asked = list(items)
        pages.check_batch(asked)
        results: list[pb.PlaceChangeResult | None] = []
        orders: list[changes.Request[Order]] = []
        for item in asked:
            try:
                ledger.check_request_id(item.request_id)
                orders.append(changes.Request(item.request_id, self._fingerprint(item), order(item)))
                results.append(None)
            except errors.HailwireError as refusal:
                results.append(messages.change_result(refusal))
        outcomes = iter([messages.result_from(outcome) for outcome in await self._places.change(orders)])
        return [result or next(outcomes) for result in results]

    def _fingerprint(self, item: AnyRequest) -> bytes:
        """What was asked, by whomever: a repeat may name the person whom the first one was merged into."""
        asked = type(item)()
        asked.CopyFrom(item)
        asked.ClearField("person_id")
        return self._sealer.fingerprint(asked)
