"""What an earlier process could not store is fed in by the next one, and a file that is no webhook does no harm."""

import os
import time
from pathlib import Path

import pytest

from services.gateway import spool
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import payload, text, until
from tests.gateway.wire import wire_to


async def test_left_by_an_earlier_process(
    open_here: Open, fresh_database_url: str, tmp_path: Path, word: Register, phone: str
) -> None:
    """Files of an earlier process are fed in; unfinished ones are removed, unreadable ones set aside."""
    word("plain", "answers")
    async with (
        wire_to(fresh_database_url) as (wire, address),
        open_here(DATABASE_URL=address, TEST_DATABASE_URL=fresh_database_url) as mesh,
    ):
        await wire.cut()
        assert (await mesh.whatsapp(payload(text(phone, "plain")))).status == 503
    folder = tmp_path / "spool"
    (kept,) = folder.glob("*.json")
    assert folder.stat().st_mode & 0o077 == 0
    (folder / "1-first.json").write_bytes(b"{half a file")
    (folder / "2-unfinished.part").write_bytes(kept.read_bytes())
    async with open_here() as mesh:
        await mesh.answered(f"+{phone}")
        await until(lambda: _all_gone(folder), "the end of the spool")
        await mesh.settled()
        assert [path.name for path in folder.iterdir()] == ["1-first.unreadable"]
        assert len(mesh.received(f"+{phone}")) == 1


async def _all_gone(folder: Path) -> bool:
    return not list(folder.glob("*.json"))


async def test_a_full_spool(
    open_here: Open, fresh_database_url: str, tmp_path: Path, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A spool that is full keeps nothing more, and whoever calls is told to come back all the same."""
    monkeypatch.setattr(spool, "_MAX_FILES", 2)
    async with (
        wire_to(fresh_database_url) as (wire, address),
        open_here(DATABASE_URL=address, TEST_DATABASE_URL=fresh_database_url) as mesh,
    ):
        await wire.cut()
        for _ in range(4):
            assert (await mesh.whatsapp(payload(text(phone, "hello")))).status == 503
        assert len(list((tmp_path / "spool").iterdir())) == 2
        assert await mesh.metric("hailwire_spool_webhooks_total", what="refused") == 2


async def test_what_was_set_aside_goes_after_its_days(open_here: Open) -> None:
    """Files that were too old or unreadable are deleted with the days of the dead letters; younger ones stay."""
    async with open_here(GATEWAY_DEAD_LETTER_DAYS="2") as mesh:
        folder = mesh.home / "spool"
    for name, days in (("1.expired", 3), ("2.unreadable", 3), ("3.expired", 1)):
        (folder / name).write_bytes(b"[]")
        then = time.time() - days * 86400
        os.utime(folder / name, (then, then))
    async with open_here(GATEWAY_DEAD_LETTER_DAYS="2"):

        async def gone() -> bool:
            return [path.name for path in folder.iterdir()] == ["3.expired"]

        await until(gone)
