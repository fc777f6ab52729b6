"""Enrichments through the profile service's own door: added in batches, decided, applied once, never for nothing."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest

from chassis.interceptors import typed
from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import places_pb2
from services.profile import app
from services.profile.enrichments.effects import MOST_CONTACTS, MOST_TIMES
from services.profile.enrichments.item import MOST_PENDING
from tests.chassis.polling import until_awaited
from tests.profile.calls import resolve, user, whatsapp
from tests.profile.conftest import OpenChannel
from tests.profile.enriching import FAR, HERE, Door, adding, applying, contact, deciding, moment, place, weekly
from tests.profile.wallets import reason

PENDING, CONFIRMED = pb.ITEM_STATUS_PENDING, pb.ITEM_STATUS_CONFIRMED
REJECTED, APPLIED = pb.ITEM_STATUS_REJECTED, pb.ITEM_STATUS_APPLIED


@pytest.fixture
async def door(open_channel: OpenChannel) -> AsyncIterator[Door]:
    async with open_channel() as channel:
        yield Door(channel)


async def fetch(database_url: str, sql: str, *arguments: Any) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(database_url)
    try:
        return [dict(row) for row in await connection.fetch(sql, *arguments)]
    finally:
        await connection.close()


async def test_from_understood_to_applied(door: Door, database_url: str) -> None:
    """A place is pending, confirmed, applied; then it is saved, and each step is audited without saying where."""
    person_id = await door.newcomer()
    item_id = await door.added(person_id, place("Kimironko Market"))
    item = (await door.get(person_id, item_id)).item
    assert (item.status, item.source) == (PENDING, pb.ITEM_SOURCE_TEXT)
    assert item.understood == place("Kimironko Market")
    assert not item.HasField("decide_time")
    (confirmed,) = await door.decide(deciding(person_id, item_id))
    assert (confirmed.change.kind, confirmed.change.status) == (pb.ITEM_KIND_PLACE, CONFIRMED)
    (applied,) = await door.apply(applying(person_id, item_id))
    (saved,) = await door.saved(person_id)
    assert (applied.change.status, applied.change.place_id) == (APPLIED, saved.place_id)
    assert (saved.name, saved.latitude, saved.longitude) == ("Kimironko Market", *HERE)
    item = (await door.get(person_id, item_id)).item
    assert item.status == APPLIED
    assert item.HasField("apply_time")
    rows = await fetch(
        database_url,
        "SELECT action, actor, detail FROM profile.audit WHERE person_id = $1 ORDER BY audit_id",
        person_id,
    )
    assert [row["action"] for row in rows][1:] == ["enrichment.confirmed", "enrichment.applied"]
    assert {row["actor"] for row in rows[1:]} == {"person"}
    assert "Kimironko" not in str(rows)


async def test_one_statement_stores_a_batch(door: Door, database_url: str) -> None:
    """What forty people said at once is forty items, each its person's, in the order of the request."""
    people = [await door.newcomer() for _ in range(40)]
    results = await door.add(*(adding(one, place(f"Place {one}")) for one in people))
    ids = [result.change.item_id for result in results]
    assert ids == sorted(set(ids))
    rows = await fetch(
        database_url, "SELECT item_id, person_id, name, created_at FROM profile.enrichment_item ORDER BY item_id"
    )
    mine = [row for row in rows if row["item_id"] in ids]
    assert [(row["person_id"], row["name"]) for row in mine] == [(one, f"Place {one}") for one in people]
    assert len({row["created_at"] for row in mine}) == 1


async def test_a_bad_row_fails_alone(open_channel: OpenChannel, database_url: str) -> None:
    """One that the database itself refuses takes nobody along; each other item of the batch is there, once."""
    name = f"Poison {uuid.uuid4().hex[:8]}"
    await fetch(
        database_url,
        f"""
        CREATE OR REPLACE FUNCTION profile.poisonous() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.name = '{name}' THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END $$
        """,
    )
    await fetch(
        database_url,
        """
        CREATE TRIGGER poisonous BEFORE INSERT ON profile.enrichment_item
        FOR EACH ROW EXECUTE FUNCTION profile.poisonous()
        """,
    )
    try:
        async with open_channel() as channel:
            door = Door(channel)
            people = [await door.newcomer() for _ in range(9)]
            requests = [adding(one, place(name if number == 4 else "Gym")) for number, one in enumerate(people)]
            results = await door.add(*requests)
            assert [reason(result) for result in results] == ["", "", "", "", "INTERNAL", "", "", "", ""]
            assert [len(await door.listed(one)) for one in people] == [1, 1, 1, 1, 0, 1, 1, 1, 1]
            # What was stored is found by a repeat, and is not stored again.
            assert await door.add(*requests[:4]) == results[:4]
            assert [len(await door.listed(one)) for one in people[:4]] == [1, 1, 1, 1]
    finally:
        await fetch(database_url, "DROP TRIGGER poisonous ON profile.enrichment_item")


