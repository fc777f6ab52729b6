"""What a person reads: on a terminal in colour, plain with NO_COLOR; what a program reads from a pipe: JSON."""

import json
import re
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.launcher.running import Up, up
from tests.profile.seals import KEYS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

COLOUR = re.compile(r"\x1b\[\d+m")


def write_hello(mesh: Up) -> None:
    """On a phone of the simulator."""
    body = json.dumps({"provider": "whatsapp", "from": "+250788000111", "name": "Amina", "text": "hello"})
    address = f"http://127.0.0.1:{mesh.ports['SIMULATOR_HTTP_PORT']}/phones/send"
    request = urllib.request.Request(address, body.encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def test_first_minute(reachable_folder: Path) -> None:
    """The start ends with three lines that say what to do first; the next lines are what became of the first hello."""
    with up(reachable_folder / "home", terminal=True, settings={"LOG_FORMAT": "auto"}) as mesh:
        mesh.wait_for("  Help  ")
        end = next(place for place, line in enumerate(mesh.lines) if line.startswith("  Help  ")) + 1
        opened, tried, helped = (line.strip() for line in mesh.lines[end - 3 : end])
        page = f"http://127.0.0.1:{mesh.ports['SIMULATOR_HTTP_PORT']}/"
        assert opened == f"Open  {page} shows phones, on WhatsApp and on SMS."
        assert tried.startswith('Try   press "Play a ride" there, or write hello on a phone')
        assert helped.startswith("Help  .venv/bin/hailwire doctor checks everything")
        write_hello(mesh)
        mesh.wait_for("reply accepted")
        # That a service is ready, warmed up or seen again may be told as late as that.
        told = [line for line in mesh.lines[end:] if not line or "turn done" in line or "reply accepted" in line]
        blank, turn, reply = told[:3]
        assert blank == ""
        for line, event in ((turn, "turn done"), (reply, "reply accepted")):
            assert COLOUR.search(line)
            words = COLOUR.sub("", line)
            assert re.match(rf"\d\d:\d\d:\d\d\.\d{{3}} gateway   {event} ", words)
            assert re.search(r" \d+ ms  trace=[0-9a-f]{8}$", words)
        assert "home → language" in turn
        assert "Amina" not in "".join(mesh.lines)
        assert "250788000111" not in "".join(mesh.lines)


def test_plain_terminal(reachable_folder: Path) -> None:
    """With NO_COLOR the same lines have no colour, and INFO leaves out what became of each message."""
    plain = {"LOG_FORMAT": "auto", "NO_COLOR": "1", "LOG_LEVEL": "INFO"}
    with up(reachable_folder / "home", terminal=True, settings=plain) as mesh:
        mesh.wait_for("  Help  ")
        write_hello(mesh)
        mesh.process.terminate()
        assert mesh.result() == 0
        assert not any("\x1b" in line or "turn done" in line for line in mesh.lines)


def test_piped(reachable_folder: Path) -> None:
    """Into a pipe goes one JSON object per line, from the first line to the last, the addresses among them."""
    with up(reachable_folder / "home", settings={"LOG_FORMAT": "auto"}) as mesh:
        mesh.wait_for("Hailwire is ready")
        write_hello(mesh)
        mesh.wait_for("reply accepted")
        mesh.process.terminate()
        assert mesh.result() == 0
        records = [json.loads(line) for line in mesh.lines]
    assert all({"time", "level", "service", "event"} <= record.keys() for record in records)
    (ready,) = (record for record in records if record["event"].startswith("Hailwire is ready"))
    assert ready["phones"] == f"http://127.0.0.1:{mesh.ports['SIMULATOR_HTTP_PORT']}/"
    assert {record["service"] for record in records} >= {"hailwire", "gateway", "profile", "trips", "simulator"}
    (turn,) = (record for record in records if record["event"] == "turn done")
    assert (turn["before"], turn["after"], turn["replies"]) == ("home", "language", 1)


def test_one_service(reachable_folder: Path) -> None:
    """A service that is started alone on a terminal is readable too."""
    command = [sys.executable, "-m", "launcher", "profile"]
    given = {"LOG_FORMAT": "auto", "DATABASE_URL": "postgresql://hailwire@127.0.0.1:1/hailwire", **KEYS}
    with up(reachable_folder / "home", command=command, terminal=True, settings=given) as service:
        service.wait_for("not serving")
        told = next(line for line in service.lines if "not serving" in line)
        assert re.match(r"\d\d:\d\d:\d\d\.\d{3} profile   WARNING not serving", COLOUR.sub("", told))
