"""Whoever waits because a service is away is told so kindly, once, and answered later, once and in order."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chassis import errors
from services.gateway import commit
from services.gateway.conversations.catalogue import LANGUAGES, t
from tests.gateway import handlers
from tests.gateway.away import open_with, put_off
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Mesh, message, payload, sms, text, until
from tests.gateway.opening import open_mesh
from tests.gateway.test_fences import TAKE_LEASE

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON = "0.4"
NOTES = "SELECT * FROM gateway.outbox WHERE position = -1 ORDER BY outbox_id"
ENGLISH, FRENCH = t("en", "answer-takes-longer"), t("fr", "answer-takes-longer")
EVERY_LANGUAGE = "\n".join(t(language, "answer-takes-longer") for language in LANGUAGES)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is away is asked for again and again."""
    monkeypatch.setattr(commit, "LONGEST_WAIT_SECONDS", 0.3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def soon(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """A mesh that tells people soon."""
    home: Path = tmp_path_factory.mktemp("home")
    async with open_mesh(shared_database_url, home, GATEWAY_WAIT_NOTE_SECONDS=SOON) as mesh:
        yield mesh


@pytest_asyncio.fixture(loop_scope="module")
async def telling(soon: Mesh, word: Register) -> Mesh:
    """The same without what earlier tests left; "try" fails as told, "plain" is answered."""
    word("try", "fails_as_told")
    word("plain", "answers")
    await soon.renew()
    return soon


def away() -> None:
    handlers.raises["next"] = errors.Unavailable("away", reason="PEER_NOT_SERVING")


def back() -> None:
    handlers.raises.clear()


def bodies(mesh: Mesh, phone: str) -> list[str]:
    """What a phone shows."""
    return [one["text"]["body"] if "text" in one else one.get("Body", "") for one in mesh.received(phone)]


async def test_told_once_and_answered_later(telling: Mesh, phone: str) -> None:
    """However long it takes and however much is written meanwhile: one note, then each answer once, in order."""
    away()
    await telling.says(phone, "try", "plain", "try")
    await telling.answered(f"+{phone}")
    await put_off(telling, 4)
    assert len(telling.received(f"+{phone}")) == 1
    back()
    await telling.answered(f"+{phone}", 4)
    await telling.settled()
    assert bodies(telling, f"+{phone}") == [EVERY_LANGUAGE, "not told to fail", "answered", "not told to fail"]
    assert await telling.metric("hailwire_wait_notes_total") == 1
    assert not await telling.dead_letters()
    assert await telling.value("SELECT count(*) FROM gateway.conversation WHERE postponed_since IS NOT NULL") == 0


async def test_each_outage_is_told_of(telling: Mesh, phone: str) -> None:
    """Once somebody has been answered, the next outage is news to them; a short one never is."""
    for _ in range(2):
        away()
        await telling.says(phone, "try")
        before = len(telling.received(f"+{phone}"))
        await telling.answered(f"+{phone}", before + 1)
        back()
        await telling.answered(f"+{phone}", before + 2)
        await telling.settled()
    assert len(telling.received(f"+{phone}")) == 4
    assert len(await telling.rows(NOTES)) == 2


async def test_a_moment_is_not_worth_a_word(open_here: Open, word: Register, phone: str) -> None:
    """Before the time that is set nobody is told, and with 0 nobody is told at all."""
    word("try", "fails_as_told")
    for seconds in ("600", "0"):
        async with open_here(GATEWAY_WAIT_NOTE_SECONDS=seconds) as mesh:
            before = len(await mesh.rows("SELECT FROM gateway.outbox"))
            away()
            await mesh.says(phone, "try")
            await put_off(mesh, 4)
            back()
            await mesh.answered(f"+{phone}")
            await mesh.settled()
            assert len(await mesh.rows("SELECT FROM gateway.outbox")) == before + 1


@pytest.mark.parametrize("service", ["profile", "trips"])
async def test_a_service_that_is_away(open_here: Open, fresh_database_url: str, phones: Any, service: str) -> None:
    """With either service gone people are told in their language on their channel, and answered when it is back."""
    writer, texter = phones(2)
    asks = "trips" if service == "trips" else "menu"
    async with open_with(service, open_here, fresh_database_url, GATEWAY_WAIT_NOTE_SECONDS=SOON) as (mesh, gone):
        await mesh.says(writer, "hello", "français")
        for words in ("hello", "English"):
            await mesh.texted(sms(f"+{texter}", words))
        for phone in (writer, texter):
            await mesh.answered(f"+{phone}", 2)
        await mesh.settled()
        before = {phone: len(mesh.received(f"+{phone}")) for phone in (writer, texter)}
        await gone.go()
        await mesh.says(writer, asks)
        await mesh.texted(sms(f"+{texter}", asks))
        for phone, words in ((writer, FRENCH), (texter, ENGLISH)):
            await mesh.answered(f"+{phone}", before[phone] + 1)
            assert bodies(mesh, f"+{phone}")[before[phone]] == words
        await put_off(mesh, 3)
        await gone.come()
        for phone in (writer, texter):
            await mesh.answered(f"+{phone}", before[phone] + 2)
        await mesh.settled()
        assert {phone: len(mesh.received(f"+{phone}")) - before[phone] for phone in (writer, texter)} == {
            writer: 2,
            texter: 2,
        }
        assert len(await mesh.rows(NOTES)) == 2
        assert not await mesh.dead_letters()


async def test_who_asked_for_silence_hears_nothing(open_here: Open, fresh_database_url: str, phones: Any) -> None:
    """Without the profile service the gateway still knows who has opted out; nor is STOP met with a note."""
    silent, stopping, reacting, texter, plain = phones(5)
    async with open_with("profile", open_here, fresh_database_url, GATEWAY_WAIT_NOTE_SECONDS="300") as (mesh, gone):
        await mesh.says(silent, "English", "stop")
        await mesh.says(stopping, "English")
        await mesh.settled()
        heard = {phone: len(mesh.received(f"+{phone}")) for phone in (silent, stopping)}
        await gone.go()
        await mesh.says(silent, "hello")
        await mesh.taken(payload(text(stopping, "hello"), text(stopping, "STOP")))
        await mesh.taken(payload(message(reacting, "reaction", {"message_id": "wamid.x", "emoji": "+"})))
        for words in ("help", "stop"):
            await mesh.texted(sms(f"+{texter}", words))
        await mesh.says(plain, "hello")
        put_off_all = "SELECT count(*) = 5 FROM gateway.conversation WHERE postponed_since IS NOT NULL"
        await until(lambda: mesh.value(put_off_all), "that all of them wait")
        await mesh.value("UPDATE chassis.clock SET shift = interval '301 seconds'")
        await mesh.answered(f"+{plain}")  # everybody else has waited as long
        await put_off(mesh, 5)
        for phone in (silent, stopping):
            assert len(mesh.received(f"+{phone}")) == heard[phone]
        assert [one["address"] for one in await mesh.rows(NOTES)] == [f"wa:+{plain}"]
        await gone.come()
        await mesh.answered(f"+{stopping}", heard[stopping] + 2)  # the second is the confirmation
        await mesh.settled()
        assert [len(mesh.received(f"+{phone}")) for phone in (silent, reacting, texter)] == [heard[silent], 0, 0]


async def test_silence_survives_a_merge(telling: Mesh, phone: str) -> None:
    """When two conversations turn out to be one, the silence that was asked for in either is kept."""
    bsuid = f"RW.{phone}"
    await telling.says(phone, "hello", "English")
    await telling.taken(payload(text(None, "stop", bsuid=bsuid)))
    await telling.settled()
    heard = len(telling.received(f"+{phone}")) + len(telling.received(bsuid))
    await telling.value("UPDATE gateway.conversation SET state_data = '{}'")  # as if the survivor's had none
    away()
    await telling.taken(payload(text(phone, "hello", bsuid=bsuid)))
    assert await telling.value(
        "SELECT bool_and(silenced) FROM gateway.conversation WHERE merged_into IS NULL AND conversation_id IN"
        " (SELECT conversation_id FROM gateway.alias WHERE address = $1)",
        f"wa:+{phone}",
    )
    back()
    await telling.settled()
    assert len(telling.received(f"+{phone}")) + len(telling.received(bsuid)) == heard


async def test_start_ends_the_silence(telling: Mesh, phone: str) -> None:
    """Who has come back is told like anybody else."""
    await telling.says(phone, "English", "stop", "start")
    await telling.settled()
    heard = len(telling.received(f"+{phone}"))
    away()
    await telling.says(phone, "try")
    await telling.answered(f"+{phone}", heard + 1)
    assert bodies(telling, f"+{phone}")[-1] == ENGLISH
    back()
    await telling.settled()


async def test_behind_what_nobody_waits_for(open_here: Open, fresh_database_url: str, phone: str) -> None:
    """A message behind a reaction that cannot be served is told of; the reaction alone was not."""
    reaction = message(phone, "reaction", {"message_id": "wamid.x", "emoji": "+"})
    async with open_with("profile", open_here, fresh_database_url, GATEWAY_WAIT_NOTE_SECONDS=SOON) as (mesh, gone):
        await gone.go()
        await mesh.taken(payload(reaction))
        await put_off(mesh, 4)
        assert await mesh.rows(NOTES) == []
        greeting = text(phone, "hello")
        await mesh.taken(payload(greeting))
        await mesh.answered(f"+{phone}")
        ((told,),) = [(one["cause"],) for one in await mesh.rows(NOTES)]
        key = "SELECT key FROM gateway.inbox WHERE position($1 in convert_from(raw, 'UTF8')) > 0"
        assert told == await mesh.value(key, greeting["id"])
        await gone.come()
        await mesh.answered(f"+{phone}", 2)
        await mesh.settled()
        assert len(await mesh.rows(NOTES)) == 1


async def test_an_overtaken_turn_tells_nothing(telling: Mesh, phone: str, word: Register) -> None:
    """The note is fenced like everything else: whose lease was taken away meanwhile writes none."""
    word("slow", "fails_at_a_gate")
    first = handlers.gates["fails 1"] = asyncio.Event()
    second = handlers.gates["fails 2"] = asyncio.Event()
    await telling.says(phone, "slow")

    async def ran(times: int) -> bool:
        return handlers.runs["fails_at_a_gate"] >= times

    await until(lambda: ran(1), "the first run")
    await telling.value("UPDATE gateway.conversation SET postponed_since = chassis.now() - interval '1 minute'")
    await telling.value(TAKE_LEASE)
    await until(lambda: ran(2), "the second run")
    first.set()

    async def one_left() -> bool:
        return await telling.metric("hailwire_turns_in_flight") == 1

    await until(one_left, "the end of the first run")
    assert await telling.rows(NOTES) == []
    second.set()
    await telling.answered(f"+{phone}", 2)
    await telling.settled()
    assert len(await telling.rows(NOTES)) == 1


async def test_after_a_restart_nobody_is_told_again(open_here: Open, word: Register, phone: str) -> None:
    """The mark lies in the database: another process that finds the message waiting tells nobody twice."""
    word("try", "fails_as_told")
    away()
    async with open_here(GATEWAY_WAIT_NOTE_SECONDS=SOON) as mesh:
        await mesh.says(phone, "try")
        await mesh.answered(f"+{phone}")
    async with open_here(GATEWAY_WAIT_NOTE_SECONDS=SOON) as mesh:
        await put_off(mesh, 4)
        back()
        await mesh.answered(f"+{phone}")
        await mesh.settled()
        assert bodies(mesh, f"+{phone}") == ["not told to fail"]
        assert len(await mesh.rows(NOTES)) == 1


async def test_not_outside_the_window(telling: Mesh, phone: str) -> None:
    """A message that came two days late opens no window: its sender can be told nothing, as with any reply."""
    long_ago = str(int(time.time() - timedelta(days=2).total_seconds()))
    away()
    await telling.taken(payload(text(phone, "try", timestamp=long_ago)))

    async def skipped() -> bool:
        return [one["state"] for one in await telling.rows(NOTES)] == ["skipped"]

    await until(skipped, "a note that is not sent")
    back()
    await telling.settled()
    assert telling.received(f"+{phone}") == []