@pytest.mark.parametrize(
    ("understood", "refused"),
    [
        (pb.Understood(), "ITEM_INVALID"),
        (pb.Understood(time=pb.UnderstoodTime()), "ITEM_INVALID"),
        (weekly(24 * 60), "ITEM_INVALID"),
        (weekly(-1), "ITEM_INVALID"),
        (weekly(60, 8), "ITEM_INVALID"),
        (place("Nowhere", (91, 0)), "LOCATION_INVALID"),
        (place("Nowhere", (float("nan"), 0)), "LOCATION_INVALID"),
        (place("?!"), "PLACE_NAME_INVALID"),
        (place("x" * 41), "PLACE_NAME_INVALID"),
        (contact("Ann", "HW-2222223"), "ITEM_INVALID"),
        (contact("Ann", "+250788123456"), "ITEM_INVALID"),
        (contact("", "HW-2222222"), "ITEM_INVALID"),
    ],
)
async def test_what_is_nothing(door: Door, understood: pb.Understood, refused: str) -> None:
    """Nothing, no time, no place and no code are refused each by itself, and the item beside them is stored."""
    person_id = await door.newcomer()
    bad, good = await door.add(adding(person_id, understood), adding(person_id, place("Gym")))
    assert (reason(bad), reason(good)) == (refused, "")
    assert len(await door.listed(person_id)) == 1


async def test_who_and_where_from_must_be_known(door: Door) -> None:
    """Nobody's items, an item without a source or without a request id: refused, and strangers' are not."""
    person_id = await door.newcomer()
    results = await door.add(
        adding(2**60, place("Gym")),
        adding(person_id, place("Gym"), source=pb.ITEM_SOURCE_UNSPECIFIED),
        pb.AddItemRequest(person_id=person_id, source=pb.ITEM_SOURCE_TEXT, understood=place("Gym")),
        adding(person_id, place("Gym")),
    )
    assert [reason(one) for one in results] == ["PERSON_NOT_FOUND", "ITEM_INVALID", "REQUEST_ID_INVALID", ""]


async def test_a_repeat_adds_nothing(door: Door) -> None:
    """The same request id answers as before; the same thing again, in one batch or in two, is the item that waits."""
    person_id = await door.newcomer()
    request = adding(person_id, weekly(450, 1, 2))
    first = await door.add(request)
    assert await door.add(request) == first
    one, two = await door.add(adding(person_id, weekly(450, 2, 1)), adding(person_id, weekly(450, 1, 2)))
    assert one.change == two.change == first[0].change
    assert len(await door.listed(person_id)) == 1
    request.understood.CopyFrom(weekly(451))
    assert [reason(result) for result in await door.add(request)] == ["REQUEST_ID_REUSED"]


async def test_the_oldest_questions_give_way(door: Door) -> None:
    """Of one person no more than MOST_PENDING wait, however they came; others' are left alone."""
    person_id, other_id = await door.newcomer(), await door.newcomer()
    kept = await door.added(other_id, place("Gym"))
    for number in range(MOST_PENDING + 3):
        await door.added(person_id, place(f"Place {number}"))
    items = await door.listed(person_id, page_size=100)
    assert [item.understood.place.name for item in items] == [
        f"Place {number}" for number in reversed(range(3, MOST_PENDING + 3))
    ]
    assert (await door.get(other_id, kept)).item.status == PENDING


