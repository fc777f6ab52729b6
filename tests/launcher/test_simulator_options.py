"""The options of `hailwire simulator`."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from launcher import cli, ports
from launcher.failure import ExitCode
from launcher.tether import tethered
from simulator.kinds import KINDS
from tests.launcher.running import ROOT


def asked(url: str) -> Any:
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            assert time.monotonic() < end, "it does not serve"
            time.sleep(0.05)


def test_options_are_settings(tmp_path: Path) -> None:
    """Port, seed, misbehaviour and state that are given on the command line are those that are used."""
    (port,) = ports.choose(1)
    state = tmp_path / "state.jsonl"
    options = ["--port", str(port), "--seed", "7", "--misbehave", "delay=0.25:3", "--state", str(state)]
    command = [sys.executable, "-m", "launcher", "simulator", *options, "--retry-scale", "0.5"]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SIMULATOR_", "WA_", "TWILIO_"))}
    environ = {**own, "HAILWIRE_ENV": "development", "HAILWIRE_ENV_FILE": os.devnull, "SIMULATOR_SEED": "1"}
    process = subprocess.Popen(tethered(command, signal.SIGKILL), cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    try:
        profile = asked(f"http://127.0.0.1:{port}/misbehaviour")
        assert profile["seed"] == 7
        assert profile["kinds"] == {"delay": {"probability": 0.25, "seconds": 3}}
        assert state.exists()
    finally:
        process.terminate()
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--misbehave gremlins=0.1", "'gremlins=0.1' is not kind=probability or all"),
        ("--misbehave duplicate=2", "'2' must be a number from 0 to 1"),
        ("--seed -1", "must be a whole number from 0"),
        ("--retry-scale 0", "must be a number above 0"),
    ],
)
def test_wrong_option_is_one_sentence(options: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What makes no sense is told before anything starts, with exit code 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["simulator", *options.split()])
    assert caught.value.code == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_kinds_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """--kinds lists every kind of misbehaviour, and nothing starts."""
    assert cli.main(["simulator", "--kinds"]) == ExitCode.DONE
    printed = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in printed] == list(KINDS)
