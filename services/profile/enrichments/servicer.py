"""Translates between the contract's messages and the store; decides nothing."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from chassis import changes, errors, ledger, pages
from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import enrichments_pb2_grpc
from services.profile.enrichments import messages
from services.profile.enrichments.adding import New
from services.profile.enrichments.changing import Apply, Decide, Forget
from services.profile.enrichments.listing import Wanted
from services.profile.enrichments.store import EnrichmentStore
from services.profile.sealing import Sealer

AnyRequest = TypeVar("AnyRequest", pb.AddItemRequest, pb.DecideItemRequest, pb.ApplyItemRequest, pb.ForgetNoteRequest)
AnyResult = TypeVar("AnyResult", pb.ItemChangeResult, pb.ForgetNoteResult)
Ordered = TypeVar("Ordered")

CarryOut = Callable[[Sequence[changes.Request[Ordered]]], Awaitable[list[bytes | errors.HailwireError]]]


class EnrichmentsServicer(enrichments_pb2_grpc.EnrichmentsServiceServicer):
    """EnrichmentsService over the store."""

    def __init__(self, store: EnrichmentStore, sealer: Sealer) -> None:
        """Repeats are compared by the sealer's keyed digest: a place is soon guessed from a plain one."""
        self._store = store
        self._sealer = sealer

    async def BatchAddItems(self, request: pb.BatchAddItemsRequest, context: object) -> pb.BatchAddItemsResponse:
        """Stores what was understood."""
        results = await self._carried_out(
            self._store.add,
            request.requests,
            lambda item: New(item.person_id, messages.source(item.source), messages.value(item.understood)),
            pb.ItemChangeResult,
        )
        return pb.BatchAddItemsResponse(results=results)

    async def BatchGetItems(self, request: pb.BatchGetItemsRequest, context: object) -> pb.BatchGetItemsResponse:
        """Reads items of people."""
        pages.check_batch(request.requests)
        found = await self._store.find([(item.person_id, item.item_id) for item in request.requests])
        return pb.BatchGetItemsResponse(results=map(messages.item_result, found))

    async def BatchDecideItems(
        self, request: pb.BatchDecideItemsRequest, context: object
    ) -> pb.BatchDecideItemsResponse:
        """Confirms or rejects items."""
        results = await self._carried_out(
            self._store.change,
            request.requests,
            lambda item: Decide(item.person_id, item.item_id, messages.decision(item.status)),
            pb.ItemChangeResult,
        )
        return pb.BatchDecideItemsResponse(results=results)

    async def BatchApplyItems(self, request: pb.BatchApplyItemsRequest, context: object) -> pb.BatchApplyItemsResponse:
        """Makes confirmed items count."""
        results = await self._carried_out(
            self._store.change,
            request.requests,
            lambda item: Apply(item.person_id, item.item_id),
            pb.ItemChangeResult,
        )
        return pb.BatchApplyItemsResponse(results=results)

    async def ListItems(self, request: pb.ListItemsRequest, context: object) -> pb.ListItemsResponse:
        """Lists one person's items, page by page."""
        wanted = Wanted(
            request.person_id,
            messages.status(request.status) if request.status else None,
            messages.source(request.source) if request.source else None,
            pages.paging(request),
        )
        items, page = await self._store.page(wanted)
        return pages.answered(pb.ListItemsResponse(items=map(messages.item, items)), page)

    async def BatchListNotes(self, request: pb.BatchListNotesRequest, context: object) -> pb.BatchListNotesResponse:
        """Lists what people let us keep."""
        pages.check_batch(request.person_ids)
        found = await self._store.notes(request.person_ids)
        return pb.BatchListNotesResponse(results=[messages.notes_result(found[asked]) for asked in request.person_ids])

    async def BatchForgetNotes(
        self, request: pb.BatchForgetNotesRequest, context: object
    ) -> pb.BatchForgetNotesResponse:
        """Forgets notes."""
        results = await self._carried_out(
            self._store.change,
            request.requests,
            lambda item: Forget(item.person_id, item.note_id),
            pb.ForgetNoteResult,
        )
        return pb.BatchForgetNotesResponse(results=results)

    async def _carried_out(
        self,
        carry_out: CarryOut[Ordered],
        items: Sequence[AnyRequest],
        order: Callable[[AnyRequest], Ordered],
        result: type[AnyResult],
    ) -> list[AnyResult]:
        """One result each; what cannot be asked for at all never reaches the database."""
        pages.check_batch(items)
        refused: list[AnyResult | None] = []
        orders: list[changes.Request[Ordered]] = []
        for item in items:
            try:
                ledger.check_request_id(item.request_id)
                orders.append(changes.Request(item.request_id, self._fingerprint(item), order(item)))
                refused.append(None)
            except errors.HailwireError as refusal:
                refused.append(result(error=errors.to_status(refusal)))
        outcomes = iter(
            [
                result.FromString(outcome) if isinstance(outcome, bytes) else result(error=errors.to_status(outcome))
                for outcome in await carry_out(orders)
            ]
        )
        return [next(outcomes) if one is None else one for one in refused]

    def _fingerprint(self, item: AnyRequest) -> bytes:
        """What was asked, by whomever: a repeat may name the person whom the first one was merged into."""
        asked = type(item)()
        asked.CopyFrom(item)
        asked.ClearField("person_id")
        return self._sealer.fingerprint(asked)
