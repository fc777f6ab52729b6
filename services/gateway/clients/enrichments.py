"""Enrichments: the profile service's EnrichmentsService, and what one person does with it."""

import asyncio
from collections.abc import Sequence

import grpc

from chassis import errors
from chassis.coalesce import Coalescer
from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import enrichments_pb2_grpc
from services.gateway.clients.batching import Peer, batched

# What nobody can keep is not asked about. Nor is what a rerun understands otherwise than the first run did, because a
# place was saved or the gazetteer filled meanwhile: what the first one stored waits in the person's list.
_NOT_KEPT = frozenset({"ITEM_INVALID", "LOCATION_INVALID", "PLACE_NAME_INVALID", "REQUEST_ID_REUSED"})


class Enrichments:
    """Single calls that travel in batches: what many people's messages said becomes one call and one statement."""

    def __init__(self, channel: grpc.aio.Channel, peer: Peer) -> None:
        stub = enrichments_pb2_grpc.EnrichmentsServiceStub(channel)
        self._stub = stub
        self._peer = peer
        self.add: Coalescer[pb.AddItemRequest, pb.ItemChange] = batched(
            peer, "add_item", stub.BatchAddItems, lambda items: pb.BatchAddItemsRequest(requests=items), _change
        )
        self.get: Coalescer[pb.GetItemRequest, pb.EnrichmentItem] = batched(
            peer,
            "get_item",
            stub.BatchGetItems,
            lambda items: pb.BatchGetItemsRequest(requests=items),
            lambda result: result.item,
        )
        self.decide: Coalescer[pb.DecideItemRequest, pb.ItemChange] = batched(
            peer,
            "decide_item",
            stub.BatchDecideItems,
            lambda items: pb.BatchDecideItemsRequest(requests=items),
            _change,
        )
        self.apply: Coalescer[pb.ApplyItemRequest, pb.ItemChange] = batched(
            peer, "apply_item", stub.BatchApplyItems, lambda items: pb.BatchApplyItemsRequest(requests=items), _change
        )
        self.notes_of: Coalescer[int, pb.Notes] = batched(
            peer,
            "list_notes",
            stub.BatchListNotes,
            lambda items: pb.BatchListNotesRequest(person_ids=items),
            lambda result: result.notes,
        )
        self.forget: Coalescer[pb.ForgetNoteRequest, pb.ForgottenNote] = batched(
            peer,
            "forget_note",
            stub.BatchForgetNotes,
            lambda items: pb.BatchForgetNotesRequest(requests=items),
            lambda result: result.forgotten,
        )

    async def page(self, request: pb.ListItemsRequest) -> pb.ListItemsResponse:
        """A page of a person's items, newest first."""
        page: pb.ListItemsResponse = await self._peer.call(self._stub.ListItems(request))
        return page


class PersonalEnrichments:
    """Implements conversations.enrichments_world.Enrichments for one person and one message."""

    def __init__(self, enrichments: Enrichments, person_id: int, key: str) -> None:
        self._enrichments = enrichments
        self._person_id = person_id
        self._key = key

    async def add(
        self, step: str, source: pb.ItemSource.ValueType, understood: Sequence[pb.Understood]
    ) -> list[pb.EnrichmentItem]:
        """Each of them by itself, all in one call."""
        requests = [
            pb.AddItemRequest(
                request_id=self._id(f"{step}:{one.WhichOneof('value')}"),
                person_id=self._person_id,
                source=source,
                understood=one,
            )
            for one in understood
        ]
        results = await asyncio.gather(*(self._enrichments.add(one) for one in requests), return_exceptions=True)
        kept = []
        for one, result in zip(understood, results, strict=True):
            if isinstance(result, pb.ItemChange):
                item = pb.EnrichmentItem(item_id=result.item_id, status=result.status, source=source, understood=one)
                kept.append(item)
            elif not (isinstance(result, errors.InvalidArgument) and result.reason in _NOT_KEPT):
                raise result
        return kept

    async def items(self, item_ids: Sequence[int]) -> list[pb.EnrichmentItem]:
        """Those that there are."""
        requests = [pb.GetItemRequest(person_id=self._person_id, item_id=item_id) for item_id in item_ids]
        results = await asyncio.gather(*(self._enrichments.get(one) for one in requests), return_exceptions=True)
        found = []
        for result in results:
            if isinstance(result, pb.EnrichmentItem):
                found.append(result)
            elif not isinstance(result, errors.NotFound):
                raise result
        return found

    async def pending(self, most: int) -> list[pb.EnrichmentItem]:
        """The latest that wait for a word."""
        request = pb.ListItemsRequest(person_id=self._person_id, status=pb.ITEM_STATUS_PENDING, page_size=most)
        return list((await self._enrichments.page(request)).items)

    async def decide(self, step: str, item_id: int, *, confirmed: bool) -> None:
        """Yes or no."""
        await self._enrichments.decide(
            pb.DecideItemRequest(
                request_id=self._id(step),
                person_id=self._person_id,
                item_id=item_id,
                status=pb.ITEM_STATUS_CONFIRMED if confirmed else pb.ITEM_STATUS_REJECTED,
            )
        )

    async def apply(self, step: str, item_id: int) -> None:
        """Let it count."""
        await self._enrichments.apply(
            pb.ApplyItemRequest(request_id=self._id(step), person_id=self._person_id, item_id=item_id)
        )

    async def notes(self) -> list[pb.Note]:
        """What the person let us keep besides places."""
        return list((await self._enrichments.notes_of(self._person_id)).notes)

    async def forget(self, step: str, note_id: int) -> None:
        """One of them shall go."""
        await self._enrichments.forget(
            pb.ForgetNoteRequest(request_id=self._id(step), person_id=self._person_id, note_id=note_id)
        )

    def _id(self, step: str) -> str:
        return f"{self._key}:{step}"


def _change(result: pb.ItemChangeResult) -> pb.ItemChange:
    return result.change
