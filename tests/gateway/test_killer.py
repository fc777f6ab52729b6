"""An item that kills its process each time ends in the dead letters, and takes no innocent with it."""

import asyncio
import contextlib
import json
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from tests.gateway.mesh import payload, signed, text, until
from tests.mesh.harness import open_mesh
from tests.mesh.processes import Process


@pytest.mark.slow
async def test_an_item_that_kills_its_process(fresh_database_url: str, tmp_path: Path) -> None:
    """Each start of the gateway dies of the same item until it is a dead letter; all others are answered once."""
    people = [str(250_788_900_000 + number) for number in range(40)]
    victim = people[17]
    messages = [text(person, "answers") for person in people]
    messages[17] = text(victim, "kills")
    messages += [text(victim, "answers"), *(text(person, "answers") for person in people[:10])]
    settings = {
        "HAILWIRE_EXTRA_HANDLERS": "tests.gateway.handlers:register",
        "GATEWAY_LEASE_SECONDS": "1",
        "GATEWAY_MAX_ATTEMPTS": "2",
    }
    async with open_mesh(fresh_database_url, tmp_path, settings=settings) as mesh, aiohttp.ClientSession() as session:
        (gateway,) = mesh.gateways
        supervisor = asyncio.create_task(_restarting(gateway))
        database = await asyncpg.connect(fresh_database_url)
        try:
            await _insist(session, mesh.gateway_urls[0], json.dumps(payload(*messages)).encode())
            nothing = """
                SELECT NOT EXISTS (SELECT FROM gateway.pending) AND EXISTS (SELECT FROM gateway.dead_letter)
                   AND NOT EXISTS (SELECT FROM gateway.outbox WHERE state IN ('queued', 'sending', 'unknown'))
            """
            await until(lambda: database.fetchval(nothing), "the end of everything", within=180)
            letters = await database.fetch("SELECT reason, addresses, attempts FROM gateway.dead_letter")
            assert [(row["reason"], row["addresses"]) for row in letters] == [
                ("its process died each time", [f"wa:+{victim}"])
            ]
            replies = await database.fetch("SELECT outbox_id, attempts, state FROM gateway.outbox")
            assert len(replies) == len(messages)  # the apology among them
            assert {row["state"] for row in replies} == {"accepted"}
            attempts = {f"{row['outbox_id']}": row["attempts"] for row in replies}
            for person in people:
                sent = await _received(session, mesh.simulator_url, person)
                assert all(sent.count(one) <= attempts.pop(one) for one in set(sent))
            assert not attempts  # every reply has arrived
            # The first death, the second while alone, the third while alone: then it is known.
            assert 3 <= gateway.starts <= 5
        finally:
            supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervisor
            await database.close()


async def _restarting(gateway: Process) -> None:
    while True:
        if gateway.process_id is None:
            gateway.start()
        await asyncio.sleep(0.05)


async def _insist(session: aiohttp.ClientSession, url: str, raw: bytes) -> None:
    """Post as Meta does: again until the answer is 200."""

    async def taken() -> bool:
        try:
            async with session.post(f"{url}/webhooks/whatsapp", data=raw, headers=signed(raw)) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    await until(taken, "a 200")


async def _received(session: aiohttp.ClientSession, url: str, phone: str) -> list[str]:
    """The ids of our rows, one for each message that a phone has received."""
    async with session.get(f"{url}/outbox", params={"to": f"+{phone}"}) as response:
        return [one["payload"]["biz_opaque_callback_data"] for one in await response.json()]
