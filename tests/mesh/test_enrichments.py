"""What was understood through the whole mesh: asked about, kept once by a number, offered with the next question."""

from pathlib import Path

import pytest

from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.slow


async def test_a_sentence_is_kept_and_used(fresh_database_url: str, tmp_path: Path) -> None:
    """A place and a time of one SMS are kept over two replicas of everything, once, and both are offered then."""
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=2, trips=1) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        ann = Phone(postman, deliveries, "+250730000003", sms=True)
        await ann.say("hello")
        await ann.choose("English")
        await ann.say("Please be at kimironko every friday at 7am")
        await ann.choose("Keep it")
        await ann.hear("I keep this:")
        await ann.say("schedule")
        await ann.choose("Moto")
        await ann.choose("Kimironko Market")
        await ann.hear("Every Fri 07:00")
        async with connected(mesh.dsn) as connection:
            statuses = await connection.fetch("SELECT status FROM profile.enrichment_item")
            places = await connection.fetchval("SELECT count(*) FROM profile.saved_place")
            notes = await connection.fetchval("SELECT count(*) FROM profile.note")
        assert [row["status"] for row in statuses] == [4, 4]
        assert (places, notes) == (1, 1)
