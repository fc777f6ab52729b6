"""Places through the profile service's own door: found with typing errors, saved once, listed, merged and erased."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest
from google.rpc import error_details_pb2

from hailwire.profile.v1 import erasure_pb2, erasure_pb2_grpc, places_pb2_grpc, profile_pb2_grpc
from hailwire.profile.v1 import places_pb2 as pb
from services.gateway.conversations.gazetteer import PLACES
from services.profile.places import place
from services.profile.places.loading import open_loader
from services.profile.places.reading import read
from tests.profile.calls import resolve, sms, user, whatsapp
from tests.profile.conftest import OpenChannel

HERE, FAR = (-1.95, 30.06), (-1.99, 30.10)
TRANSIENT = {"CONFLICT", "ROW_BUSY", "TRANSACTION_CONFLICT"}


class Door:
    """The stubs of one replica, and calls that are repeated as every caller repeats them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.people: Any = profile_pb2_grpc.ProfileServiceStub(channel)
        self.places: Any = places_pb2_grpc.PlacesServiceStub(channel)
        self.erasure: Any = erasure_pb2_grpc.ErasureServiceStub(channel)

    async def newcomer(self) -> int:
        return int((await resolve(self.people, sms())).person_id)

    async def search(self, *texts: str) -> list[list[str]]:
        """The names that each text finds."""
        found = await self.places.BatchSearchPlaces(pb.BatchSearchPlacesRequest(texts=texts))
        return [[one.name for one in result.found.places] for result in found.results]

    async def own(self, person_id: int) -> pb.PersonPlaces:
        asked = pb.BatchListPlacesRequest(person_ids=[person_id])
        listed: pb.PersonPlaces = (await self.places.BatchListPlaces(asked)).results[0].places
        return listed

    async def save(self, *requests: pb.SavePlaceRequest) -> list[pb.PlaceChangeResult]:
        return await _settled(self.places.BatchSavePlaces, pb.BatchSavePlacesRequest(requests=requests))

    async def rename(self, *requests: pb.RenamePlaceRequest) -> list[pb.PlaceChangeResult]:
        return await _settled(self.places.BatchRenamePlaces, pb.BatchRenamePlacesRequest(requests=requests))

    async def delete(self, *requests: pb.DeletePlaceRequest) -> list[pb.PlaceChangeResult]:
        return await _settled(self.places.BatchDeletePlaces, pb.BatchDeletePlacesRequest(requests=requests))

    async def visit(self, *requests: pb.VisitPlaceRequest) -> list[pb.PlaceChangeResult]:
        return await _settled(self.places.BatchVisitPlaces, pb.BatchVisitPlacesRequest(requests=requests))


@pytest.fixture
async def door(open_channel: OpenChannel) -> AsyncIterator[Door]:
    async with open_channel() as channel:
        yield Door(channel)


async def _settled(call: Any, request: Any) -> list[pb.PlaceChangeResult]:
    while True:
        results = list((await call(request)).results)
        if not any(_reason(result) in TRANSIENT for result in results):
            return results


def _reason(result: Any) -> str:
    """The reason of a result's error; empty when it has none."""
    if not result.HasField("error"):
        return ""
    info = error_details_pb2.ErrorInfo()
    assert result.error.details[0].Unpack(info)
    return str(info.reason)


def _saving(
    person_id: int, name: str = "", at: tuple[float, float] = HERE, kind: int = 0, request_id: str = ""
) -> pb.SavePlaceRequest:
    return pb.SavePlaceRequest(
        request_id=request_id or uuid.uuid4().hex,
        person_id=person_id,
        kind=pb.PlaceKind.ValueType(kind),
        name=name,
        latitude=at[0],
        longitude=at[1],
    )


def _visiting(person_id: int, name: str = "", at: tuple[float, float] = HERE) -> pb.VisitPlaceRequest:
    return pb.VisitPlaceRequest(
        request_id=uuid.uuid4().hex, person_id=person_id, name=name, latitude=at[0], longitude=at[1]
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("KCC", "Kigali Convention Centre"),
        ("kimironko", "Kimironko Market"),
        ("Kimirongo", "Kimironko Market"),
        ("kimironk market", "Kimironko Market"),
        ("Marche de Kimironko", "Kimironko Market"),
        ("l'aéroport", "Kigali International Airport"),
        ("nyabugoo", "Nyabugogo Bus Park"),
        ("amahro stadium", "Amahoro Stadium"),
        ("convension centre", "Kigali Convention Centre"),
    ],
)
async def test_a_place_is_found_though_it_is_misspelt(door: Door, text: str, name: str) -> None:
    """Whole names, other names, beginnings and slips of the pen find the place, and it comes first."""
    (found,) = await door.search(text)
    assert found[:1] == [name]
    assert len(found) <= 3


