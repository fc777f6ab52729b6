"""What a real provider would not forget survives a kill -9 of the simulator."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from chassis.settings import SettingsError, load
from launcher import ports
from simulator.app import simulator
from simulator.misbehaviour import parse
from simulator.settings import SimulatorSettings
from tests.mesh.processes import Process, http_probe
from tests.simulator.conftest import Caller, Gateway, calling

Until = Callable[..., Awaitable[None]]
PHONES = [f"+2507880000{number:02}" for number in range(6)]


@dataclass
class Killable(Caller):
    process: Process

    async def die_and_come_back(self) -> None:
        self.process.kill()
        await self.process.restart()


@pytest.fixture
async def mortal(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Killable]:
    """A simulator in a process of its own that keeps its state."""
    (port,) = ports.choose(1)
    environ = {
        "HAILWIRE_ENV": "development",
        "HAILWIRE_HOME": str(tmp_path),
        "SIMULATOR_HTTP_PORT": str(port),
        "SIMULATOR_STATE": str(tmp_path / "simulator.jsonl"),
        "SIMULATOR_STATUS_DELAY_MS": "300",
        "SIMULATOR_RETRY_SCALE": "0.1",
        "PUBLIC_BASE_URL": gateway.url,
    }
    process = Process("simulator", "simulator", environ, tmp_path / "simulator.log", http_probe(port, "/healthz"))
    await process.restart()
    try:
        async with calling() as session:
            yield Killable(f"http://127.0.0.1:{port}", session, gateway, process)
    finally:
        process.kill()


async def test_accepted_sends_and_their_statuses_survive(mortal: Killable, until: Until) -> None:
    """What was answered 200 is in the outbox under its number, and its statuses are told although nobody lived then."""
    callback = mortal.gateway.url + "/status#rc=5&rp=all"
    accepted = [(await mortal.text(str(number), biz_opaque_callback_data=str(number)))[1] for number in range(3)]
    _, sms = await mortal.sms(StatusCallback=callback)
    before = await mortal.ask("GET", "/outbox/all")
    await mortal.die_and_come_back()
    assert await mortal.ask("GET", "/outbox/all") == before
    await mortal.text("later")
    _, everything = await mortal.ask("GET", "/outbox/all", after="4")
    assert [item["number"] for item in everything] == [5]
    ids = [answer["messages"][0]["id"] for answer in accepted] + [sms["sid"]]
    await until(lambda: all(mortal.gateway.ids.count(found) >= 2 for found in ids))
    await mortal.settled()  # of what the dead process had told already, two may be one told again
    assert (await mortal.twilio("GET", f"Messages/{sms['sid']}.json"))[1]["status"] == "delivered"
    told = len(mortal.gateway.webhooks)
    await mortal.die_and_come_back()
    await mortal.settled()
    assert len(mortal.gateway.webhooks) == told  # nothing that was taken is told again


async def test_messages_that_were_not_taken_survive(mortal: Killable, until: Until) -> None:
    """What phones wrote is posted by the next process, in the order of each phone, when the gateway took none of it."""
    mortal.gateway.open.clear()
    written = {phone: [await mortal.write(text, phone=phone) for text in "abc"] for phone in PHONES}
    text = await mortal.write("ride", provider="twilio")
    mortal.process.kill()
    mortal.gateway.webhooks.clear()
    await mortal.process.restart()
    mortal.gateway.open.set()
    await mortal.settled()
    arrived = list(dict.fromkeys(mortal.gateway.ids))  # the last post of the dead process may be read late
    assert sorted(arrived) == sorted([text, *(one for ids in written.values() for one in ids)])
    for ids in written.values():
        assert [found for found in arrived if found in ids] == ids
    _, listed = await mortal.ask("GET", "/phones/written")
    assert {one["state"] for one in listed} == {"taken"}
    assert len(listed) == len(arrived)


async def test_windows_lists_and_consent_survive(mortal: Killable) -> None:
    """Twilio's list, who opted out, when phones wrote, the clock, the profile and the misdeeds are still known."""
    await mortal.ask("PUT", "/misbehaviour", {"seed": 9, "misbehave": "duplicate=1"})
    await mortal.ask("POST", "/phones/send", {"provider": "twilio", "from": PHONES[1], "text": "STOP"})
    await mortal.ask("POST", "/phones/send", {"provider": "whatsapp", "from": PHONES[0], "bsuid": "RW.1", "text": "hi"})
    await mortal.ask("POST", "/clock", {"shift_seconds": 86_500})
    await mortal.settled()
    known = [await mortal.ask("GET", path) for path in ("/misbehaviour", "/misbehaviour/deeds", "/phones/written")]
    await mortal.die_and_come_back()
    again = [await mortal.ask("GET", path) for path in ("/misbehaviour", "/misbehaviour/deeds", "/phones/written")]
    assert again == known
    assert (await mortal.sms(To=PHONES[1]))[1]["code"] == 21610
    assert (await mortal.text(to=PHONES[0]))[1]["error"]["code"] == 131047
    to_bsuid = {"messaging_product": "whatsapp", "recipient": "RW.1", "text": {"body": "hello"}}
    assert (await mortal.graph(to_bsuid))[1]["error"]["code"] == 131047
    (inbound,) = (await mortal.twilio("GET", From=PHONES[1]))[1]["messages"]
    assert (inbound["body"], inbound["direction"]) == ("STOP", "inbound")
    await mortal.write(phone=PHONES[0])
    await mortal.settled()
    assert (await mortal.deeds())["duplicate"] == 3


