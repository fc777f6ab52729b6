"""What was understood from messages, from the webhook to the REST API: stored in batches, decided and applied there."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway.mesh import Mesh, payload, sms, text
from tests.gateway.test_phone_numbers import App, Told

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/enrichment-items"
WORDS = "Kimironko Market tomorrow at 7am"
Phones = Callable[[int], list[str]]


class Client(App):
    """The app of a user who may have proved a number."""

    async def items(self, query: str = "") -> list[dict[str, Any]]:
        """What there is, newest first."""
        told = await self.ask("GET", PATH + query)
        assert told.status == 200, told
        return list(told.body["data"]["items"])

    async def decide(self, item_id: object, status: object = "confirmed") -> Told:
        return await self.ask("PATCH", f"{PATH}/{item_id}", {"status": status})

    async def apply(self, item_id: object) -> Told:
        return await self.ask("POST", f"{PATH}/{item_id}/apply")


async def texts(mesh: Mesh, number: str, *bodies: str) -> None:
    for body in bodies:
        await mesh.texted(sms(number, body))
        await mesh.settled()


async def writer(mesh: Mesh, phone: str, *bodies: str) -> Client:
    """The app of somebody who writes these by SMS, in English."""
    client = Client(mesh)
    # The code is the first message that the phone receives.
    await client.links(f"+{phone}")
    await texts(mesh, f"+{phone}", "hello", "English", *bodies)
    return client


async def test_from_a_message_to_what_it_changes(mesh: Mesh, phone: str) -> None:
    """A text is two pending items; the place is confirmed and applied, and is a saved place then."""
    client = await writer(mesh, phone, WORDS)
    assert "Place: Kimironko Market" in mesh.received(f"+{phone}")[-1]["Body"]
    time, place = await client.items()
    assert (place["kind"], place["status"], place["source"]) == ("place", "pending", "text")
    assert place["place"]["name"] == "Kimironko Market"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT05:00:00Z", time["time"]["at"])
    told = await client.apply(place["id"])
    assert (told.status, told.error) == (409, "ITEM_NOT_CONFIRMED")
    told = await client.decide(place["id"])
    assert (told.status, told.body["data"]["status"]) == (200, "confirmed")
    assert told.headers["cache-control"] == "no-store"
    told = await client.apply(place["id"])
    saved = await mesh.rows("SELECT saved_place_id, name FROM profile.saved_place ORDER BY saved_place_id DESC LIMIT 1")
    assert told.body["data"]["became"] == {"place_id": saved[0]["saved_place_id"]}
    assert saved[0]["name"] == "Kimironko Market"
    told = await client.apply(place["id"])
    assert (told.status, told.error) == (409, "ITEM_APPLIED")
    (applied,) = await client.items("?status=applied")
    assert applied["applied_at"].endswith("Z")
    assert [one["id"] for one in await client.items("?status=pending&source=text")] == [time["id"]]
    assert (await client.decide(time["id"], "rejected")).body["data"]["status"] == "rejected"


async def test_side_by_side_it_is_applied_once(mesh: Mesh, phone: str) -> None:
    """Of ten requests at once one applies the item, and the others are told that it was done."""
    client = await writer(mesh, phone, "every friday 7am")
    (item,) = await client.items()
    assert item["time"] == {"time_of_day": "07:00", "weekdays": [5]}
    await client.decide(item["id"])
    answers = await asyncio.gather(*(client.apply(item["id"]) for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 9
    assert {answer.error for answer in answers if answer.status == 409} == {"ITEM_APPLIED"}
    assert len(await mesh.rows("SELECT FROM profile.note WHERE minute_of_day = 420 AND weekdays = 16")) == 1


async def test_what_changes_nothing_is_not_said_to_be_applied(mesh: Mesh, phone: str) -> None:
    """The same time once more, confirmed: 409, and the item stays what it is."""
    client = await writer(mesh, phone, "every monday 6am")
    (first,) = await client.items()
    await client.decide(first["id"])
    assert (await client.apply(first["id"])).status == 200
    await texts(mesh, f"+{phone}", "every monday 6am")
    again = (await client.items())[0]
    await client.decide(again["id"])
    told = await client.apply(again["id"])
    assert (told.status, told.error) == (409, "NOTHING_TO_APPLY")
    assert (await client.items())[0]["status"] == "confirmed"


async def test_several_each_by_itself(mesh: Mesh, phone: str) -> None:
    """One that is nobody's spoils none of the others, to decide and to apply."""
    client = await writer(mesh, phone, WORDS)
    ids = [item["id"] for item in await client.items()]
    told = await client.ask("PATCH", PATH, {"status": "confirmed", "ids": [ids[0], 2**40, ids[1]]})
    assert told.status == 200
    first, missing, second = told.body["data"]["items"]
    assert (first["status"], second["status"]) == ("confirmed", "confirmed")
    assert missing == {"id": 2**40, "error": "ITEM_NOT_FOUND", "message": "The user has no such item"}
    told = await client.ask("POST", f"{PATH}/apply", {"ids": [*ids, 2**40, ids[0]]})
    assert [one.get("status", one.get("error")) for one in told.body["data"]["items"]] == [
        "applied",
        "applied",
        "ITEM_NOT_FOUND",
    ]


async def test_by_chat_and_by_app_it_is_one_item(mesh: Mesh, phone: str) -> None:
    """What is kept by a number in the chat is applied for the app, too; what the app rejected is not kept by it."""
    client = await writer(mesh, phone, WORDS, "1")
    assert "I keep this" in mesh.received(f"+{phone}")[-1]["Body"]
    assert {item["status"] for item in await client.items()} == {"applied"}
    await texts(mesh, f"+{phone}", "every friday 7am")
    item = (await client.items())[0]
    assert (await client.decide(item["id"], "rejected")).status == 200
    await texts(mesh, f"+{phone}", "notes")
    assert "Every Fri" not in mesh.received(f"+{phone}")[-1]["Body"]
    assert (await client.items("?status=pending")) == []