async def test_every_landmark_of_the_gateway_is_in_the_gazetteer(door: Door) -> None:
    """What pickups are named by is found by each of its names, at the same place."""
    names = [(one, name) for one in PLACES for name in (one.name, *one.names)]
    request = pb.BatchSearchPlacesRequest(texts=[name for _, name in names])
    response = await door.places.BatchSearchPlaces(request)
    for (one, name), result in zip(names, response.results, strict=True):
        (found,) = result.found.places
        assert (found.name, found.latitude, found.longitude) == (one.name, one.latitude, one.longitude), name


async def test_what_is_no_place_finds_nothing(door: Door) -> None:
    """Greetings, gibberish, punctuation, short words and long texts: an empty list, in the order of the request."""
    texts = ["hello", "nowhere in particular", "?!", "er", "", "x" * 5000, "kigali heights", "%_' OR 1=1", "\u0000"]
    assert await door.search(*texts) == [[], [], [], [], [], [], ["Kigali Heights"], [], []]


async def test_several_are_offered_once_each(door: Door) -> None:
    """A word that begins many names finds up to nine places, each once."""
    (found,) = await door.search("kigali")
    assert 3 <= len(found) == len(set(found)) <= 9


async def test_saved_listed_renamed_and_deleted(door: Door) -> None:
    """Home, work and school come first; another name keeps the place; what is deleted is gone."""
    person_id = await door.newcomer()
    gym, home = await door.save(_saving(person_id, "Gym", FAR), _saving(person_id, "ignored", kind=pb.PLACE_KIND_HOME))
    own = await door.own(person_id)
    assert [(one.place_id, one.kind, one.name) for one in own.saved] == [
        (home.change.place_id, pb.PLACE_KIND_HOME, ""),
        (gym.change.place_id, 0, "Gym"),
    ]
    renaming = pb.RenamePlaceRequest(
        request_id=uuid.uuid4().hex, person_id=person_id, place_id=gym.change.place_id, name="Club"
    )
    (renamed,) = await door.rename(renaming)
    assert renamed.change.place_id == gym.change.place_id
    assert [one.name for one in (await door.own(person_id)).saved] == ["", "Club"]
    deleting = pb.DeletePlaceRequest(request_id=uuid.uuid4().hex, person_id=person_id, place_id=gym.change.place_id)
    first = await door.delete(deleting)
    assert await door.delete(deleting) == first
    assert [one.kind for one in (await door.own(person_id)).saved] == [pb.PLACE_KIND_HOME]
    deleting.request_id = uuid.uuid4().hex
    assert [_reason(result) for result in await door.delete(deleting)] == ["PLACE_NOT_FOUND"]


async def test_within_fifty_metres_it_is_one_place(door: Door) -> None:
    """In one call or in two: a second name for the same place makes no second place, and home stays home."""
    person_id = await door.newcomer()
    nearby = (HERE[0] + 0.0004, HERE[1])
    await door.save(_saving(person_id, "Shop"), _saving(person_id, "Kiosk", nearby))
    assert [one.name for one in (await door.own(person_id)).saved] == ["Kiosk"]
    await door.save(_saving(person_id, kind=pb.PLACE_KIND_HOME))
    (again,) = await door.save(_saving(person_id, "Bar", nearby))
    assert (again.change.merged, again.change.kind) == (True, pb.PLACE_KIND_HOME)
    (only,) = (await door.own(person_id)).saved
    assert (only.kind, only.name) == (pb.PLACE_KIND_HOME, "")


async def test_a_bad_item_spoils_no_other(door: Door) -> None:
    """Names and places that are none, strangers and people who are unknown: each item has its own answer."""
    person_id, other_id = await door.newcomer(), await door.newcomer()
    (saved,) = await door.save(_saving(other_id, "Gym"))
    results = await door.save(
        _saving(person_id, "?!"),
        _saving(person_id, "North", (91, 0)),
        _saving(person_id, "Nowhere", (float("nan"), 0)),
        _saving(999_999_999, "Gym"),
        pb.SavePlaceRequest(person_id=person_id, name="Gym"),
        _saving(person_id, "Gym"),
    )
    assert [_reason(result) for result in results] == [
        *("PLACE_NAME_INVALID", "LOCATION_INVALID", "LOCATION_INVALID"),
        *("PERSON_NOT_FOUND", "REQUEST_ID_INVALID", ""),
    ]
    strange = pb.DeletePlaceRequest(request_id=uuid.uuid4().hex, person_id=person_id, place_id=saved.change.place_id)
    assert [_reason(result) for result in await door.delete(strange)] == ["PLACE_NOT_FOUND"]
    assert len((await door.own(other_id)).saved) == 1
    assert not (await door.own(999_999_999)).saved


async def test_no_more_than_are_kept(door: Door) -> None:
    """The ninth is refused, at once or from many callers together."""
    person_id = await door.newcomer()
    requests = [_saving(person_id, f"Place {n}", (HERE[0] + n / 100, HERE[1])) for n in range(place.MOST_SAVED + 4)]
    outcomes = await asyncio.gather(*(door.save(request) for request in requests))
    reasons = [_reason(result) for (result,) in outcomes]
    assert sorted(reasons) == [""] * place.MOST_SAVED + ["PLACES_TOO_MANY"] * 4
    assert len((await door.own(person_id)).saved) == place.MOST_SAVED


