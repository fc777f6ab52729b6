"""What happened without a message of theirs reaches people once, in order, in their own conversation."""

import asyncio
from typing import Any

import pytest

from chassis import errors
from hailwire.trips.v1 import events_pb2, trips_pb2
from services.gateway import dead_letters
from services.gateway.clients.trips import Events
from services.gateway.inbox import Inbox
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Mesh, payload, text, until
from tests.gateway.test_store_races import held, waits

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUT = """
    WITH mailbox AS (INSERT INTO trips.mailbox (recipient_id) VALUES ($1) ON CONFLICT DO NOTHING)
    INSERT INTO trips.event (recipient_id, kind, payload) VALUES ($1, $2, $3) RETURNING event_id
"""


async def happened(mesh: Mesh, recipient_id: int, trip_id: int = 1) -> int:
    """A trip of somebody has expired; answers the event's id."""
    kind = events_pb2.EVENT_KIND_TRIP_EXPIRED
    event = events_pb2.Event(kind=kind, recipient_id=recipient_id)
    event.create_time.GetCurrentTime()
    event.trip.MergeFrom(
        trips_pb2.Trip(
            trip_id=trip_id,
            state=trips_pb2.TRIP_STATE_EXPIRED,
            passenger_id=recipient_id,
            vehicle=trips_pb2.VEHICLE_MOTO,
            pickup=trips_pb2.Location(latitude=-1.95, longitude=30.06),
        )
    )
    return int(await mesh.value(PUT, recipient_id, kind, event.SerializeToString()))


async def person(mesh: Mesh, phone: str) -> int:
    """Somebody who has written and chosen a language."""
    await mesh.says(phone, "hello", "english")
    await mesh.answered(f"+{phone}", 2)
    await mesh.settled()
    return int(
        await mesh.value(
            "SELECT person_id FROM gateway.conversation JOIN gateway.alias USING (conversation_id) WHERE address = $1",
            f"wa:+{phone}",
        )
    )


async def test_in_order(mesh: Mesh, phone: str) -> None:
    """Events reach their recipient's inbox in the order in which they happened, and each is told once."""
    recipient = await person(mesh, phone)
    before = len(mesh.received(f"+{phone}"))
    ids = [await happened(mesh, recipient, trip_id) for trip_id in range(1, 13)]
    await mesh.answered(f"+{phone}", before + len(ids))
    await mesh.settled()
    rows = await mesh.rows("SELECT raw FROM gateway.inbox WHERE kind = 'event' ORDER BY inbox_id")
    assert [events_pb2.Event.FromString(row["raw"]).event_id for row in rows] == ids
    assert len(mesh.received(f"+{phone}")) == before + len(ids)


async def test_handed_out_twice(open_here: Open, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that is handed out again, because its acknowledgement was lost, is stored and told once."""
    lost: list[list[int]] = []
    acknowledge = Events.acknowledge

    async def losing(self: Events, event_ids: list[int]) -> None:
        if len(lost) < 2:
            lost.append(event_ids)
            raise errors.Unavailable("lost", reason="LOST")
        await acknowledge(self, event_ids)

    monkeypatch.setattr(Events, "acknowledge", losing)
    async with open_here(EVENT_LEASE_SECONDS="1") as mesh:
        recipient = await person(mesh, phone)
        before = len(mesh.received(f"+{phone}"))
        event_id = await happened(mesh, recipient)
        await mesh.settled()
        assert lost == [[event_id], [event_id]]
        assert len(mesh.received(f"+{phone}")) == before + 1
        assert await mesh.value("SELECT count(*) FROM gateway.inbox WHERE kind = 'event'") == 1


async def test_no_webhook_waits_for_the_steps_of_an_event(
    open_here: Open, phones: Any, fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However closely events and messages follow each other, they are stored apart: one statement does for messages."""
    batches: list[set[str]] = []

    def note(name: str) -> None:
        store = getattr(Inbox, name)

        async def noted(self: Inbox, webhooks: Any) -> Any:
            batches.append({str(item.kind) for webhook in webhooks for item in webhook})
            return await store(self, webhooks)

        monkeypatch.setattr(Inbox, name, noted)

    note("store_known")
    note("store")
    one, other, *more = phones(6)
    async with open_here() as mesh:
        recipient = await person(mesh, one)
        await mesh.says(other, "hello")
        batches.clear()
        async with held(fresh_database_url, "LOCK TABLE gateway.inbox_key IN ACCESS EXCLUSIVE MODE"):
            writing = [asyncio.create_task(mesh.says(other, "hello")) for _ in more]
            await waits(mesh)
            event_id = await happened(mesh, recipient)
            await until(lambda: _brought(batches), "the event")
        await asyncio.gather(*writing)
        await mesh.settled()
        assert event_id > 0
        assert {"message"} in batches
        assert [kinds for kinds in batches if "event" in kinds and len(kinds) > 1] == []


async def _brought(batches: list[set[str]]) -> bool:
    return any("event" in kinds for kinds in batches)


async def test_nobody_we_know(mesh: Mesh, word: Register, phone: str) -> None:
    """An event for somebody without a conversation is a dead letter, and does not hold up anybody else's."""
    recipient = await person(mesh, phone)
    before = len(mesh.received(f"+{phone}"))
    stranger = await happened(mesh, 999_999)
    await happened(mesh, recipient)
    await mesh.answered(f"+{phone}", before + 1)
    await mesh.settled()
    (letter,) = await mesh.dead_letters()
    assert (letter["item_kind"], letter["reason"]) == ("event", "no conversation")
    assert events_pb2.Event.FromString(letter["raw"]).event_id == stranger
    with pytest.raises(errors.Refused):
        await dead_letters.replay(mesh.database_url, letter["dead_letter_id"])


async def test_an_event_of_tomorrow(mesh: Mesh, phone: str) -> None:
    """An event that this version has no words for is a dead letter without an apology; messages go on."""
    recipient = await person(mesh, phone)
    before = len(mesh.received(f"+{phone}"))
    event = events_pb2.Event(kind=99, recipient_id=recipient)  # type: ignore[arg-type]
    await mesh.value(PUT, recipient, 99, event.SerializeToString())

    async def dead() -> bool:
        return bool(await mesh.dead_letters())

    await until(dead, "a dead letter")
    await mesh.says(phone, "help")
    await mesh.answered(f"+{phone}", before + 1)
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == before + 1


async def test_somebody_who_became_somebody_else(mesh: Mesh, phone: str) -> None:
    """An event for a person who was merged into another one is told to that one."""
    await person(mesh, phone)
    bsuid = f"RW.{phone}"
    await mesh.taken(payload(text(None, "hello", bsuid=bsuid)))
    await mesh.answered(bsuid)
    await mesh.settled()
    former = await mesh.value("SELECT max(person_id) FROM gateway.conversation")
    await mesh.taken(payload(text(phone, "help", bsuid=bsuid)))
    await mesh.settled()
    before = len(mesh.received(f"+{phone}"))
    await happened(mesh, former)
    await mesh.answered(f"+{phone}", before + 1)
    await mesh.settled()
    assert not await mesh.dead_letters()
