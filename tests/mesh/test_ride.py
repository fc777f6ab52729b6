"""The whole ride by signed posts: webhook in, matched ride out, over two replicas of every service."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Words:
    """What a person reads in their language, in the order of the ride."""

    language: str
    online: str
    everybody: str
    accept: str
    arrived: str
    start: str
    complete: str
    on_the_way: str
    has_arrived: str
    has_begun: str
    is_over: str


ENGLISH = Words(
    "English",
    "You are online",
    "Ask all",
    "Accept",
    "Arrived",
    "Start trip",
    "Complete",
    "on the way",
    "has arrived",
    "has begun",
    "is complete",
)
FRENCH = Words(
    "Francais",
    "en ligne",
    "Demander à tous",
    "Accepter",
    "Je suis sur place",
    "Démarrer",
    "Terminer",
    "chauffeur vient",
    "est arrive",
    "course commence",
    "est terminee",
)


async def test_a_ride_is_played_by_signed_posts_over_replicas_of_everything(
    fresh_database_url: str, tmp_path: Path
) -> None:
    """A WhatsApp driver takes a French texter and then a passenger with a BSUID alone, and nobody sees a number."""
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=2, trips=2) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        driver = Phone(postman, deliveries, "+250788000001")
        await _introduced(driver, ENGLISH)
        await driver.say("drive")
        await driver.choose("Moto")
        await driver.share(-1.95, 30.06)
        await driver.hear(ENGLISH.online)
        texter = Phone(postman, deliveries, "+250730000002", sms=True)
        rider = Phone(postman, deliveries, "", bsuid="RW.12345678901234567890")
        for passenger, words in ((texter, FRENCH), (rider, ENGLISH)):
            await _introduced(passenger, words)
            await _ridden(driver, passenger, words)
        shown = json.dumps([one.payload for one in (*texter.received, *rider.received)])
        assert "788000001" not in shown
        assert "730000002" not in json.dumps([one.payload for one in driver.received])
        async with connected(mesh.dsn) as connection:
            trips = await connection.fetch("SELECT state, driver_id FROM trips.trip")
            assert [trip["state"] for trip in trips] == [6, 6]
            people = await connection.fetch("SELECT language FROM profile.person ORDER BY person_id")
            assert [person["language"] for person in people] == ["en", "fr", "en"]
            replies = await connection.fetch("SELECT outbox_id, attempts FROM gateway.outbox")
        attempts = {reply["outbox_id"]: reply["attempts"] for reply in replies}
        # Once each; again only what a machine that stood still did not let us hear of.
        sends = Counter(one.outbox_id for one in deliveries.all)
        assert {outbox_id: count for outbox_id, count in sends.items() if count > attempts[outbox_id]} == {}


async def _introduced(phone: Phone, words: Words) -> None:
    await phone.say("hello")
    await phone.choose(words.language)


async def _ridden(driver: Phone, passenger: Phone, words: Words) -> None:
    await passenger.say("ride")
    await passenger.choose("Moto")
    await passenger.share(-1.9503, 30.0603)
    await passenger.choose(words.everybody)
    for title, heard in (
        (ENGLISH.accept, words.on_the_way),
        (ENGLISH.arrived, words.has_arrived),
        (ENGLISH.start, words.has_begun),
        (ENGLISH.complete, words.is_over),
    ):
        await driver.choose(title)
        await passenger.hear(heard)
