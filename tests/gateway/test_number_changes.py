"""Numbers change hands and people change numbers: each keeps what is theirs and sees nothing of anybody else."""

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from services.gateway import dead_letters
from tests.gateway import handlers
from tests.gateway.conftest import Register
from tests.gateway.mesh import Mesh, message, payload, text, until
from tests.profile import seals

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONVERSATIONS = "SELECT * FROM gateway.conversation ORDER BY conversation_id"
LANGUAGE = "SELECT language FROM profile.person WHERE person_id = $1"


async def write(mesh: Mesh, sender: str | None, bsuid: str | None, body: str) -> None:
    assert (await mesh.taken(payload(text(sender, body, bsuid=bsuid)))).status == 200


async def known(mesh: Mesh, phone: str, bsuid: str) -> int:
    """A person who has chosen French; answers the id."""
    await write(mesh, phone, bsuid, "hello")
    await write(mesh, phone, bsuid, "français")
    await mesh.answered(f"+{phone}", 2)
    await mesh.settled()
    (conversation,) = await mesh.rows(CONVERSATIONS)
    assert await mesh.value(LANGUAGE, conversation["person_id"]) == "fr"
    return int(conversation["person_id"])


def changed_number(phone: str, bsuid: str | None, new_phone: str, new_bsuid: str | None) -> dict[str, Any]:
    content = {
        "body": f"User changed from {phone} to {new_phone}",
        "wa_id": new_phone,
        "type": "user_changed_number",
        **({"user_id": new_bsuid} if new_bsuid else {}),
    }
    return payload(message(phone, "system", content, bsuid=bsuid))


def changed_user_id(bsuid: str, new_bsuid: str) -> dict[str, Any]:
    update = {"wa_id": "", "user_id": {"previous": bsuid, "current": new_bsuid}, "timestamp": str(int(time.time()))}
    change = {"field": "user_id_update", "value": {"messaging_product": "whatsapp", "user_id_update": [update]}}
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}


async def test_a_stranger_with_a_known_number(mesh: Mesh, phone: str) -> None:
    """Who writes from a number that was somebody else's is somebody new; the former owner goes on by user id."""
    former_id, new_id = f"RW.{uuid.uuid4().hex}", f"RW.{uuid.uuid4().hex}"
    former = await known(mesh, phone, former_id)
    await write(mesh, phone, new_id, "hello")
    await write(mesh, phone, None, "english")
    await write(mesh, None, former_id, "help")
    await mesh.answered(f"+{phone}", 4)
    await mesh.answered(former_id)
    await mesh.settled()
    first, second = await mesh.rows(CONVERSATIONS)
    assert (first["person_id"], first["merged_into"], second["merged_into"]) == (former, None, None)
    assert second["person_id"] not in {None, former}
    assert (list(first["handed_over"]), list(second["handed_over"])) == ([], [])
    assert await mesh.value(LANGUAGE, former) == "fr"
    assert await mesh.value(LANGUAGE, second["person_id"]) == "en"
    assert (first["reply_to"], second["reply_to"]) == (f"wau:{former_id}", f"wa:+{phone}")


async def test_replies_to_a_number_that_changed_hands(mesh: Mesh, word: Register, phone: str) -> None:
    """Replies that were on their way to a number are not sent once somebody else has it."""
    word("secret", "echoes")
    word("plain", "answers")
    mesh.goes_wrong("whatsapp", "131056", 1, to=f"+{phone}", retry_after=600)
    former_id, new_id = f"RW.{uuid.uuid4().hex}", f"RW.{uuid.uuid4().hex}"
    await write(mesh, phone, former_id, "secret")
    waiting = "SELECT attempts = 1 AND state = 'queued' FROM gateway.outbox"
    await until(lambda: mesh.value(waiting), "a reply that waits")
    await write(mesh, phone, new_id, "plain")
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    assert [one["text"]["body"] for one in mesh.received(f"+{phone}")] == ["answered"]
    states = await mesh.rows("SELECT state, reason FROM gateway.outbox ORDER BY outbox_id")
    assert [tuple(row.values()) for row in states] == [("skipped", "the number changed hands"), ("accepted", "")]
    assert await mesh.value("SELECT sum(queued) FROM gateway.lane") == 0


