"""One person with several names has one conversation, also when the names turn out to be one person's only later."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway import handlers
from tests.gateway.conftest import Register
from tests.gateway.mesh import Mesh, payload, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONVERSATIONS = """
    SELECT conversation_id, person_id, pending, handed_over, epoch, merged_into FROM gateway.conversation
    ORDER BY conversation_id
"""

WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def write(mesh: Mesh, sender: str | None, bsuid: str | None, body: str, **fields: Any) -> None:
    assert (await mesh.taken(payload(text(sender, body, bsuid=bsuid, **fields)))).status == 200


async def heard(mesh: Mesh, *names: str) -> list[str]:
    return [one["text"]["body"] for name in names for one in mesh.received(name) if one["type"] == "text"]


async def test_two_names_in_one_payload(mesh: Mesh, phone: str) -> None:
    """A number and a user id that come together are one conversation and one person, by either name."""
    bsuid = f"RW.{phone}"
    await write(mesh, phone, bsuid, "hello")
    await mesh.answered(f"+{phone}")
    await write(mesh, None, bsuid, "help")
    await mesh.answered(bsuid)
    await write(mesh, phone, None, "menu")
    await mesh.answered(f"+{phone}", 2)
    await mesh.settled()
    (conversation,) = await mesh.rows(CONVERSATIONS)
    assert conversation["person_id"] is not None
    assert (
        await mesh.value("SELECT count(*) FROM profile.identity WHERE person_id = $1", conversation["person_id"]) == 2
    )


async def test_two_conversations_become_one(mesh: Mesh, word: Register, phone: str) -> None:
    """Two conversations merge when a payload names both: one queue, one person, and the trips service is told."""
    word("plain", "echoes")
    bsuid = f"RW.{phone}"
    await write(mesh, phone, None, "plain", context={"id": "by number"})
    await write(mesh, None, bsuid, "plain", context={"id": "by user id"})
    await mesh.answered(f"+{phone}")
    await mesh.answered(bsuid)
    await mesh.settled()
    before = await mesh.rows(CONVERSATIONS)
    assert len({one["person_id"] for one in before}) == 2
    await write(mesh, phone, bsuid, "plain", context={"id": "by both"})
    await mesh.answered(f"+{phone}", 2)
    await mesh.settled()
    kept, lost = await mesh.rows(CONVERSATIONS)
    assert (kept["merged_into"], lost["merged_into"]) == (None, kept["conversation_id"])
    assert kept["epoch"] > before[0]["epoch"]
    assert lost["epoch"] > before[1]["epoch"]
    assert await mesh.value("SELECT count(DISTINCT conversation_id) FROM gateway.alias") == 1
    assert len(kept["handed_over"]) == 1
    assert kept["handed_over"][0] in {one["person_id"] for one in before}


async def test_what_somebody_was_doing(mesh: Mesh, word: Register, phone: str) -> None:
    """A driver who went online under one name is online under the other, once both are known to be theirs."""
    word("online", "goes_online_and_fails")
    word("plain", "answers")
    bsuid = f"RW.{phone}"
    await write(mesh, phone, None, "plain")
    await mesh.settled()
    await write(mesh, None, bsuid, "online")
    await mesh.settled()
    online = "SELECT person_id FROM trips.presence WHERE online AND person_id = ANY($1)"
    number, user = [row["person_id"] for row in await mesh.rows(CONVERSATIONS)]
    assert [row["person_id"] for row in await mesh.rows(online, [number, user])] == [user]
    await write(mesh, phone, bsuid, "plain")
    await mesh.settled()
    (kept, _) = await mesh.rows(CONVERSATIONS)
    assert kept["person_id"] == number
    assert [row["person_id"] for row in await mesh.rows(online, [number, user])] == [number]


async def test_what_waits_is_renumbered(mesh: Mesh, word: Register, phone: str) -> None:
    """What waits in both conversations when they merge is worked on once, one by one, each queue in its order."""
    word("slow", "waits")
    word("plain", "echoes")
    gate = handlers.gates["waits"] = asyncio.Event()
    bsuid = f"RW.{phone}"
    await write(mesh, phone, None, "slow")
    await write(mesh, None, bsuid, "slow")
    for number in range(3):
        await write(mesh, phone, None, "plain", context={"id": f"number {number}"})
        await write(mesh, None, bsuid, "plain", context={"id": f"user {number}"})
    await until(lambda: _ran("waits", 2), "both handlers")
    await write(mesh, phone, bsuid, "plain", context={"id": "both"})
    assert await mesh.value("SELECT count(DISTINCT conversation_id) FROM gateway.pending") == 1
    gate.set()
    await mesh.settled()
    words = await heard(mesh, f"+{phone}", bsuid)
    assert sorted(words) == sorted(
        ["waited", "waited", "both"] + [f"{kind} {number}" for kind in ("number", "user") for number in range(3)]
    )
    answered = await mesh.rows("SELECT reply FROM gateway.outbox JOIN gateway.inbox ON key = cause ORDER BY outbox_id")
    order = [str(row["reply"]) for row in answered]
    for kind in ("number", "user"):
        mine = [place for place, reply in enumerate(order) if f"{kind} " in reply]
        assert [f"{kind} {number}" in order[place] for number, place in enumerate(mine)] == [True] * 3
    assert not await mesh.dead_letters()
    # Neither owner's unfinished turn counted as a failure.
    assert handlers.runs["echoes"] == 7


async def _ran(name: str, count: int) -> bool:
    return handlers.runs[name] >= count


async def test_concurrent_merges(mesh: Mesh, word: Register, phones: Callable[[int], list[str]]) -> None:
    """Many people merge at once, in payloads that name them in different orders, and all are answered."""
    word("plain", "answers")
    people = phones(20)
    for person in people:
        await write(mesh, person, None, "plain")
        await write(mesh, None, f"RW.{person}", "plain")
    await mesh.settled()
    both = [text(person, "plain", bsuid=f"RW.{person}") for person in people]
    rounds = [both, both[::-1], both[10:] + both[:10], both[::2] + both[1::2]]
    fresh = [[{**one, "id": f"{one['id']}.{number}"} for one in order] for number, order in enumerate(rounds)]
    answers = await asyncio.gather(*(mesh.taken(payload(*order)) for order in fresh))
    assert {answer.status for answer in answers} == {200}
    await mesh.settled()
    for person in people:
        assert len(mesh.received(f"+{person}")) + len(mesh.received(f"RW.{person}")) == 2 + len(rounds)
    assert await mesh.value("SELECT count(*) FROM gateway.conversation WHERE merged_into IS NULL") == len(people)
    found = "SELECT count(DISTINCT person_id) FROM gateway.conversation WHERE merged_into IS NULL"
    assert await mesh.value(found) == len(people)
    assert not await mesh.dead_letters()


async def test_a_second_number_of_a_user_id(mesh: Mesh, word: Register, phones: Callable[[int], list[str]]) -> None:
    """A number that comes with the user id of somebody who has a number already is theirs too, without a merge."""
    word("plain", "answers")
    first, second = phones(2)
    bsuid = f"RW.{first}"
    await write(mesh, first, None, "plain")
    await write(mesh, second, None, "plain")
    await write(mesh, None, bsuid, "plain")
    await write(mesh, second, bsuid, "plain")
    await mesh.settled()
    await write(mesh, first, bsuid, "plain")
    await mesh.settled()
    for number in (first, second):
        await write(mesh, number, None, "plain")
    await mesh.settled()
    assert len(mesh.received(f"+{first}")) == 3
    assert len(mesh.received(f"+{second}")) == 3
    former, kept, lost = await mesh.rows(CONVERSATIONS)
    assert [row["merged_into"] for row in (former, kept, lost)] == [None, None, kept["conversation_id"]]
    assert former["person_id"] not in {None, kept["person_id"]}
    assert await mesh.value("SELECT array_agg(DISTINCT conversation_id) FROM gateway.alias") == [
        kept["conversation_id"]
    ]
    assert not await mesh.dead_letters()


async def test_merges_lock_lanes_in_order(mesh: Mesh, word: Register, phones: Callable[[int], list[str]]) -> None:
    """Two merges in one payload lock every lane in id order before they change one: nobody waits in a circle."""
    word("plain", "answers")
    first, second = phones(2)
    # Conversations 1 to 4 in this order: 3 becomes part of 1, and 4 of 2.
    for sender, bsuid in ((first, None), (second, None), (None, f"RW.{first}"), (None, f"RW.{second}")):
        await write(mesh, sender, bsuid, "plain")
        await mesh.settled()
    lanes = [row["conversation_id"] for row in await mesh.rows(CONVERSATIONS)]
    both = payload(*(text(one, "plain", bsuid=f"RW.{one}") for one in (first, second)))
    async with mesh.database.acquire() as somebody:
        lock = "SELECT FROM gateway.lane WHERE conversation_id = $1 FOR UPDATE"
        async with somebody.transaction():
            await somebody.execute(lock, lanes[1])
            posted = asyncio.create_task(mesh.whatsapp(both))
            await until(lambda: mesh.value(WAITING), "the wait for the second lane")
            await somebody.execute(f"{lock} NOWAIT", lanes[2])
    assert (await posted).status == 200
    await mesh.settled()
    assert await mesh.value("SELECT count(*) FROM gateway.conversation WHERE merged_into IS NULL") == 2
