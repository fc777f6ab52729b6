"""Places: the profile service's PlacesService, and what one person does with it."""

import grpc

from chassis.coalesce import Coalescer
from hailwire.profile.v1 import places_pb2 as pb
from hailwire.profile.v1 import places_pb2_grpc
from services.gateway.clients.batching import Peer, batched


class Places:
    """Single calls that travel in batches."""

    def __init__(self, channel: grpc.aio.Channel, peer: Peer) -> None:
        stub = places_pb2_grpc.PlacesServiceStub(channel)
        self.search: Coalescer[str, pb.KnownPlaces] = batched(
            peer,
            "search_places",
            stub.BatchSearchPlaces,
            lambda items: pb.BatchSearchPlacesRequest(texts=items),
            lambda result: result.found,
        )
        self.of_person: Coalescer[int, pb.PersonPlaces] = batched(
            peer,
            "list_places",
            stub.BatchListPlaces,
            lambda items: pb.BatchListPlacesRequest(person_ids=items),
            lambda result: result.places,
        )
        self.save: Coalescer[pb.SavePlaceRequest, pb.PlaceChange] = batched(
            peer, "save_place", stub.BatchSavePlaces, lambda items: pb.BatchSavePlacesRequest(requests=items), _change
        )
        self.rename: Coalescer[pb.RenamePlaceRequest, pb.PlaceChange] = batched(
            peer,
            "rename_place",
            stub.BatchRenamePlaces,
            lambda items: pb.BatchRenamePlacesRequest(requests=items),
            _change,
        )
        self.delete: Coalescer[pb.DeletePlaceRequest, pb.PlaceChange] = batched(
            peer,
            "delete_place",
            stub.BatchDeletePlaces,
            lambda items: pb.BatchDeletePlacesRequest(requests=items),
            _change,
        )
        self.visit: Coalescer[pb.VisitPlaceRequest, pb.PlaceChange] = batched(
            peer,
            "visit_place",
            stub.BatchVisitPlaces,
            lambda items: pb.BatchVisitPlacesRequest(requests=items),
            _change,
        )


class PersonalPlaces:
    """Implements conversations.places_world.Places for one person and one message."""

    def __init__(self, places: Places, person_id: int, key: str) -> None:
        self._places = places
        self._person_id = person_id
        self._key = key

    async def search(self, text: str) -> list[pb.KnownPlace]:
        """What a text may mean."""
        return list((await self._places.search(text)).places)

    async def mine(self) -> pb.PersonPlaces:
        """What the person saved, and where they were lately."""
        return await self._places.of_person(self._person_id)

    async def save(
        self, step: str, *, kind: pb.PlaceKind.ValueType, name: str, latitude: float, longitude: float
    ) -> pb.PlaceChange:
        """Save a place, or move the one of that name."""
        return await self._places.save(
            pb.SavePlaceRequest(
                request_id=self._id(step),
                person_id=self._person_id,
                kind=kind,
                name=name,
                latitude=latitude,
                longitude=longitude,
            )
        )

    async def rename(self, step: str, place_id: int, *, kind: pb.PlaceKind.ValueType, name: str) -> pb.PlaceChange:
        """Give a saved place another name."""
        return await self._places.rename(
            pb.RenamePlaceRequest(
                request_id=self._id(step), person_id=self._person_id, place_id=place_id, kind=kind, name=name
            )
        )

    async def delete(self, step: str, place_id: int) -> pb.PlaceChange:
        """Forget a saved place."""
        return await self._places.delete(
            pb.DeletePlaceRequest(request_id=self._id(step), person_id=self._person_id, place_id=place_id)
        )

    async def visit(self, step: str, *, name: str, latitude: float, longitude: float) -> None:
        """The person was there."""
        await self._places.visit(
            pb.VisitPlaceRequest(
                request_id=self._id(step),
                person_id=self._person_id,
                name=name,
                latitude=latitude,
                longitude=longitude,
            )
        )

    def _id(self, step: str) -> str:
        return f"{self._key}:{step}"


def _change(result: pb.PlaceChangeResult) -> pb.PlaceChange:
    return result.change