async def test_a_repeat_does_nothing_more(door: Door) -> None:
    """The same request id answers as before, after a deletion too; with other content it is refused."""
    person_id = await door.newcomer()
    request = _saving(person_id, "Gym")
    first = await door.save(request)
    deleting = pb.DeletePlaceRequest(
        request_id=uuid.uuid4().hex, person_id=person_id, place_id=first[0].change.place_id
    )
    await door.delete(deleting)
    assert await door.save(request) == first
    assert not (await door.own(person_id)).saved
    request.name = "Club"
    assert [_reason(result) for result in await door.save(request)] == ["REQUEST_ID_REUSED"]


async def test_recent_places(door: Door) -> None:
    """The latest first, each once, a few of them, and none that is saved."""
    person_id = await door.newcomer()
    for number in range(place.MOST_RECENT + 1):
        await door.visit(_visiting(person_id, f"Place {number}", (HERE[0] + number / 100, HERE[1])))
    await door.visit(_visiting(person_id, "", (HERE[0] + 0.03, HERE[1])))
    recent = (await door.own(person_id)).recent
    assert [one.name for one in recent] == ["Place 3", "Place 5", "Place 4", "Place 2", "Place 1"]
    await door.save(_saving(person_id, "Gym", (HERE[0] + 0.03, HERE[1])))
    assert [one.name for one in (await door.own(person_id)).recent][:1] == ["Place 5"]
    await door.visit(_visiting(person_id, "x" * 200))
    assert [len(one.name) for one in (await door.own(person_id)).recent][:1] == [40]


async def test_people_who_become_one_have_their_places_together(door: Door) -> None:
    """The survivor's home stays; the other's home becomes a recent place; a repeat by the former id is known."""
    number, user_id = whatsapp(), user()
    one, two = [await resolve(door.people, identity) for identity in (number, user_id)]
    await door.save(_saving(one.person_id, kind=pb.PLACE_KIND_HOME))
    gym = _saving(two.person_id, "Gym", (-1.97, 30.08))
    first = await door.save(gym)
    await door.save(_saving(two.person_id, kind=pb.PLACE_KIND_HOME, at=FAR))
    await door.visit(_visiting(one.person_id, "Market", (-1.90, 30.00)))
    await door.visit(_visiting(two.person_id, "Bar", (-1.91, 30.01)))
    await resolve(door.people, number, user_id)
    own = await door.own(one.person_id)
    assert own == await door.own(two.person_id)
    assert [(place.kind, place.name) for place in own.saved] == [(pb.PLACE_KIND_HOME, ""), (0, "Gym")]
    assert (own.saved[0].latitude, own.saved[0].longitude) == HERE
    assert [place.name for place in own.recent] == ["Market", "Bar", ""]
    assert await door.save(gym) == first


async def test_an_erased_person_has_no_places(door: Door, database_url: str) -> None:
    """Saved and recent places are gone with the person, the ledger tells none, and none can be saved anew."""
    person_id = await door.newcomer()
    await door.save(_saving(person_id, "Secret Garden"))
    await door.visit(_visiting(person_id, "Secret Harbour", FAR))
    await door.erasure.ErasePerson(
        erasure_pb2.ErasePersonRequest(request_id=uuid.uuid4().hex, person_id=person_id, actor="operator:eve")
    )
    connection = await asyncpg.connect(database_url)
    try:
        for table in ("saved_place", "recent_place"):
            assert not await connection.fetchval(
                f"SELECT count(*) FROM profile.{table} WHERE person_id = $1",
                person_id,
            )
        kept = b"".join([row["outcome"] for row in await connection.fetch("SELECT outcome FROM profile.request")])
    finally:
        await connection.close()
    assert b"Secret" not in kept
    (late,) = await door.save(_saving(person_id, "Gym"))
    assert _reason(late) == "PERSON_NOT_FOUND"


async def test_a_file_is_loaded_and_loaded_again(door: Door, database_url: str) -> None:
    """New places are found at once; the same file again changes none; a corrected one changes what it brought."""
    lines = ["id,name,lat,lon,names\n", "1,Zanzibar Lodge,-2,30,the lodge\n", "2,Zebra Crossing,-2.1,30,\n"]
    async with open_loader(database_url) as loader:
        totals = [(one.new, one.changed) async for one in loader.load("test", read(lines))]
        assert totals == [(2, 0)]
        assert await door.search("zanzibr lodge", "the lodge") == [["Zanzibar Lodge"], ["Zanzibar Lodge"]]
        totals = [(one.new, one.changed) async for one in loader.load("test", read(lines))]
        assert totals == [(0, 2)]
        corrected = [lines[0], "1,Zanzibar Inn,-2,30,\n"]
        totals = [(one.new, one.changed) async for one in loader.load("test", read(corrected))]
        assert totals == [(0, 1)]
    assert await door.search("zanzibar inn", "zebra crossing") == [["Zanzibar Inn"], ["Zebra Crossing"]]
    (gone,) = await door.search("the lodge")
    assert "Zanzibar Inn" not in gone
