"""Erasing people who ride, write on two channels and leave things behind everywhere; in a whole mesh."""

import asyncio
from typing import Any

import asyncpg
import orjson
import pytest

from chassis.settings import load
from launcher import cli, proof
from launcher.failure import ExitCode
from services.gateway import erasing
from services.profile.sealing import Sealer
from services.profile.settings import SealingSettings
from tests.gateway.conftest import Open
from tests.gateway.mesh import Mesh, message, payload, sms, text, until

NAME = "Zoë Mukamana"
QUICK = {"GATEWAY_ERASURE_SECONDS": "2"}
# With ten minutes to wait: the first sweep is over, and the last one due when they are.
_SWEPT = "SELECT step = 'sweep' AND due_at > chassis.now() + interval '2 minutes' FROM gateway.erasure"


def _tap(sender: str, ident: str, name: str = NAME) -> dict[str, Any]:
    content = {"type": "button_reply", "button_reply": {"id": ident, "title": "x"}}
    return payload(message(sender, "interactive", content), name=name)


async def _says(mesh: Mesh, phone: str, *bodies: str, name: str = NAME) -> None:
    for body in bodies:
        assert (await mesh.taken(payload(text(phone, body), name=name))).status == 200
        await mesh.settled()


async def _person(mesh: Mesh, phone: str) -> int:
    sql = "SELECT person_id FROM gateway.conversation JOIN gateway.alias USING (conversation_id) WHERE address = $1"
    return int(await mesh.value(sql, f"wa:+{phone}"))


async def _ask(mesh: Mesh, person_id: int) -> None:
    await mesh.database.execute(erasing.ASK.sql, [person_id], "operator:eve")


async def _finished(mesh: Mesh, person_id: int) -> None:
    async def over() -> bool:
        sql = (
            "SELECT finished_at IS NOT NULL FROM gateway.erasure WHERE person_id = $1 ORDER BY erasure_id DESC LIMIT 1"
        )
        return bool(await mesh.value(sql, person_id))

    await until(over, "the end of the erasure", 60)


async def _step_after(mesh: Mesh, seen: str) -> str:
    """The step of the only erasure once it is another one than was seen; "over" at its end."""
    now = ""

    async def went_on() -> bool:
        nonlocal now
        now = await mesh.value("SELECT CASE WHEN finished_at IS NULL THEN step ELSE 'over' END FROM gateway.erasure")
        return bool(now != seen)

    await until(went_on, "the next step of the erasure", 60)
    return now


async def _traces(mesh: Mesh, *values: str) -> list[proof.Trace]:
    connection = await asyncpg.connect(mesh.database_url)
    try:
        settings = load(SealingSettings, {"HAILWIRE_ENV": "development"})
        sealer = Sealer.of(settings.number_keys, settings.number_hash_key)
        wanted = proof.needles(values)
        return await proof.search(connection, wanted) + await proof.search_sealed(connection, sealer, wanted)
    finally:
        await connection.close()


async def test_by_chat(open_here: Open, phone: str) -> None:
    """`delete me`, the button, one last message; then nothing is left, and who writes again is somebody new."""
    async with open_here(**QUICK) as mesh:
        await _says(mesh, phone, "hello", "english", "ride", "delete me")
        person_id = await _person(mesh, phone)
        assert await _traces(mesh, phone, NAME)
        assert (await mesh.taken(_tap(phone, "erase:confirm"))).status == 200
        await _finished(mesh, person_id)
        assert "last message" in mesh.received(f"+{phone}")[-1]["text"]["body"]
        # A status of the last message may still come in; it goes with the inbox's days.
        await until(lambda: _nothing(mesh, phone), "the proof")
        await _says(mesh, phone, "hello again")
        assert await _person(mesh, phone) > person_id
        assert "language" in orjson.dumps(mesh.received(f"+{phone}")[-1]).decode()
        log = await mesh.rows("SELECT action, actor FROM profile.audit WHERE person_id = $1", person_id)
        assert {(row["action"], row["actor"]) for row in log} == {("person.erased", "person")}