async def test_yes_and_no(door: Door) -> None:
    """Either may be taken back and said twice; what was never confirmed, or rejected since, is not applied."""
    person_id = await door.newcomer()
    item_id = await door.added(person_id, place("Gym"))
    assert [reason(one) for one in await door.apply(applying(person_id, item_id))] == ["ITEM_NOT_CONFIRMED"]
    for confirmed in (False, True, True, False):
        (result,) = await door.decide(deciding(person_id, item_id, confirmed=confirmed))
        assert result.change.status == (CONFIRMED if confirmed else REJECTED)
    assert [reason(one) for one in await door.apply(applying(person_id, item_id))] == ["ITEM_NOT_CONFIRMED"]
    wrong = deciding(person_id, item_id)
    wrong.status = APPLIED
    assert [reason(one) for one in await door.decide(wrong)] == ["ITEM_INVALID"]
    assert not await door.saved(person_id)


async def test_nobody_elses_items(door: Door) -> None:
    """An id of somebody else's item is no item: not read, not decided, not applied."""
    person_id, thief_id = await door.newcomer(), await door.newcomer()
    item_id = await door.confirmed(person_id, place("Gym"))
    assert reason(await door.get(thief_id, item_id)) == "ITEM_NOT_FOUND"
    assert [reason(one) for one in await door.decide(deciding(thief_id, item_id))] == ["ITEM_NOT_FOUND"]
    assert [reason(one) for one in await door.apply(applying(thief_id, item_id))] == ["ITEM_NOT_FOUND"]
    assert [reason(one) for one in await door.apply(applying(2**60, item_id))] == ["PERSON_NOT_FOUND"]
    assert (await door.get(person_id, item_id)).item.status == CONFIRMED
    assert not await door.saved(person_id)


async def test_applied_once_over_two_replicas(open_channel: OpenChannel, database_url: str) -> None:
    """Of ten that apply one item side by side, at two replicas, one does; the others hear that it was done."""
    async with open_channel() as left, open_channel() as right:
        doors = [Door(left), Door(right)]
        person_id = await doors[0].newcomer()
        item_id = await doors[0].confirmed(person_id, weekly(450))
        outcomes = await asyncio.gather(
            *(doors[number % 2].apply(applying(person_id, item_id)) for number in range(10))
        )
        assert sorted(reason(result) for (result,) in outcomes) == ["", *["ITEM_APPLIED"] * 9]
        assert [note.understood for note in await doors[1].notes(person_id)] == [weekly(450)]
        sql = "SELECT count(*) AS times FROM profile.audit WHERE person_id = $1 AND action = 'enrichment.applied'"
        assert await fetch(database_url, sql, person_id) == [{"times": 1}]


async def test_a_lost_answer_is_found_again(door: Door) -> None:
    """The same request id answers word for word what it made, however often, and makes nothing more."""
    person_id = await door.newcomer()
    request = applying(person_id, await door.confirmed(person_id, place("Gym")))
    first = await door.apply(request)
    assert await door.apply(request) == await door.apply(request) == first
    assert len(await door.saved(person_id)) == 1
    (late,) = await door.decide(deciding(person_id, request.item_id, confirmed=False))
    assert reason(late) == "ITEM_APPLIED"


async def test_what_changes_nothing_is_refused(door: Door) -> None:
    """A place, a time and a contact that are so already: refused, still confirmed, never told as applied."""
    person_id, payee_id = await door.newcomer(), await door.newcomer()
    code = await door.code_of(payee_id)
    for first, again in (
        (place("Gym"), place("GYM ")),
        (place("Gym", FAR), place("Bar", (FAR[0] + 0.0001, FAR[1]))),
        (place(at=(-1.9, 30), kind=places_pb2.PLACE_KIND_HOME), place("Bar", (-1.9, 30))),
        (weekly(450), weekly(450, *range(1, 8))),
        (contact("Ann", code), contact("ANN", code.lower())),
    ):
        assert not reason(await door.kept(person_id, first))
        item_id = await door.confirmed(person_id, again)
        for _ in range(2):
            assert [reason(one) for one in await door.apply(applying(person_id, item_id))] == ["NOTHING_TO_APPLY"]
        item = (await door.get(person_id, item_id)).item
        assert (item.status, item.HasField("apply_time")) == (CONFIRMED, False)
    assert [(one.kind, one.name) for one in await door.saved(person_id)] == [
        (places_pb2.PLACE_KIND_HOME, ""),
        (0, "Gym"),
    ]
    assert len(await door.notes(person_id)) == 2


