"""Rate limits through the front door: a flood is answered so far, told once until when, and costs no more than that."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.gateway import senders
from tests.gateway import handlers
from tests.gateway.away import open_with
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Mesh, message, payload, sms, text, until
from tests.gateway.test_fences import TAKE_LEASE

COUNTS = """
    SELECT ordinary_at, ordinary_until, expensive_at, expensive_until FROM gateway.conversation
    WHERE conversation_id = (SELECT conversation_id FROM gateway.alias WHERE address = $1)
"""
FEW = {"RATE_LIMIT_ORDINARY_PER_MINUTE": "1", "RATE_LIMIT_ORDINARY_BURST": "5"}
PHOTO = {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}


def photo(phone: str) -> dict[str, Any]:
    return payload(message(phone, "image", PHOTO))


def words(mesh: Mesh, phone: str) -> list[str]:
    """What a phone on WhatsApp has read, oldest first."""
    return [
        one["text"]["body"] if "text" in one else one["interactive"]["body"]["text"] for one in mesh.received(phone)
    ]


async def pass_time(mesh: Mesh, **time: float) -> None:
    await mesh.value("UPDATE chassis.clock SET shift = shift + $1", timedelta(**time))


async def test_a_flood_of_photos(open_here: Open, phone: str) -> None:
    """Of thirty photos at once twenty are answered; one notice says until when; words pass, and in an hour photos."""
    async with open_here() as mesh:
        await mesh.says(phone, "English")
        await mesh.answered(f"+{phone}")
        await asyncio.gather(*(mesh.taken(photo(phone)) for _ in range(30)))
        await mesh.settled()
        read = words(mesh, f"+{phone}")
        assert len(read) == 1 + 20 + 1
        assert sum("photos and recordings" in one for one in read) == 1
        assert await mesh.metric("hailwire_limited_messages_total", limit="expensive") == 10
        assert await mesh.metric("hailwire_limits_reached_total", limit="expensive") == 1
        assert await mesh.metric("hailwire_silent_turns_total", reason="rate_limited") == 9
        await mesh.says(phone, "menu")
        await mesh.answered(f"+{phone}", 23)
        await pass_time(mesh, minutes=59)
        await mesh.taken(photo(phone))
        await mesh.settled()
        assert len(mesh.received(f"+{phone}")) == 23
        await pass_time(mesh, minutes=1)
        await mesh.taken(photo(phone))
        await mesh.settled()
        assert len(mesh.received(f"+{phone}")) == 24
        assert not await mesh.dead_letters()


@pytest.mark.parametrize("limit", ["3", "0"])
async def test_the_setting_of_photos(open_here: Open, phone: str, limit: str) -> None:
    """RATE_LIMIT_MESSAGES_PER_HOUR is how many photos pass; with 0 all of them do."""
    async with open_here(RATE_LIMIT_MESSAGES_PER_HOUR=limit) as mesh:
        await mesh.says(phone, "English")
        for _ in range(25):
            await mesh.taken(photo(phone))
        await mesh.settled()
        assert len(mesh.received(f"+{phone}")) == (1 + 3 + 1 if limit == "3" else 26)


async def test_two_replicas_count_together(open_here: Open, phone: str) -> None:
    """Photos that arrive at two gateways at once are counted in one place: twenty answers and one notice."""
    async with open_here() as left, open_here() as right:
        await left.says(phone, "English")
        await left.settled()
        await asyncio.gather(*((left, right)[place % 2].taken(photo(phone)) for place in range(40)))
        await left.settled()
        assert await left.value("SELECT count(*) FROM gateway.outbox") == 1 + 20 + 1


async def test_a_flood_of_words(open_here: Open, phone: str) -> None:
    """Who writes too much is told once in their language; START and HELP are answered and STOP takes effect."""
    async with open_here(**FEW) as mesh:
        await mesh.says(phone, "français", *["menu"] * 8)
        await mesh.settled()
        read = words(mesh, f"+{phone}")
        assert len(read) == 5 + 1
        assert "plus que je ne peux lire" in read[-1]
        assert await mesh.metric("hailwire_limited_messages_total", limit="ordinary") == 4
        await mesh.says(phone, "aide", "menu")
        await mesh.settled()
        assert len(mesh.received(f"+{phone}")) == 7
        await mesh.says(phone, "stop", "start")
        await mesh.settled()
        assert len(mesh.received(f"+{phone}")) == 9
        await mesh.says(phone, "STOP")
        await mesh.settled()
        assert await mesh.value("SELECT bool_or(silenced) FROM gateway.conversation")
        assert await mesh.value("SELECT bool_or(opt_outs <> '{}') FROM profile.person")


async def test_not_even_help_is_answered_without_an_end(open_here: Open, phone: str) -> None:
    """A flood of HELP, or of STOP and START, brings as many answers again as anything else, and takes effect."""
    async with open_here(**FEW) as mesh:
        await mesh.says(phone, "English", *["help"] * 20)
        await mesh.settled()
        assert len(mesh.received(f"+{phone}")) == 9
        await mesh.says(phone, *["stop", "start"] * 3, "stop")
        await mesh.settled()
        assert len(mesh.received(f"+{phone}")) == 9
        assert await mesh.value("SELECT bool_or(silenced) FROM gateway.conversation")


async def test_strangers_by_sms(open_here: Open, phone: str) -> None:
    """Who has no language yet is told in each, on the channel that they wrote on, and read again after a while."""
    async with open_here(**FEW) as mesh:
        for _ in range(9):
            await mesh.texted(sms(f"+{phone}", "who are you?"))
        await mesh.settled()
        read = [one["Body"] for one in mesh.received(f"+{phone}")]
        assert len(read) == 5 + 1
        assert "more than I can read" in read[-1]
        assert "plus que je ne peux lire" in read[-1]
        await pass_time(mesh, minutes=5)
        await mesh.texted(sms(f"+{phone}", "English"))
        await mesh.answered(f"+{phone}", 7)


async def test_others_are_not_limited(open_here: Open, phones: Any) -> None:
    """One who floods takes nothing from anybody else."""
    flooding, calm = phones(2)
    async with open_here(**FEW) as mesh:
        await asyncio.gather(mesh.says(flooding, *["hello"] * 20), mesh.says(calm, "hello", "English"))
        await mesh.settled()
        assert (len(mesh.received(f"+{flooding}")), len(mesh.received(f"+{calm}"))) == (6, 2)


async def test_a_turn_that_runs_again_counts_once(open_here: Open, phone: str, word: Register) -> None:
    """A message whose lease was taken away in the middle of its turn, so that two ran, is one message."""
    word("try", "counts")
    gate = handlers.gates["counts 1"] = asyncio.Event()
    async with open_here() as mesh:
        await mesh.says(phone, "try")

        async def ran() -> bool:
            return handlers.runs["counts"] >= 1

        await until(ran, "the first run")
        await mesh.value(TAKE_LEASE)
        await mesh.answered(f"+{phone}")
        gate.set()
        await mesh.settled()
        assert handlers.runs["counts"] == 2
        stored = await mesh.value("SELECT stored_at FROM gateway.inbox WHERE kind = 'message'")
        assert (await mesh.rows(COUNTS, f"wa:+{phone}"))[0]["ordinary_at"] == stored + timedelta(seconds=1)


async def test_a_flood_costs_no_service(open_here: Open, fresh_database_url: str, phone: str) -> None:
    """Whoever was told is refused without a question to the profile service, which may be away."""
    async with open_with("profile", open_here, fresh_database_url, **FEW) as (mesh, gone):
        await mesh.says(phone, "English", *["hello"] * 6)
        await mesh.settled()
        heard = len(mesh.received(f"+{phone}"))
        await gone.go()
        await mesh.says(phone, *["hello"] * 10)

        async def worked_off() -> bool:
            return not await mesh.value("SELECT count(*) FROM gateway.pending")

        await until(worked_off, "the end of the queue")
        assert len(mesh.received(f"+{phone}")) == heard
        await gone.come()


async def test_apologies_count(open_here: Open, phone: str, word: Register) -> None:
    """Who sends what no handler survives is apologised to no more often than anybody is answered."""
    word("poison", "always_fails")
    async with open_here(GATEWAY_MAX_ATTEMPTS="1", **FEW) as mesh:
        await mesh.says(phone, *["poison"] * 8)
        await mesh.settled()
        assert len(await mesh.dead_letters()) == 5
        assert len(mesh.received(f"+{phone}")) == 5 + 1


async def test_two_names_have_one_allowance(open_here: Open, phone: str) -> None:
    """When two conversations turn out to be one person's, the stricter count is theirs."""
    bsuid = f"RW.{phone}"
    async with open_here(**FEW) as mesh:
        await mesh.says(phone, "English", *["hello"] * 5)
        await mesh.taken(payload(text(None, "hello", bsuid=bsuid)))
        await mesh.settled()
        heard = len(mesh.received(f"+{phone}")) + len(mesh.received(bsuid))
        await mesh.taken(payload(text(phone, "hello", bsuid=bsuid)))
        await mesh.settled()
        assert len(mesh.received(f"+{phone}")) + len(mesh.received(bsuid)) == heard


