"""An invitation through the whole mesh: a code, a newcomer's first message, the first ride, and both rewards."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.slow

_SETTINGS = {
    "REFERRAL_REWARD": "1000",
    "REFERRAL_NEWCOMER_REWARD": "500",
    "WA_CHAT_NUMBER": "+15550783881",
}
_LINK = re.compile(r"https://wa\.me/15550783881\?text=(INVITE%20GO-\w{7})")


async def test_a_newcomer_rides_and_both_are_rewarded(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text of the link is a newcomer's first message; after the first ride, and once only, both have money."""
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=2, trips=2, settings=_SETTINGS) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        aside = ["credit", "--to", "rewards", "--amount", "20000", "--reason", "for rewards", "--request-id", "mesh"]
        assert await asyncio.to_thread(cli.main, ["wallet", *aside]) == ExitCode.DONE
        host = Phone(postman, deliveries, "+250788000001")
        driver, guest = Phone(postman, deliveries, "+250788000002"), Phone(postman, deliveries, "+250788000003")
        for phone in (host, driver):
            await phone.say("hello")
            await phone.choose("English")
        await host.say("invite")
        await host.hear("Your invitation code is")
        (text,) = [found[1] for one in host.received if (found := _LINK.search(one.words))]
        await guest.say(text.replace("%20", " "))
        await guest.choose("English")
        await guest.hear("I have noted by whose invitation you came.")
        await driver.say("drive")
        await driver.choose("Moto")
        await driver.share(-1.95, 30.06)
        await driver.hear("You are online")
        await _ride(driver, guest)
        await guest.hear("You have received 500 RWF. Your balance: 500 RWF.")
        await _ride(driver, guest)
        await host.hear("You have received 1,000 RWF. Your balance: 1,000 RWF.")
        capsys.readouterr()
        assert await asyncio.to_thread(cli.main, ["wallet", "referrals"]) == ExitCode.DONE
        assert await asyncio.to_thread(cli.main, ["wallet", "check"]) == ExitCode.DONE
        printed = capsys.readouterr().out
        assert "set aside for rewards: 18500 RWF" in printed
        assert "the ledger is right" in printed
        rewards = [one.words for one in guest.received if "You have received 500 RWF" in one.words]
        assert len(rewards) == 1
        assert "788000001" not in json.dumps([one.payload for one in guest.received])
        assert "788000003" not in json.dumps([one.payload for one in host.received])
        async with connected(mesh.dsn) as connection:
            kinds = await connection.fetch("SELECT kind FROM profile.transaction ORDER BY transaction_id")
            first = await connection.fetchval("SELECT min(trip_id) FROM trips.trip")
        assert re.search(rf"1000 \+ 500 RWF  rewarded  trip {first}\b", printed)
        assert [row["kind"] for row in kinds] == [2, 3, 3]


async def _ride(driver: Phone, rider: Phone) -> None:
    await rider.say("ride")
    await rider.choose("Moto")
    await rider.share(-1.9503, 30.0603)
    await rider.choose("Ask all")
    for title, heard in (
        ("Accept", "on the way"),
        ("Arrived", "has arrived"),
        ("Start trip", "has begun"),
        ("Complete", "is complete"),
    ):
        await driver.choose(title)
        await rider.hear(heard)