async def test_in_one_batch(door: Door) -> None:
    """Several of one person in one call: in order, each against what those before it made."""
    person_id = await door.newcomer()
    ids = [await door.confirmed(person_id, one) for one in (place("Gym"), place("Bar"), weekly(450), weekly(480))]
    results = await door.apply(*(applying(person_id, item_id) for item_id in (*ids, ids[0])))
    assert [reason(one) for one in results] == ["", "NOTHING_TO_APPLY", "", "", "ITEM_APPLIED"]
    notes = await door.notes(person_id)
    assert [one.change.note_id for one in results[2:4]] == [note.note_id for note in notes]


async def test_a_time_that_is_over(door: Door, database_url: str) -> None:
    """It is not kept, and one that was kept is none any more once it is over."""
    person_id = await door.newcomer()
    assert reason(await door.kept(person_id, moment(-1))) == "TIME_IN_PAST"
    assert not reason(await door.kept(person_id, moment(1)))
    assert len(await door.notes(person_id)) == 1
    earlier = "UPDATE profile.note SET moment = moment - interval '2 hours' WHERE person_id = $1"
    await fetch(database_url, earlier, person_id)
    assert await door.notes(person_id) == []


async def test_notes_are_bounded_and_forgotten(door: Door) -> None:
    """So many times and so many contacts; one more after one was forgotten, which happens once."""
    person_id = await door.newcomer()
    codes = [await door.code_of(await door.newcomer()) for _ in range(MOST_CONTACTS + 1)]
    for number in range(MOST_TIMES):
        assert not reason(await door.kept(person_id, weekly(number)))
    for number, code in enumerate(codes[:-1]):
        assert not reason(await door.kept(person_id, contact(f"Friend {number}", code)))
    assert reason(await door.kept(person_id, weekly(100))) == "NOTES_TOO_MANY"
    assert reason(await door.kept(person_id, contact("One more", codes[-1]))) == "NOTES_TOO_MANY"
    first, *_ = await door.notes(person_id)
    assert (await door.forget(person_id, first.note_id)).forgotten.note_id == first.note_id
    assert reason(await door.forget(person_id, first.note_id)) == "NOTE_NOT_FOUND"
    assert reason(await door.forget(await door.newcomer(), first.note_id)) == "NOTE_NOT_FOUND"
    assert not reason(await door.kept(person_id, weekly(100)))


async def test_a_contact_is_somebody_elses_wallet(door: Door) -> None:
    """A code of nobody's and one's own are refused; another name or another code takes the place of the old one."""
    person_id, ann_id, bob_id = [await door.newcomer() for _ in range(3)]
    mine, ann, bob = [await door.code_of(one) for one in (person_id, ann_id, bob_id)]
    assert reason(await door.kept(person_id, contact("Nobody", "HW-2222222"))) == "PAYEE_UNKNOWN"
    assert reason(await door.kept(person_id, contact("Me", mine))) == "TRANSFER_TO_SELF"
    for name, code in (("Ann", ann), ("Sister", ann), ("Sister", bob)):
        assert not reason(await door.kept(person_id, contact(name, code)))
        (note,) = await door.notes(person_id)
        assert note.understood == contact(name, code)