async def test_an_operator_gives_it_back(open_here: Open, phone: str) -> None:
    """After a reset the sender is read at once, also when a turn was under way that counted from before."""
    async with open_here(**FEW) as mesh:
        await mesh.says(phone, "English", *["hello"] * 5)
        await mesh.settled()
        (conversation_id,) = await senders.find(mesh.database_url, f"+{phone}")
        shown = await senders.show(mesh.database_url, conversation_id)
        assert shown.counts.ordinary.until is not None
        await senders.reset(mesh.database_url, conversation_id)
        await mesh.says(phone, "hello")
        await mesh.answered(f"+{phone}", 7)


async def test_a_reset_beats_the_turn_under_way(open_here: Open, phone: str, word: Register) -> None:
    """A turn that had counted from before a reset is run again and counts from nothing."""
    word("slow", "waits")
    gate = handlers.gates["waits"] = asyncio.Event()
    async with open_here(**FEW) as mesh:
        await mesh.says(phone, *["hello"] * 3, "slow")

        async def begun() -> bool:
            return handlers.runs["waits"] == 1

        await until(begun, "the turn")
        (conversation_id,) = await senders.find(mesh.database_url, f"+{phone}")
        await senders.reset(mesh.database_url, conversation_id)
        gate.set()
        await mesh.answered(f"+{phone}", 4)
        await mesh.settled()
        stored = await mesh.value("SELECT max(stored_at) FROM gateway.inbox WHERE kind = 'message'")
        assert (await mesh.rows(COUNTS, f"wa:+{phone}"))[0]["ordinary_at"] == stored + timedelta(minutes=1)
