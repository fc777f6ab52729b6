"""Calls about what was understood, for the tests of the profile service; repeated as every caller repeats them."""

import datetime
import uuid
from typing import TYPE_CHECKING, Any

import grpc

from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import (
    enrichments_pb2_grpc,
    erasure_pb2,
    erasure_pb2_grpc,
    places_pb2,
    places_pb2_grpc,
    profile_pb2_grpc,
    wallet_pb2,
    wallet_pb2_grpc,
)
from tests.profile.calls import resolve, sms
from tests.profile.wallets import reason

HERE, FAR = (-1.95, 30.06), (-1.99, 30.10)
TRANSIENT = {"CONFLICT", "ROW_BUSY", "TRANSACTION_CONFLICT"}

if TYPE_CHECKING:
    from hailwire.profile.v1.profile_pb2_grpc import ProfileServiceAsyncStub as People
else:
    People = Any


class Door:
    """The stubs of one replica."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.people: People = profile_pb2_grpc.ProfileServiceStub(channel)
        self.items: Any = enrichments_pb2_grpc.EnrichmentsServiceStub(channel)
        self.places: Any = places_pb2_grpc.PlacesServiceStub(channel)
        self.wallets: Any = wallet_pb2_grpc.WalletServiceStub(channel)
        self.erasure: Any = erasure_pb2_grpc.ErasureServiceStub(channel)

    async def newcomer(self) -> int:
        return int((await resolve(self.people, sms())).person_id)

    async def code_of(self, person_id: int) -> str:
        """Of the person's wallet."""
        asked = wallet_pb2.BatchOpenWalletsRequest(person_ids=[person_id])
        return str((await self.wallets.BatchOpenWallets(asked)).results[0].wallet.code)

    async def add(self, *requests: pb.AddItemRequest) -> list[pb.ItemChangeResult]:
        return await _settled(self.items.BatchAddItems, pb.BatchAddItemsRequest(requests=requests))

    async def added(self, person_id: int, understood: pb.Understood) -> int:
        """The id of a new item."""
        (result,) = await self.add(adding(person_id, understood))
        assert result.HasField("change"), result
        return result.change.item_id

    async def decide(self, *requests: pb.DecideItemRequest) -> list[pb.ItemChangeResult]:
        return await _settled(self.items.BatchDecideItems, pb.BatchDecideItemsRequest(requests=requests))

    async def apply(self, *requests: pb.ApplyItemRequest) -> list[pb.ItemChangeResult]:
        return await _settled(self.items.BatchApplyItems, pb.BatchApplyItemsRequest(requests=requests))

    async def confirmed(self, person_id: int, understood: pb.Understood) -> int:
        """The id of an item that its person said yes to."""
        item_id = await self.added(person_id, understood)
        (result,) = await self.decide(deciding(person_id, item_id))
        assert result.change.status == pb.ITEM_STATUS_CONFIRMED
        return item_id

    async def kept(self, person_id: int, understood: pb.Understood) -> pb.ItemChangeResult:
        """What comes of applying it."""
        (result,) = await self.apply(applying(person_id, await self.confirmed(person_id, understood)))
        return result

    async def get(self, person_id: int, item_id: int) -> pb.ItemResult:
        asked = pb.BatchGetItemsRequest(requests=[pb.GetItemRequest(person_id=person_id, item_id=item_id)])
        result: pb.ItemResult = (await self.items.BatchGetItems(asked)).results[0]
        return result

    async def listed(self, person_id: int, **asked: Any) -> list[pb.EnrichmentItem]:
        return list((await self.items.ListItems(pb.ListItemsRequest(person_id=person_id, **asked))).items)

    async def notes(self, person_id: int) -> list[pb.Note]:
        asked = pb.BatchListNotesRequest(person_ids=[person_id])
        return list((await self.items.BatchListNotes(asked)).results[0].notes.notes)

    async def forget(self, person_id: int, note_id: int) -> pb.ForgetNoteResult:
        request = pb.ForgetNoteRequest(request_id=uuid.uuid4().hex, person_id=person_id, note_id=note_id)
        (result,) = await _settled(self.items.BatchForgetNotes, pb.BatchForgetNotesRequest(requests=[request]))
        assert isinstance(result, pb.ForgetNoteResult)
        return result

    async def saved(self, person_id: int) -> list[places_pb2.SavedPlace]:
        asked = places_pb2.BatchListPlacesRequest(person_ids=[person_id])
        return list((await self.places.BatchListPlaces(asked)).results[0].places.saved)

    async def erase(self, person_id: int) -> None:
        await self.erasure.ErasePerson(
            erasure_pb2.ErasePersonRequest(request_id=uuid.uuid4().hex, person_id=person_id, actor="operator:eve")
        )


async def _settled(call: Any, request: Any) -> list[Any]:
    while True:
        results = list((await call(request)).results)
        if not any(reason(result) in TRANSIENT for result in results):
            return results


def adding(
    person_id: int,
    understood: pb.Understood,
    request_id: str = "",
    source: pb.ItemSource.ValueType = pb.ITEM_SOURCE_TEXT,
) -> pb.AddItemRequest:
    return pb.AddItemRequest(
        request_id=request_id or uuid.uuid4().hex, person_id=person_id, source=source, understood=understood
    )


def deciding(person_id: int, item_id: int, *, confirmed: bool = True, request_id: str = "") -> pb.DecideItemRequest:
    status = pb.ITEM_STATUS_CONFIRMED if confirmed else pb.ITEM_STATUS_REJECTED
    return pb.DecideItemRequest(
        request_id=request_id or uuid.uuid4().hex, person_id=person_id, item_id=item_id, status=status
    )


def applying(person_id: int, item_id: int, request_id: str = "") -> pb.ApplyItemRequest:
    return pb.ApplyItemRequest(request_id=request_id or uuid.uuid4().hex, person_id=person_id, item_id=item_id)


def place(name: str = "", at: tuple[float, float] = HERE, kind: int = 0) -> pb.Understood:
    return pb.Understood(
        place=pb.UnderstoodPlace(kind=places_pb2.PlaceKind.ValueType(kind), name=name, latitude=at[0], longitude=at[1])
    )


def moment(hours: float) -> pb.Understood:
    """So many hours from now, in whole seconds."""
    at = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(hours=hours)
    told = pb.Understood()
    told.time.moment.FromDatetime(at)
    return told


def weekly(minute_of_day: int, *weekdays: int) -> pb.Understood:
    return pb.Understood(time=pb.UnderstoodTime(weekly=pb.WeeklyTime(minute_of_day=minute_of_day, weekdays=weekdays)))


def contact(name: str, code: str) -> pb.Understood:
    return pb.Understood(contact=pb.UnderstoodContact(name=name, wallet_code=code))