async def test_the_seed_goes_on_deciding(mortal: Killable) -> None:
    """The n-th send to a phone stays the n-th, refused ones counted, whenever the process dies in between."""
    await mortal.ask("PUT", "/misbehaviour", {"seed": 7, "misbehave": "500=0.4,131056=0.2"})
    profile = parse("500=0.4,131056=0.2", 7)
    for nth in range(1, 19):
        if nth in {4, 11}:
            await mortal.die_and_come_back()
        decided = profile.decide("send", "whatsapp", PHONES[0], nth)
        status, _ = await mortal.text(to=PHONES[0])
        assert status == (500 if "500" in decided else 400 if decided else 200), nth
    for nth in range(1, 7):
        decided = profile.decide("send", "twilio", PHONES[0], nth)
        assert (await mortal.sms(To=PHONES[0]))[0] == (500 if decided else 201), nth


async def test_the_pair_limit_survives(mortal: Killable) -> None:
    """A burst to one phone that was used up before a death is used up after it."""
    for _ in range(45):
        assert (await mortal.text(to=PHONES[0]))[0] == 200
    await mortal.die_and_come_back()
    accepted = 0
    while (await mortal.text(to=PHONES[0]))[0] == 200:
        accepted += 1
    assert accepted < 20  # one for each six seconds that this has taken


async def test_the_dates_of_twilio_survive(mortal: Killable) -> None:
    """When a message was sent and delivered does not change by a death."""
    _, sms = await mortal.sms(StatusCallback=mortal.gateway.url + "/status#rc=5&rp=all")
    await mortal.settled()
    known = await mortal.twilio("GET", f"Messages/{sms['sid']}.json")
    assert known[1]["status"] == "delivered"
    await asyncio.sleep(1.1)  # dates are told in seconds
    await mortal.die_and_come_back()
    assert await mortal.twilio("GET", f"Messages/{sms['sid']}.json") == known


async def test_copies_for_later_survive(mortal: Killable, until: Until) -> None:
    """A duplicate that is due in days comes then, although the process that planned it has died twice."""
    await mortal.fault("duplicate_days")
    written = await mortal.write()
    await mortal.settled()
    for _ in range(2):
        await mortal.die_and_come_back()
    assert mortal.gateway.ids == [written]
    assert (await mortal.stats())["copies_waiting"] == 1
    await mortal.ask("POST", "/clock", {"shift_seconds": 2 * 86_400 + 1})
    await until(lambda: mortal.gateway.ids == [written, written])