async def test_lists(door: Door) -> None:
    """Newest first, of a status, of a source and a status, page by page; a source alone is not served."""
    person_id = await door.newcomer()
    for number in range(5):
        source = pb.ITEM_SOURCE_CAPTION if number % 2 else pb.ITEM_SOURCE_TEXT
        await door.add(adding(person_id, place(f"Place {number}"), source=source))
    items = await door.listed(person_id)
    await door.decide(deciding(person_id, items[0].item_id), deciding(person_id, items[1].item_id))

    def names(found: list[pb.EnrichmentItem]) -> list[str]:
        return [one.understood.place.name.removeprefix("Place ") for one in found]

    assert names(items) == ["4", "3", "2", "1", "0"]
    assert names(await door.listed(person_id, status=CONFIRMED)) == ["4", "3"]
    captions = await door.listed(person_id, status=PENDING, source=pb.ITEM_SOURCE_CAPTION)
    assert names(captions) == ["1"]
    walked, token = [], ""
    while True:
        asked = pb.ListItemsRequest(person_id=person_id, page_size=2, page_token=token, with_total=True)
        page = await door.items.ListItems(asked)
        walked += names(list(page.items))
        assert page.total_size == 5
        token = page.next_page_token
        if not token:
            break
    assert walked == ["4", "3", "2", "1", "0"]
    for refused, why in (
        (pb.ListItemsRequest(person_id=person_id, source=pb.ITEM_SOURCE_TEXT), "FILTERS_NOT_SERVED"),
        (pb.ListItemsRequest(person_id=2**60), "PERSON_NOT_FOUND"),
        (pb.ListItemsRequest(person_id=person_id, page_token="x"), "PAGE_TOKEN_INVALID"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await door.items.ListItems(refused)
        assert typed(failure.value).reason == why


async def test_people_who_become_one(door: Door) -> None:
    """Items and notes of both are the survivor's, whose notes stay where two are in each other's way."""
    number, user_id = whatsapp(), user()
    one, two = [(await resolve(door.people, identity)).person_id for identity in (number, user_id)]
    payee, other = [await door.code_of(await door.newcomer()) for _ in range(2)]
    await door.kept(one, contact("Ann", payee))
    await door.kept(two, contact("Ann", other))
    await door.kept(two, weekly(450))
    waiting = adding(two, place("Gym"))
    first = await door.add(waiting)
    confirmed = await door.confirmed(two, place("Bar", FAR))
    await resolve(door.people, number, user_id)
    assert [note.understood for note in await door.notes(one)] == [contact("Ann", payee), weekly(450)]
    assert await door.notes(one) == await door.notes(two)
    assert await door.add(waiting) == first
    assert {item.item_id for item in await door.listed(two)} == {item.item_id for item in await door.listed(one)}
    assert first[0].change.item_id in {item.item_id for item in await door.listed(one, status=PENDING)}
    (applied,) = await door.apply(applying(two, confirmed))
    assert not reason(applied)
    assert [place.name for place in await door.saved(one)] == ["Bar"]


async def test_an_erased_person_is_in_nobodys_notes(door: Door, database_url: str) -> None:
    """Their items and notes go, what others call them by their code goes too, and the ledger tells nothing."""
    gone_id, friend_id, stranger_id = [await door.newcomer() for _ in range(3)]
    code, other = await door.code_of(gone_id), await door.code_of(stranger_id)
    await door.kept(gone_id, contact("Secret Friend", other))
    await door.added(gone_id, place("Secret Garden"))
    await door.kept(friend_id, contact("Secret Person", code))
    await door.kept(friend_id, contact("Stranger", other))
    await door.added(friend_id, contact("Secret Nickname", code))
    await door.erase(gone_id)
    assert [note.understood.contact.name for note in await door.notes(friend_id)] == ["Stranger"]
    for table in ("enrichment_item", "note"):
        assert not await fetch(database_url, f"SELECT FROM profile.{table} WHERE name LIKE 'Secret%'")
        assert not await fetch(database_url, f"SELECT FROM profile.{table} WHERE person_id = $1", gone_id)
    rows = await fetch(database_url, "SELECT outcome FROM profile.request")
    kept = b"".join([row["outcome"] for row in rows])
    assert b"Secret" not in kept
    (late,) = await door.add(adding(gone_id, place("Gym")))
    assert reason(late) == "PERSON_NOT_FOUND"


async def test_retention(open_channel: OpenChannel, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After PROFILE_ENRICHMENT_DAYS items go, decided or not; what they became stays, but for times that are over."""
    monkeypatch.setattr(app, "_RETENTION_SECONDS", 0.05)
    async with open_channel(PROFILE_ENRICHMENT_DAYS="3") as channel:
        door = Door(channel)
        person_id = await door.newcomer()
        assert not reason(await door.kept(person_id, weekly(450)))
        assert not reason(await door.kept(person_id, moment(1)))
        await door.added(person_id, place("Gym"))
        age = "UPDATE profile.enrichment_item SET created_at = created_at - make_interval(days => $2)"
        await fetch(database_url, f"{age} WHERE person_id = $1", person_id, 2)
        assert len(await door.listed(person_id)) == 3
        await fetch(database_url, f"{age} WHERE person_id = $1", person_id, 2)
        over = "UPDATE profile.note SET moment = moment - interval '2 days' WHERE person_id = $1"
        await fetch(database_url, over, person_id)

        async def gone() -> bool:
            left = await fetch(database_url, "SELECT minute_of_day FROM profile.note WHERE person_id = $1", person_id)
            return left == [{"minute_of_day": 450}] and not await door.listed(person_id)

        await until_awaited(gone)
        assert len(await door.notes(person_id)) == 1
