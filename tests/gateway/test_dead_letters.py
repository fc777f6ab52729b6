"""What could not be done is kept, shown, done again or laid to rest, by the functions and by the command."""

import asyncio

import pytest

from launcher import cli
from launcher.failure import ExitCode
from services.gateway import dead_letters
from tests.gateway import handlers
from tests.gateway.conftest import Register
from tests.gateway.mesh import Mesh, payload, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def hailwire(mesh: Mesh, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command beside the mesh, as an operator would."""
    monkeypatch.setenv("DATABASE_URL", mesh.database_url)
    return await asyncio.to_thread(cli.main, ["dlq", *arguments])


async def test_replaying_a_message(mesh: Mesh, word: Register, phone: str) -> None:
    """A replay finds the first outcome of what had taken effect, and answers anew."""
    word("online", "goes_online_and_fails")
    handlers.raises["next"] = handlers.Poisoned("after the effect")
    await mesh.says(phone, "online")
    (apology,) = await mesh.answered(f"+{phone}")
    (letter,) = await mesh.dead_letters()
    (before,) = await mesh.rows("SELECT * FROM trips.presence")
    handlers.raises.clear()
    await dead_letters.replay(mesh.database_url, letter["dead_letter_id"])
    received = await mesh.answered(f"+{phone}", 2)
    assert received[0] == apology
    moment = int(received[1]["text"]["body"].removeprefix("online since "))
    (after,) = await mesh.rows("SELECT * FROM trips.presence")
    assert after == before
    assert moment == round(before["located_at"].timestamp() * 1e6)
    await mesh.settled()
    (letter,) = await mesh.dead_letters()
    assert letter["resolution"] == "replayed"


async def test_failing_again(mesh: Mesh, word: Register, phone: str) -> None:
    """A replay that fails again is another dead letter that knows how often it was replayed."""
    word("poison", "always_fails")
    await mesh.says(phone, "poison")
    await mesh.answered(f"+{phone}")
    for replays in (1, 2):
        letter = (await mesh.dead_letters())[-1]
        await dead_letters.replay(mesh.database_url, letter["dead_letter_id"])
        await mesh.answered(f"+{phone}", replays + 1)
        assert (await mesh.dead_letters())[-1]["replays"] == replays
    await mesh.settled()
    assert [letter["resolution"] for letter in await mesh.dead_letters()] == ["replayed", "replayed", None]


async def test_a_replay_takes_its_turn(mesh: Mesh, word: Register, phone: str) -> None:
    """A replayed message goes behind what waits already."""
    word("try", "fails_as_told")
    word("slow", "waits")
    handlers.raises["next"] = handlers.Poisoned("once")
    gate = handlers.gates["waits"] = asyncio.Event()
    await mesh.says(phone, "try")
    await mesh.answered(f"+{phone}")
    handlers.raises.clear()
    await mesh.says(phone, "slow")
    (letter,) = await mesh.dead_letters()
    await dead_letters.replay(mesh.database_url, letter["dead_letter_id"])
    gate.set()
    received = await mesh.answered(f"+{phone}", 3)
    assert [one["text"]["body"] for one in received[1:]] == ["waited", "not told to fail"]
    await mesh.settled()


@pytest.mark.parametrize("kind", ["131026", "failed_status:131026"])
async def test_replaying_a_reply(mesh: Mesh, word: Register, phone: str, kind: str) -> None:
    """A reply that was refused, or failed after it was taken, is sent once more by a replay."""
    word("plain", "answers")
    mesh.goes_wrong("whatsapp", kind)
    await mesh.says(phone, "plain")

    async def dead() -> bool:
        return bool(await mesh.dead_letters())

    await until(dead, "a dead letter")
    await mesh.settled()
    before = len(mesh.received(f"+{phone}"))
    (letter,) = await mesh.dead_letters()
    await dead_letters.replay(mesh.database_url, letter["dead_letter_id"])
    await mesh.answered(f"+{phone}", before + 1)
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == before + 1
    (row,) = await mesh.rows("SELECT state, delivery FROM gateway.outbox")
    assert row["state"] == "accepted"
    assert len(await mesh.dead_letters()) == 1


async def test_the_command(
    mesh: Mesh, word: Register, phone: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hailwire dlq` lists real letters, shows one without what was written, replays and discards."""
    word("try", "fails_as_told")
    handlers.raises["next"] = handlers.Poisoned("secret words")
    await mesh.taken(payload(text(phone, "try"), text(phone, "try")))
    await mesh.answered(f"+{phone}", 2)
    await mesh.settled()
    first, second = [str(letter["dead_letter_id"]) for letter in await mesh.dead_letters()]
    assert await hailwire(mesh, monkeypatch, "list") == ExitCode.DONE
    assert "Poisoned" in capsys.readouterr().out
    assert await hailwire(mesh, monkeypatch, "show", first) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "Poisoned" in shown
    assert phone not in shown
    handlers.raises.clear()
    assert await hailwire(mesh, monkeypatch, "replay", first) == ExitCode.DONE
    assert (await mesh.answered(f"+{phone}", 3))[2]["text"]["body"] == "not told to fail"
    assert await hailwire(mesh, monkeypatch, "discard", second) == ExitCode.DONE
    assert await hailwire(mesh, monkeypatch, "replay", second) == ExitCode.FAILED
    assert await hailwire(mesh, monkeypatch, "list") == ExitCode.DONE
    assert capsys.readouterr().out.endswith("no dead letters\n")
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 3
