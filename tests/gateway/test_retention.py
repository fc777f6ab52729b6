"""What is over is forgotten after its days, by the one clock, and nothing that is still needed."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from chassis.database import open_database
from chassis.settings import load
from chassis.telemetry import open_telemetry
from services.gateway import dead_letters
from services.gateway.retention import Retention
from services.gateway.settings import GatewaySettings
from tests.gateway import handlers
from tests.gateway.conftest import Register
from tests.gateway.mesh import Mesh, payload, text, until
from tests.gateway.opening import open_mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTS = """
    SELECT (SELECT count(*) FROM gateway.inbox) AS inbox, (SELECT count(*) FROM gateway.inbox_key) AS keys,
           (SELECT count(*) FROM gateway.outbox) AS outbox, (SELECT count(*) FROM gateway.dead_letter) AS letters
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """As for every module, but without statuses: one that came late would lie in the inbox on another day."""
    home = tmp_path_factory.mktemp("home")
    async with open_mesh(shared_database_url, home, SIMULATOR_STATUSES="false") as mesh:
        yield mesh


@pytest_asyncio.fixture(loop_scope="module")
async def retention(shared_database_url: str) -> AsyncIterator[Retention]:
    """The gateway's own clearing up, to be done when the test says so."""
    settings = load(GatewaySettings, {"HAILWIRE_ENV": "development", "DATABASE_URL": shared_database_url})
    async with (
        open_telemetry("gateway", settings) as telemetry,
        open_database(settings, application="test", telemetry=telemetry) as database,
    ):
        yield Retention(
            database,
            key_days=settings.key_days,
            outbox_days=settings.outbox_days,
            dead_letter_days=settings.dead_letter_days,
            inbox_days=settings.inbox_days,
            state_days=settings.state_days,
        )


async def after(mesh: Mesh, days: float) -> None:
    await mesh.value("UPDATE chassis.clock SET shift = make_interval(hours => $1)", int(days * 24))


async def counts(mesh: Mesh) -> dict[str, Any]:
    return (await mesh.rows(COUNTS))[0]


async def _leaves(mesh: Mesh, retention: Retention, left: tuple[bool, bool, bool, int]) -> bool:
    """Whether clearing up leaves just that; a day whose lock is not to be had at once is left for the next round."""
    await retention.once()
    row = await counts(mesh)
    return (row["inbox"] > 0, row["keys"] > 0, row["outbox"] > 0, row["letters"]) == left


async def test_day_by_day(mesh: Mesh, retention: Retention, word: Register, phone: str) -> None:
    """Raw messages go after 3 days, replies and ids after 9, dead letters after 30."""
    word("plain", "answers")
    word("poison", "always_fails")
    await mesh.says(phone, "plain", "poison")
    await mesh.answered(f"+{phone}", 2)
    await mesh.settled()
    for days, left in (
        (0, (True, True, True, 1)),
        (2, (True, True, True, 1)),
        (4.5, (False, True, True, 1)),
        (8.5, (False, True, True, 1)),
        (9.5, (False, False, False, 1)),
        (29.5, (False, False, False, 1)),
        (30.5, (False, False, False, 0)),
    ):
        await after(mesh, days)
        await until(partial(_leaves, mesh, retention, left), f"{left} after {days} days")


async def test_a_message_is_known_for_eight_days(mesh: Mesh, retention: Retention, phone: str) -> None:
    """A redelivery after eight days is still a duplicate."""
    content = payload(text(phone, "hello"))
    await mesh.taken(content)
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    await after(mesh, 8.2)
    await retention.once()
    assert (await mesh.taken(content)).duplicate


async def test_what_waits_is_kept(mesh: Mesh, retention: Retention, word: Register, phone: str) -> None:
    """A message that still waits keeps its day, and is answered however late its service comes back."""
    word("try", "fails_as_told")
    handlers.raises["next"] = handlers.unavailable()
    await mesh.says(phone, "try")

    async def tried() -> bool:
        return handlers.runs["fails_as_told"] > 0

    await until(tried, "the first try")
    await after(mesh, 5)
    await retention.once()
    assert (await counts(mesh))["inbox"] >= 1
    handlers.raises.clear()
    await mesh.settled()
    answers = "SELECT count(*) FROM gateway.outbox WHERE position >= 0"  # beside a note that it takes longer
    assert await mesh.value(answers) == 1

    async def dropped() -> bool:
        await retention.once()
        return bool((await counts(mesh))["inbox"] == 0)

    # The day is dropped whole once nothing in it waits.
    await until(dropped, "the end of the day")


async def test_replies_that_wait_are_kept(mesh: Mesh, retention: Retention, word: Register, phone: str) -> None:
    """A reply that has not gone out is not forgotten."""
    word("plain", "answers")
    mesh.goes_wrong("whatsapp", "131056", retry_after=600)
    await mesh.says(phone, "plain")
    later = "UPDATE gateway.lane SET due_at = due_at + interval '30 days' WHERE queued > 0 AND instance_id IS NULL"
    await until(lambda: mesh.value(f"{later} RETURNING true"), "a waiting reply")
    await after(mesh, 20)
    await retention.once()
    assert (await counts(mesh))["outbox"] == 1
    await mesh.value("UPDATE gateway.lane SET due_at = chassis.now()")
    await mesh.settled()


async def test_a_letter_outlives_its_message(mesh: Mesh, retention: Retention, word: Register, phone: str) -> None:
    """A dead letter holds its own copy: it can be replayed when the inbox has forgotten the message."""
    word("try", "fails_as_told")
    handlers.raises["next"] = handlers.Poisoned("now")
    await mesh.says(phone, "try")
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    handlers.raises.clear()
    await after(mesh, 5)
    await retention.once()
    (letter,) = await mesh.dead_letters()
    await dead_letters.replay(mesh.database_url, letter["dead_letter_id"])
    await mesh.settled()
    assert handlers.runs["fails_as_told"] == 4
    assert not [one for one in await mesh.dead_letters() if one["resolution"] is None]


async def test_partitions_stand_ready(mesh: Mesh, retention: Retention, word: Register, phone: str) -> None:
    """Today's and tomorrow's messages lie in partitions of their days, and a second look changes nothing."""
    await retention.once()
    await after(mesh, 1)
    word("plain", "answers")
    await mesh.says(phone, "plain")
    await mesh.settled()
    days = "SELECT DISTINCT tableoid::regclass::text AS name, stored_on FROM gateway.inbox WHERE kind = 'message'"
    for row in await mesh.rows(days):
        assert row["name"] == f"gateway.inbox_{row['stored_on']:%Y%m%d}"
    assert await retention.once() <= 1
    assert await retention.once() == 0


async def test_where_somebody_was_is_forgotten(
    mesh: Mesh, retention: Retention, phones: Callable[[int], list[str]]
) -> None:
    """After thirty days of silence what was asked and answered goes, but not that somebody asked for silence."""
    asked, silent = phones(2)
    await mesh.says(asked, "hello", "english", "ride")
    await mesh.says(silent, "hello", "english", "stop")
    await mesh.settled()
    states = "SELECT state_data FROM gateway.conversation ORDER BY conversation_id"
    for days, kept in ((29, [True, True]), (31, [False, True])):
        await after(mesh, days)
        await retention.once()
        rows = await mesh.rows(states)
        assert [row["state_data"] != b"{}" for row in rows] == kept
        assert b"silenced" in rows[1]["state_data"]
