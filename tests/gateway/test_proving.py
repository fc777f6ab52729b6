"""On WhatsApp somebody proves an SMS number by the code that it receives: one person, one conversation from then on."""

import re
import uuid
from collections.abc import Callable

import pytest

from tests.gateway.mesh import Mesh, message, payload, sms, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = "SELECT * FROM gateway.conversation WHERE merged_into IS NULL ORDER BY conversation_id"
Phones = Callable[[int], list[str]]


async def texts(mesh: Mesh, number: str, *bodies: str) -> None:
    for body in bodies:
        await mesh.texted(sms(number, body))
        await mesh.settled()


async def writes(mesh: Mesh, phone: str, *bodies: str, bsuid: str | None = None) -> None:
    for body in bodies:
        assert (await mesh.taken(payload(text(phone, body, bsuid=bsuid)))).status == 200
        await mesh.settled()


def said(mesh: Mesh, phone: str) -> str:
    """The last words that a WhatsApp phone received."""
    last = mesh.received(phone)[-1]
    words = last["text"]["body"] if "text" in last else last["interactive"]["body"]["text"]
    return str(words)


def code(mesh: Mesh, number: str) -> str:
    found: list[str] = re.findall(r"\b[0-9]{6}\b", mesh.received(number)[-1]["Body"])
    return found[-1]


async def greeted(mesh: Mesh, phone: str, bsuid: str | None = None) -> None:
    await writes(mesh, phone, "hello", "English", bsuid=bsuid)


async def person_of(mesh: Mesh, address: str) -> int | None:
    person: int | None = await mesh.value(
        "SELECT person_id FROM gateway.conversation JOIN gateway.alias USING (conversation_id) WHERE address = $1",
        address,
    )
    return person


@pytest.mark.parametrize("sms_first", [True, False])
async def test_two_people_become_one(mesh: Mesh, phones: Phones, sms_first: bool) -> None:  # noqa: FBT001
    """Whichever wrote first: persons, conversations and what is asked go on as one; SMS finds the same conversation."""
    first, second = phones(2)
    phone, number = first, f"+{second}"
    if sms_first:
        await texts(mesh, number, "hello", "English")
    await greeted(mesh, phone)
    if not sms_first:
        await texts(mesh, number, "hello", "English")
    assert len(await mesh.rows(OPEN)) == 2
    await writes(mesh, phone, "number")
    assert "Which number" in said(mesh, f"+{phone}")
    await writes(mesh, phone, number)
    assert "six digits" in said(mesh, f"+{phone}")
    before = len(mesh.received(f"+{phone}"))
    await writes(mesh, phone, code(mesh, number))
    assert len(mesh.received(f"+{phone}")) == before + 1
    assert "one conversation" in said(mesh, f"+{phone}")
    (conversation,) = await mesh.rows(OPEN)
    people = await mesh.rows("SELECT person_id FROM profile.identity WHERE person_id = $1", conversation["person_id"])
    assert len(people) == 2
    assert conversation["state_name"] == "home"
    received = len(mesh.received(number))
    await texts(mesh, number, "ride")
    assert len(mesh.received(number)) == received + 1
    await writes(mesh, phone, "back")
    assert await mesh.rows(OPEN) != []
    assert len(await mesh.rows(OPEN)) == 1
    assert await mesh.dead_letters() == []


async def test_a_number_that_never_wrote(mesh: Mesh, phones: Phones) -> None:
    """It is the person's from then on: their first SMS goes on where they are on WhatsApp."""
    phone, other = phones(2)
    await greeted(mesh, phone)
    await writes(mesh, phone, "number", f"0{other[3:]}")
    await writes(mesh, phone, " ".join(code(mesh, f"+{other}")))
    assert "one conversation" in said(mesh, f"+{phone}")
    before = len(mesh.received(f"+{other}"))
    await texts(mesh, f"+{other}", "ride")
    (reply,) = mesh.received(f"+{other}")[before:]
    assert "Moto" in reply["Body"]
    assert len(await mesh.rows(OPEN)) == 1


async def test_without_the_code_nothing_is_merged(mesh: Mesh, phones: Phones) -> None:
    """Wrong digits, too many tries, words: two people stay two, and are told why."""
    phone, other = phones(2)
    await texts(mesh, f"+{other}", "hello", "English")
    await greeted(mesh, phone)
    await writes(mesh, phone, "number", f"+{other}")
    right = code(mesh, f"+{other}")
    await writes(mesh, phone, "what?")
    assert "six digits" in said(mesh, f"+{phone}")
    for _ in range(5):
        await writes(mesh, phone, f"{(int(right) + 1) % 10**6:06}")
        assert "does not count" in said(mesh, f"+{phone}")
    await writes(mesh, phone, right)
    assert "does not count" in said(mesh, f"+{phone}")
    assert await person_of(mesh, f"wa:+{phone}") != await person_of(mesh, f"sms:+{other}")
    assert len(await mesh.rows(OPEN)) == 2