async def test_messages_that_waited_while_a_number_changed_hands(mesh: Mesh, word: Register, phone: str) -> None:
    """What the former owner had written before is answered where they still are, never at the number."""
    word("slow", "waits")
    word("plain", "answers")
    gate = handlers.gates["waits"] = asyncio.Event()
    former_id, new_id = f"RW.{uuid.uuid4().hex}", f"RW.{uuid.uuid4().hex}"
    await write(mesh, phone, former_id, "plain")
    await mesh.answered(f"+{phone}")
    for _ in range(2):
        await write(mesh, phone, former_id, "slow")
    await write(mesh, phone, None, "slow")

    async def running() -> bool:
        return handlers.runs["waits"] > 0

    await until(running, "the first turn")
    await write(mesh, phone, new_id, "plain")
    await mesh.answered(f"+{phone}", 2)
    gate.set()
    await mesh.answered(former_id, 3)
    await mesh.settled()
    assert [one["text"]["body"] for one in mesh.received(former_id)] == ["waited"] * 3
    assert [one["text"]["body"] for one in mesh.received(f"+{phone}")] == ["answered"] * 2
    first, second = await mesh.rows(CONVERSATIONS)
    assert first["person_id"] != second["person_id"]
    assert not await mesh.dead_letters()


@pytest.mark.parametrize("told", ["number and user id", "number", "user id"])
async def test_a_person_with_another_number(mesh: Mesh, phones: Callable[[int], list[str]], told: str) -> None:
    """Who is known by other names, as the provider tells, goes on where they were; the old names are free."""
    phone, other = phones(2)
    former_id, new_id = f"RW.{uuid.uuid4().hex}", f"RW.{uuid.uuid4().hex}"
    person = await known(mesh, phone, former_id)
    if told == "user id":
        other = phone
        notice = changed_user_id(former_id, new_id)
    else:
        notice = changed_number(phone, former_id, other, new_id if "user id" in told else None)
    assert (await mesh.taken(notice)).status == 200
    received = len(mesh.received(f"+{other}"))
    await write(mesh, other, new_id, "help")
    await mesh.answered(f"+{other}", received + 1)
    await mesh.settled()
    (conversation,) = await mesh.rows(CONVERSATIONS)
    assert conversation["person_id"] == person
    assert await mesh.value("SELECT version > 1 FROM profile.person WHERE person_id = $1", person)
    rows = await mesh.rows("SELECT value_hash, value_sealed FROM profile.identity WHERE person_id = $1", person)
    assert {seals.opened(row) for row in rows} == {f"+{other}", new_id}
    if other != phone:
        await write(mesh, phone, None, "hello")
        await mesh.answered(f"+{phone}", 3)
        await mesh.settled()
        _, stranger = await mesh.rows(CONVERSATIONS)
        assert stranger["person_id"] not in {None, person}
    assert not await mesh.dead_letters()


async def test_a_person_who_wrote_before_we_were_told(mesh: Mesh, phones: Callable[[int], list[str]]) -> None:
    """Who wrote from another number before the provider told of it is one person with who they were."""
    phone, other = phones(2)
    former_id, new_id = f"RW.{uuid.uuid4().hex}", f"RW.{uuid.uuid4().hex}"
    person = await known(mesh, phone, former_id)
    await write(mesh, other, new_id, "hello")
    await mesh.answered(f"+{other}")
    await mesh.settled()
    assert (await mesh.taken(changed_number(phone, former_id, other, new_id))).status == 200
    await write(mesh, other, None, "help")
    await mesh.answered(f"+{other}", 2)
    await mesh.settled()
    kept, lost = await mesh.rows(CONVERSATIONS)
    assert (kept["person_id"], lost["merged_into"]) == (person, kept["conversation_id"])
    assert list(kept["handed_over"]) == [lost["person_id"]]


async def test_replaying_what_came_from_a_number_that_changed_hands(mesh: Mesh, word: Register, phone: str) -> None:
    """A dead letter of the former owner is replayed to the former owner, and the number stays whose it is."""
    word("try", "fails_as_told")
    word("plain", "answers")
    handlers.raises["next"] = handlers.Poisoned("for now")
    former_id, new_id = f"RW.{uuid.uuid4().hex}", f"RW.{uuid.uuid4().hex}"
    await write(mesh, phone, former_id, "plain")
    await write(mesh, phone, former_id, "try")
    await mesh.answered(f"+{phone}", 2)
    await write(mesh, phone, new_id, "plain")
    await mesh.answered(f"+{phone}", 3)
    await mesh.settled()
    handlers.raises.clear()
    (letter,) = await mesh.dead_letters()
    await dead_letters.replay(mesh.database_url, letter["dead_letter_id"])
    await mesh.answered(former_id)
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 3
    owner = "SELECT person_id FROM profile.identity WHERE value_hash = $1"
    first, second = await mesh.rows(CONVERSATIONS)
    assert await mesh.value(owner, seals.whatsapp_hash(f"+{phone}")) == second["person_id"] != first["person_id"]