async def _nothing(mesh: Mesh, phone: str) -> bool:
    return not await _traces(mesh, phone, NAME)


async def test_by_an_operator(
    open_here: Open, phone: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hailwire erase` waits until it is done; its search finds nothing of two channels, a dead letter and a spool."""
    async with open_here(**QUICK) as mesh:
        await _says(mesh, phone, "hello", "english", "ride")
        await mesh.texted(sms(f"+{phone}", "hello"))
        await mesh.settled()
        await mesh.database.execute(
            """
            INSERT INTO gateway.dead_letter (kind, reason, provider, addresses, raw, created_at)
            VALUES ('message', 'CRASHED', 'whatsapp', ARRAY['wa:+' || $1], convert_to($2, 'UTF8'), chassis.now())
            """,
            phone,
            f'{{"from": "{phone}"}}',
        )
        for name in ("1-old.expired", "2-odd.unreadable"):
            (mesh.home / "spool" / name).write_bytes(f'[{{"addresses":["wa:+{phone}"]}}]'.encode())
        (mesh.home / "spool" / "3-others.expired").write_bytes(b'[{"addresses":["wa:+15550009999"]}]')
        monkeypatch.setenv("HAILWIRE_ENV", "development")
        monkeypatch.setenv("DATABASE_URL", mesh.database_url)
        code = await asyncio.to_thread(cli.main, ["erase", "--number", f"+{phone}"])
        printed = capsys.readouterr().out
        assert code == ExitCode.DONE, printed
        assert printed.endswith("nothing is left\n")
        assert printed.count(": erased\n") == 2
        assert [path.name for path in (mesh.home / "spool").iterdir()] == ["3-others.expired"]
        assert await asyncio.to_thread(cli.main, ["erase", "--number", f"+{phone}"]) == ExitCode.FAILED


async def test_what_is_found_is_told(
    open_here: Open, phone: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trace where nobody looked for it fails the command and is named."""
    async with open_here(**QUICK) as mesh:
        await _says(mesh, phone, "hello")
        await mesh.database.execute(
            "INSERT INTO trips.request (request_id, fingerprint, outcome) VALUES ('odd', '', convert_to($1, 'UTF8'))",
            phone,
        )
        monkeypatch.setenv("HAILWIRE_ENV", "development")
        monkeypatch.setenv("DATABASE_URL", mesh.database_url)
        assert await asyncio.to_thread(cli.main, ["erase", "--number", f"+{phone}"]) == ExitCode.FAILED
        assert "found in 1 rows of trips.request, outcome" in capsys.readouterr().out


async def test_the_other_side_keeps_their_trip(open_here: Open, phones: Any) -> None:
    """A passenger on a trip is erased: the driver is told, is free again, and their list still has the trip."""
    rider, driver = phones(2)
    async with open_here(**QUICK) as mesh:
        await _says(mesh, driver, "hello", "english", "drive", name="Driver Dan")
        await mesh.taken(_tap(driver, "drive:vehicle:moto", "Driver Dan"))
        await mesh.taken(
            payload(message(driver, "location", {"latitude": -1.951, "longitude": 30.061}), name="Driver Dan")
        )
        await mesh.settled()
        await _says(mesh, rider, "hello", "english", "ride")
        await mesh.taken(_tap(rider, "ride:vehicle:moto"))
        await mesh.taken(payload(message(rider, "location", {"latitude": -1.95123, "longitude": 30.06123}), name=NAME))
        await mesh.settled()
        spot = await mesh.value("SELECT state_data FROM gateway.conversation ORDER BY conversation_id DESC LIMIT 1")
        ask_all = next(tap for tap, _ in orjson.loads(spot)["choices"] if tap.startswith("ride:ask"))
        await mesh.taken(_tap(rider, ask_all))
        await mesh.settled()
        offer = await mesh.value("SELECT max(offer_id) FROM trips.offer")
        await mesh.taken(_tap(driver, f"offer:accept:{offer}", "Driver Dan"))
        await mesh.settled()
        assert await mesh.value("SELECT state FROM trips.trip") == 3
        person_id = await _person(mesh, rider)
        await _ask(mesh, person_id)
        await _finished(mesh, person_id)
        await mesh.settled()
        assert "given the trip up" in orjson.dumps(mesh.received(f"+{driver}")).decode()
        (trip,) = await mesh.rows("SELECT * FROM trips.trip")
        assert (trip["state"], trip["passenger_id"], trip["latitude"], trip["longitude"]) == (7, person_id, -2.0, 30.1)
        assert await mesh.value("SELECT trip_id FROM trips.presence WHERE person_id <> $1", person_id) is None
        await _says(mesh, driver, "trips", name="Driver Dan")
        assert "given up" in orjson.dumps(mesh.received(f"+{driver}")[-1]).decode()
        assert await _traces(mesh, rider, NAME) == []
        assert b"30.06123" not in await mesh.value("SELECT coalesce(string_agg(outcome, ''), '') FROM trips.request")


async def test_a_message_under_way_and_one_that_follows(open_here: Open, phone: str) -> None:
    """What waits when it begins is never answered, and what comes after it makes a new person, who is not touched."""
    async with open_here(**QUICK) as mesh:
        await _says(mesh, phone, "hello", "english")
        person_id = await _person(mesh, phone)
        await _ask(mesh, person_id)
        steps = [""]
        while steps[-1] != "over":
            await mesh.taken(payload(text(phone, f"and {steps[-1]}"), name=NAME))
            steps.append(await _step_after(mesh, steps[-1]))
        await mesh.settled()
        heard = len(mesh.received(f"+{phone}"))
        await _says(mesh, phone, "hello")
        assert len(mesh.received(f"+{phone}")) > heard
        after = await _person(mesh, phone)
        assert after > person_id
        assert await mesh.value("SELECT count(*) FROM gateway.conversation WHERE person_id = $1", person_id) == 0
        assert await mesh.dead_letters() == []


async def test_one_that_could_not_begin(open_here: Open, phone: str) -> None:
    """What counts is when conversations were left, not when it was asked for in vain an hour before."""
    async with open_here(GATEWAY_ERASURE_SECONDS="600", SIMULATOR_STATUSES="false") as mesh:
        await _says(mesh, phone, "hello", "english")
        await mesh.database.execute(
            """
            INSERT INTO gateway.erasure (person_id, actor, requested_at)
            VALUES ($1, 'operator:eve', chassis.now() - interval '1 hour')
            """,
            await _person(mesh, phone),
        )
        await mesh.database.execute(
            """
            INSERT INTO gateway.dead_letter (kind, reason, provider, addresses, raw, created_at)
            VALUES ('message', 'CRASHED', 'whatsapp', ARRAY['wa:+' || $1], '', chassis.now() - interval '30 minutes')
            """,
            phone,
        )
        await until(lambda: mesh.value(_SWEPT), "the sweep")
        assert await mesh.dead_letters() == []
        assert await mesh.value("SELECT finished_at FROM gateway.erasure") is None


@pytest.mark.parametrize("step", ["forget", "send", "sweep"])
async def test_a_step_that_was_done_is_done_again(open_here: Open, phone: str, step: str) -> None:
    """Whoever resumes finds the same job: each step may be repeated, and the end is the same."""
    # Without statuses: one that came after the last sweep would be a trace.
    async with open_here(GATEWAY_ERASURE_SECONDS="600", SIMULATOR_STATUSES="false") as mesh:
        await _says(mesh, phone, "hello", "english")
        person_id = await _person(mesh, phone)
        await _ask(mesh, person_id)
        await until(lambda: mesh.value(_SWEPT), "the sweep")
        await mesh.value("UPDATE chassis.clock SET shift = interval '601 seconds'")
        await mesh.database.execute("UPDATE gateway.erasure SET step = $1, due_at = chassis.now()", step)
        await _finished(mesh, person_id)
        assert await _traces(mesh, phone, NAME) == []
        assert await mesh.value("SELECT addresses FROM gateway.erasure") == []