async def test_nobody_elses(mesh: Mesh, phones: Phones) -> None:
    """Without a proved number, or one from which nobody writes, or with another's item: there is nothing."""
    first, second, third = phones(3)
    client = await writer(mesh, first, WORDS)
    item_id = (await client.items())[0]["id"]
    stranger, other = Client(mesh), await writer(mesh, second)
    silent = Client(mesh)
    await silent.links(f"+{third}")
    # WhatsApp of the same number is not proved by its SMS.
    await mesh.says(third, "hello", "English", WORDS)
    await mesh.settled()
    for nobody in (stranger, silent):
        for told in (await nobody.ask("GET", PATH), await nobody.decide(item_id), await nobody.apply(item_id)):
            assert (told.status, told.error) == (404, "PERSON_NOT_FOUND")
    assert await other.items() == []
    for told in (await other.decide(item_id), await other.apply(item_id), await client.decide("x")):
        assert (told.status, told.error) == (404, "ITEM_NOT_FOUND")
    assert (await client.ask("DELETE")).status == 204
    assert (await client.ask("GET", PATH)).error == "PERSON_NOT_FOUND"


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "error"),
    [
        ("PATCH", "/1", {}, 400, "INVALID_STATUS"),
        ("PATCH", "/1", {"status": "applied"}, 400, "INVALID_STATUS"),
        ("PATCH", "/1", {"status": []}, 400, "INVALID_STATUS"),
        ("PATCH", "/1", [], 400, "MALFORMED"),
        ("PATCH", "", {"status": "confirmed"}, 400, "INVALID_IDS"),
        ("PATCH", "", {"status": "confirmed", "ids": []}, 400, "INVALID_IDS"),
        ("PATCH", "", {"status": "confirmed", "ids": [True]}, 400, "INVALID_IDS"),
        ("PATCH", "", {"status": "confirmed", "ids": ["1"]}, 400, "INVALID_IDS"),
        ("POST", "/apply", {"ids": [0]}, 400, "INVALID_IDS"),
        ("POST", "/apply", {"ids": [2**63]}, 400, "INVALID_IDS"),
        ("POST", "/apply", {"ids": list(range(1, 102))}, 400, "INVALID_IDS"),
        ("POST", "/apply", b"{", 400, "MALFORMED"),
        ("GET", "?status=new", None, 400, "INVALID_STATUS"),
        ("GET", "?status=pending&source=photo", None, 400, "INVALID_SOURCE"),
        ("GET", "?page_size=101", None, 400, "INVALID_PAGE"),
        ("GET", "?page_size=-1", None, 400, "INVALID_PAGE"),
    ],
)
async def test_what_cannot_be_asked(mesh: Mesh, method: str, path: str, content: Any, status: int, error: str) -> None:
    """Refused before anybody is looked for, whoever asks."""
    told = await Client(mesh).ask(method, PATH + path, content)
    assert (told.status, told.error) == (status, error)


async def test_pages(mesh: Mesh, phone: str) -> None:
    """Page by page, and no page of another list; a source wants a status."""
    client = await writer(mesh, phone, WORDS, "every friday 7am")
    told = await client.ask("GET", f"{PATH}?page_size=2")
    token = told.body["data"]["next_page_token"]
    assert len(told.body["data"]["items"]) == 2
    (last,) = await client.items(f"?page_size=2&page_token={token}")
    assert last["kind"] == "place"
    refused = await client.ask("GET", f"{PATH}?status=pending&page_token={token}")
    assert (refused.status, refused.error) == (400, "INVALID_PAGE")
    assert (await client.ask("GET", f"{PATH}?source=text")).error == "INVALID_SOURCE"


async def test_who_asks_must_say_so(mesh: Mesh) -> None:
    """Without a token every route is 401."""
    for method, path in (
        *(("GET", ""), ("PATCH", ""), ("POST", "/apply")),
        *(("PATCH", "/1"), ("POST", "/1/apply")),
    ):
        told = await Client(mesh).ask(method, PATH + path, Authorization="")
        assert (told.status, told.error) == (401, "UNAUTHORIZED")


async def test_many_messages_are_few_statements(mesh: Mesh, phones: Phones) -> None:
    """What twenty people write at once is stored by fewer inserts than there are people, each item under its person."""
    people = phones(20)
    before = await inserts(mesh)
    for body in ("hello", "English", WORDS):
        assert (await mesh.taken(payload(*(text(one, body) for one in people)))).status == 200
        await mesh.settled()
    rows = await mesh.rows(
        """
        SELECT alias.address, count(*) AS items FROM gateway.alias
        JOIN gateway.conversation USING (conversation_id) JOIN profile.enrichment_item i USING (person_id)
        WHERE i.status = 1 GROUP BY alias.address
        """
    )
    assert {row["address"]: row["items"] for row in rows} == {f"wa:+{one}": 2 for one in people}
    assert 0 < await inserts(mesh) - before < len(people)


async def inserts(mesh: Mesh) -> float:
    """How often the profile service stored what was understood."""
    page = await mesh.prometheus("profile")
    series = [
        line
        for line in page.splitlines()
        if line.startswith("hailwire_database_statement_seconds_count{")
        and 'statement="profile.enrichment_insert"' in line
    ]
    return sum(float(line.rpartition(" ")[2]) for line in series)
