"""Money by chat through the whole mesh: an operator's credit, transfers over both channels, both sides told."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import Mesh, open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.slow

CODE = re.compile(r"HW-\w{7}")


async def _opened(mesh: Mesh, phone: Phone) -> tuple[int, str]:
    """Introduce somebody and let them open their wallet: their id and code."""
    await phone.say("hello")
    await phone.choose("English")
    await phone.say("wallet")
    await phone.hear("Your wallet code is")
    (code,) = [found[0] for one in phone.received if (found := CODE.search(one.words))]
    async with connected(mesh.dsn) as connection:
        person_id = await connection.fetchval("SELECT person_id FROM profile.account WHERE code = $1", code)
    return person_id, code


async def _send(payer: Phone, code: str, amount: str) -> None:
    await payer.say("wallet")
    await payer.choose("Send money")
    await payer.hear("Who gets the money?")
    await payer.say(code)
    await payer.hear("How much?")
    await payer.say(amount)


async def test_money_goes_from_phone_to_phone(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From WhatsApp to SMS and back over two replicas of everything; each side is told, and the ledger is right."""
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    settings = {"WALLET_NEW_ACCOUNT_HOURS": "0"}
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=2, trips=1, settings=settings) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        ann, bob = Phone(postman, deliveries, "+250788000001"), Phone(postman, deliveries, "+250730000002", sms=True)
        (ann_id, anns), (_, bobs) = await _opened(mesh, ann), await _opened(mesh, bob)
        paid = ["credit", "--to", str(ann_id), "--amount", "20000", "--reason", "cash", "--request-id", "mesh"]
        assert await asyncio.to_thread(cli.main, ["wallet", *paid]) == ExitCode.DONE
        await ann.hear("You have received 20,000 RWF. Your balance: 20,000 RWF.")
        await _send(ann, bobs, "1 500")
        await ann.hear("Sent: 1,500 RWF")
        await bob.hear("You have received 1,500 RWF")
        await _send(bob, anns.lower(), "500")
        await bob.hear("Sent: 500 RWF")
        await ann.hear("You have received 500 RWF")
        await _send(ann, bobs, "6000")
        await ann.choose("Send it")
        await ann.hear("You have 13,000 RWF left")
        await bob.hear("Your balance: 7,000 RWF")
        assert await asyncio.to_thread(cli.main, ["wallet", "check"]) == ExitCode.DONE
        assert "730000002" not in json.dumps([one.payload for one in ann.received])
        assert "788000001" not in json.dumps([one.payload for one in bob.received])
        async with connected(mesh.dsn) as connection:
            kinds = await connection.fetch("SELECT kind FROM profile.transaction ORDER BY transaction_id")
        assert [row["kind"] for row in kinds] == [2, 1, 1, 1]