async def test_nothing_that_was_promised_is_lost_under_fire(mortal: Killable) -> None:
    """Whatever was answered before any of several deaths is there in the end, once each and in order."""
    await mortal.ask("PUT", "/misbehaviour", {"seed": 5, "misbehave": "all=0.5,outage=0,slow_answer=0,status_late=0"})
    written: dict[str, list[str]] = {phone: [] for phone in PHONES}
    sent: list[str] = []
    over = asyncio.Event()

    async def chat(phone: str) -> None:
        while not over.is_set():
            try:
                async with asyncio.timeout(1):
                    written[phone].append(await mortal.write(phone=phone))
                    status, answer = await mortal.text(to=phone)
                    if status == 200:
                        sent.append(answer["messages"][0]["id"])
            except (aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(0.02)  # it is dead, or plays dead

    chats = [asyncio.create_task(chat(phone)) for phone in PHONES]
    for _ in range(3):
        enough = len(sent) + 30
        while len(sent) < enough:
            await asyncio.sleep(0.01)
        await mortal.die_and_come_back()
    over.set()
    await asyncio.gather(*chats)
    await mortal.ask("DELETE", "/misbehaviour")
    await mortal.settled()
    _, everything = await mortal.ask("GET", "/outbox/all")
    assert [item["number"] for item in everything] == list(range(1, len(everything) + 1))
    assert set(sent) <= {item["id"] for item in everything}
    arrived = set(mortal.gateway.ids)
    assert {one for ids in written.values() for one in ids} <= arrived
    assert {item["id"] for item in everything} <= arrived  # their statuses were told
    _, listed = await mortal.ask("GET", "/phones/written", limit="5000")
    assert {one["state"] for one in listed} == {"taken"}
    for phone, ids in written.items():
        mine = [one["id"] for one in listed if one["from"] == phone]
        assert [found for found in mine if found in ids] == ids
    assert {webhook.status for webhook in mortal.gateway.webhooks if not webhook.is_signed} <= {403}


def settings(gateway: Gateway, path: Path, port: int = 0) -> SimulatorSettings:
    environ = {"HAILWIRE_ENV": "development", "SIMULATOR_HTTP_PORT": str(port), "PUBLIC_BASE_URL": gateway.url}
    return load(SimulatorSettings, {**environ, "SIMULATOR_STATE": str(path)})


async def test_line_cut_short_by_death_is_forgotten(gateway: Gateway, tmp_path: Path) -> None:
    """A last line without its end was promised to nobody and goes; damage before it is told with its place."""
    path = tmp_path / "state"
    async with simulator(settings(gateway, path)) as running, aiohttp.ClientSession() as session:
        caller = Caller(running.url, session, gateway)
        await caller.text()
        await caller.settled()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"what":"sent","rec')
    async with simulator(settings(gateway, path)) as running:
        assert running.outbox.last_number == 1
    assert path.read_bytes() == whole
    path.write_bytes(whole.replace(b'{"what":"went"', b'{"what:"went"', 1))
    with pytest.raises(SettingsError, match=r"line \d of .* is damaged"):
        async with simulator(settings(gateway, path)):
            pass


async def test_nobody_is_served_before_all_is_known(gateway: Gateway, tmp_path: Path) -> None:
    """A simulator that comes back answers only when it has read everything: no running number is given twice."""
    path = tmp_path / "state"
    async with simulator(settings(gateway, path)) as running, aiohttp.ClientSession() as session:
        await Caller(running.url, session, gateway).text()
    (line,) = (line for line in path.read_text().splitlines() if '"what":"sent"' in line)
    copies = (line.replace('"number":1', f'"number":{number}', 1) for number in range(2, 5001))
    path.write_text("".join(f"{one}\n" for one in (line, *copies)))
    (port,) = ports.choose(1)
    seen: list[int] = []

    async def knock(session: aiohttp.ClientSession) -> None:
        while not seen:
            try:
                async with session.get(f"http://127.0.0.1:{port}/outbox/all?limit=1") as response:
                    seen.append(int(response.headers["X-Outbox-Last"]))
            except aiohttp.ClientError:
                await asyncio.sleep(0.001)

    async with aiohttp.ClientSession() as session:
        knocking = asyncio.create_task(knock(session))
        async with simulator(settings(gateway, path, port)):
            await knocking
    assert seen == [5000]


async def test_patience_is_not_renewed_by_death(gateway: Gateway, tmp_path: Path, until: Until) -> None:
    """How often a webhook was tried survives, so that a provider gives up when it would have."""
    gateway.answers = [503] * 100
    path = tmp_path / "state"
    async with simulator(settings(gateway, path)) as running, aiohttp.ClientSession() as session:
        await Caller(running.url, session, gateway).write(provider="twilio")
        await until(lambda: len(gateway.webhooks) >= 4)
    async with simulator(settings(gateway, path)) as running, aiohttp.ClientSession() as session:
        caller = Caller(running.url, session, gateway)
        await caller.settled()
        _, (listed,) = await caller.ask("GET", "/phones/written")
        assert listed["state"] == "given_up"
    assert len(gateway.webhooks) <= 7  # the first, five retries, and maybe one that the death took by surprise


async def test_two_simulators_do_not_share_a_file(gateway: Gateway, tmp_path: Path) -> None:
    """The state belongs to one process at a time."""
    async with simulator(settings(gateway, tmp_path / "state")):
        with pytest.raises(SettingsError, match="SIMULATOR_STATE"):
            async with simulator(settings(gateway, tmp_path / "state")):
                pass