async def test_nobody_types_anothers_code(mesh: Mesh, phones: Phones) -> None:
    """A code proves a number for whom it was sent."""
    phone, thief, other = phones(3)
    await greeted(mesh, phone)
    await greeted(mesh, thief)
    await writes(mesh, phone, "number", f"+{other}")
    stolen = code(mesh, f"+{other}")
    await writes(mesh, thief, "number", f"+250789{other[-6:]}", stolen)
    assert "does not count" in said(mesh, f"+{thief}")
    await writes(mesh, phone, stolen)
    assert "one conversation" in said(mesh, f"+{phone}")


async def test_a_number_that_changed_hands_moves_alone(mesh: Mesh, phones: Phones) -> None:
    """Its former person keeps their conversation on WhatsApp, and hears nothing that is written to the number."""
    former, now, other = phones(3)
    for phone in (former, now):
        bsuid = f"RW.{uuid.uuid4().hex[:20]}"
        await greeted(mesh, phone, bsuid)
        await writes(mesh, phone, "number", f"+{other}", bsuid=bsuid)
        await writes(mesh, phone, code(mesh, f"+{other}"), bsuid=bsuid)
        assert "one conversation" in said(mesh, f"+{phone}")
    assert await person_of(mesh, f"sms:+{other}") == await person_of(mesh, f"wa:+{now}")
    assert await person_of(mesh, f"wa:+{former}") not in {None, await person_of(mesh, f"wa:+{now}")}
    before = len(mesh.received(f"+{former}"))
    await texts(mesh, f"+{other}", "help")
    assert len(mesh.received(f"+{former}")) == before
    await writes(mesh, former, "menu")
    assert len(mesh.received(f"+{former}")) == before + 1
    assert len(await mesh.rows(OPEN)) == 2


async def test_a_trip_by_sms_goes_on_by_whatsapp(mesh: Mesh, phones: Phones) -> None:
    """Who went online by SMS is online on WhatsApp after the proof, under the one person that both are."""
    phone, other = phones(2)
    await texts(mesh, f"+{other}", "hello", "English", "drive", "1", "-1.95, 30.06")
    assert await mesh.value("SELECT count(*) FROM trips.presence WHERE online") >= 1
    driver = await person_of(mesh, f"sms:+{other}")
    await greeted(mesh, phone)
    await writes(mesh, phone, "number", f"+{other}")
    await writes(mesh, phone, code(mesh, f"+{other}"))
    assert await person_of(mesh, f"wa:+{phone}") == driver
    await writes(mesh, phone, "offline")

    async def offline() -> bool:
        return not await mesh.value("SELECT online FROM trips.presence WHERE person_id = $1", driver)

    await until(offline, "the driver's going offline")


async def test_in_the_middle_of_a_trip_from_whatsapp_to_sms(mesh: Mesh, phones: Phones) -> None:
    """Whose WhatsApp is gone takes the next step by SMS, and hears the other side there, without losing the trip."""
    phone, other, rider = phones(3)
    await greeted(mesh, phone)
    await writes(mesh, phone, "number", f"+{other}")
    await writes(mesh, phone, code(mesh, f"+{other}"), "drive", "Moto")
    await mesh.taken(payload(message(phone, "location", {"latitude": -1.95, "longitude": 30.06})))
    await mesh.settled()
    await texts(mesh, f"+{rider}", "hello", "English", "ride", "1", "-1.9503, 30.0603", "1")

    async def asked() -> bool:
        return "needs a ride" in said(mesh, f"+{phone}")

    await until(asked, "the request")
    told = len(mesh.received(f"+{rider}"))
    await writes(mesh, phone, "Accept")
    await mesh.answered(f"+{rider}", told + 1)
    before = len(mesh.received(f"+{phone}"))
    await texts(mesh, f"+{other}", "1")
    assert "1 Start trip" in mesh.received(f"+{other}")[-1]["Body"]
    await texts(mesh, f"+{rider}", "I wear a red hat")

    async def heard() -> bool:
        return "I wear a red hat" in mesh.received(f"+{other}")[-1]["Body"]

    await until(heard, "the passenger's words")
    assert len(mesh.received(f"+{phone}")) == before
