"""A certificate by chat through the whole mesh: sent, fetched, reviewed by an operator, and the gate that it opens."""

import asyncio
import datetime
import re
from pathlib import Path

import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.chassis.polling import until_awaited
from tests.mesh.attachments import attached, image
from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.slow

PHOTO = b"\xff\xd8\xff\xe0" + b"a certificate" * 100_000


async def test_a_certificate_opens_the_way(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a certificate nobody goes online; a photo is fetched, approved, and its driver drives."""
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    settings = {"INSURANCE_REQUIRED": "true"}
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=2, trips=1, settings=settings) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        ann = Phone(postman, deliveries, "+250788000001")
        await ann.say("hello")
        await ann.choose("English")
        await ann.say("drive")
        await ann.choose("Send certificate")
        await ann.hear("Send me a photo or a PDF")
        await ann.send(image("17"))  # a file that Meta does not have
        await ann.hear("I could not fetch your file")
        await ann.send(image(await attached(mesh.simulator_url, PHOTO)))
        await ann.hear("Your certificate has arrived")
        async with connected(mesh.dsn) as connection:
            stored = await connection.fetch("SELECT content FROM profile.document_part ORDER BY position")
            number = await connection.fetchval("SELECT certificate_id FROM profile.certificate")

            async def forgotten() -> bool:
                return bool(await connection.fetchval("SELECT count(*) FROM gateway.download") == 0)

            await until_awaited(forgotten)
        assert b"".join(row["content"] for row in stored) == PHOTO
        assert not list(tmp_path.rglob("media/*.part"))
        day = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)).date().isoformat()
        approve = ["insurance", "approve", str(number), "--until", day]
        assert await asyncio.to_thread(cli.main, approve) == ExitCode.DONE
        await ann.hear("Your certificate is approved")
        await ann.say("drive")
        await ann.choose("Moto")
        await ann.share(-1.95, 30.06)
        await ann.hear("online")
        reject = ["insurance", "reject", str(number), "--reason", "not-theirs"]
        assert await asyncio.to_thread(cli.main, reject) == ExitCode.DONE
        await ann.hear("I took you offline")
        async with connected(mesh.dsn) as connection:
            assert await connection.fetchval("SELECT online FROM trips.presence") is False
        assert not [one for one in ann.received if re.search(r"\bHTTP|FILE_", one.words)]
