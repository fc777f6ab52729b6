"""What a load test is told: each setting an option, all that is wrong told at once, no mesh by mistake."""

import subprocess
import sys
from pathlib import Path

import pytest

from chassis.settings import SettingsError, declarations
from launcher import cli
from launcher.commands import loadtest
from launcher.failure import CommandError
from launcher.settings import UpSettings
from loadtest import mesh, order
from loadtest.settings import PROFILES, LoadTestSettings

HERE = {
    "GATEWAY_URL": "http://127.0.0.1:8080",
    "SIMULATOR_URL": "http://localhost:8070",
    "METRICS_URL": "http://[::1]:8090",
}


def test_the_default_is_a_mesh_of_its_own() -> None:
    """Without any setting it is 100 messages a second for a minute, a hundred at once, on a mesh of its own."""
    decided = order.read({})
    assert decided.mesh is None
    assert decided.messages == 6000
    assert decided.settings.concurrency == 100
    assert decided.load == PROFILES["usual"]


def test_metas_standard_is_a_profile() -> None:
    """3,300 events a second for five minutes; a rate of one's own wins over the profile's."""
    decided = order.read({"LOAD_TEST_PROFILE": "meta"})
    assert decided.load.rate + decided.load.status_rate == 3300
    assert decided.load.duration == 300
    changed = order.read({"LOAD_TEST_PROFILE": "meta", "LOAD_TEST_RATE": "30", "LOAD_TEST_STATUS_RATE": "0"})
    assert (changed.load.rate, changed.load.status_rate) == (30, 0)


def test_a_delay_gives_the_rate() -> None:
    """Fifty senders with 500 ms between their messages send a hundred a second."""
    decided = order.read({"LOAD_TEST_CONCURRENCY": "50", "LOAD_TEST_DELAY": "500"})
    assert decided.load.rate == 100


def test_all_that_is_wrong_is_told_at_once() -> None:
    """One answer names every wrong setting, those that contradict each other and the addresses that are missing."""
    with pytest.raises(SettingsError) as caught:
        order.read(
            {
                "LOAD_TEST_DURATION": "0",
                "LOAD_TEST_DUPLICATES": "2",
                "LOAD_TEST_PROFILE": "wild",
                "GATEWAY_URL": "127.0.0.1:8080",
            }
        )
    named = [problem.partition(":")[0] for problem in caught.value.problems]
    assert named == [
        "LOAD_TEST_PROFILE",
        "LOAD_TEST_DURATION",
        "LOAD_TEST_DUPLICATES",
        "GATEWAY_URL",
        "SIMULATOR_URL",
        "METRICS_URL",
    ]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"LOAD_TEST_RATE": "10", "LOAD_TEST_DELAY": "100"}, "LOAD_TEST_DELAY"),
        ({"LOAD_TEST_RATE": "10", "LOAD_TEST_DURATION": "5"}, "LOAD_TEST_CONCURRENCY"),
    ],
)
def test_contradictions(given: dict[str, str], named: str) -> None:
    """Two ways to say the rate are one too many, and no more can come at once than there are."""
    with pytest.raises(SettingsError) as caught:
        order.read(given)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [named]


def test_the_command_tells_all_and_ends_with_2() -> None:
    """`hailwire loadtest` with wrong options starts nothing, lists them all and ends with 2."""
    command = [sys.executable, "-m", "launcher", "loadtest", "--rate", "many", "--seed=-1", "--max-lag", "0"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    for name in ("LOAD_TEST_RATE", "LOAD_TEST_SEED", "LOAD_TEST_MAX_LAG"):
        assert f"  {name}: must be" in ended.stderr
    assert ended.stdout == ""


def test_every_setting_is_an_option() -> None:
    """Each LOAD_TEST_ setting can be given on the command line, and the help names it."""
    shown = cli.parser("loadtest", loadtest.configure).format_help()
    for _, declared in declarations(LoadTestSettings):
        option = "--" + declared.env.removeprefix("LOAD_TEST_").lower().replace("_", "-")
        assert f"{option} VALUE" in shown
        assert f"({declared.env})" in "".join(shown.split("\n")).replace(" " * 24, " ")


@pytest.mark.parametrize(
    "foreign",
    [
        {"GATEWAY_URL": "https://hailwire.example"},
        {"SIMULATOR_URL": "http://10.0.0.7:8070"},
        {"METRICS_URL": "http://127.0.0.1.example:8090"},
        {"PROFILE_TARGET": "dns:///profile:50051"},
        {"TRIPS_TARGET": "ipv4:127.0.0.1:50052,10.0.0.7:50052"},
    ],
)
def test_another_machine_is_refused(foreign: dict[str, str]) -> None:
    """A mesh elsewhere gets no load by mistake; --yes-really is how one means it."""
    (name,) = foreign
    with pytest.raises(CommandError, match=rf"^{name} leads to another machine.*--yes-really"):
        order.read(HERE | foreign)
    assert order.read(HERE | foreign, far_away=True).mesh is not None


@pytest.mark.parametrize("target", ["127.0.0.1:50051", "localhost:50051", "ipv4:127.0.0.1:1,127.0.0.2:2", "[::1]:5"])
def test_this_machine_has_several_names(target: str) -> None:
    """Loopback is loopback however it is written."""
    assert order.read(HERE | {"PROFILE_TARGET": target}).mesh is not None


def test_its_own_mesh_knows_no_real_provider(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Real credentials of the caller reach neither the mesh of its own nor what signs the webhooks."""
    real = {"WA_ACCESS_TOKEN": "real", "WA_APP_SECRET": "real", "TWILIO_ACCOUNT_SID": "AC1", "DATABASE_URL": "real"}
    for name, value in real.items():
        monkeypatch.setenv(name, value)
    numbers = dict.fromkeys((declared.env for _, declared in declarations(UpSettings) if "PORT" in declared.env), 1)
    environ = mesh._environ(tmp_path, numbers, PROFILES["usual"])
    assert not real.keys() & environ.keys()
    assert environ["HAILWIRE_ENV_FILE"] == "/dev/null"
    assert order.read(real).identity.app_secret.reveal() == "dev-app-secret"


def test_the_throughput_is_raised_and_the_pair_limit_is_not(tmp_path: Path) -> None:
    """The stand-in takes at least four times the load from our number, and no more than usual for one person."""
    environ = mesh._environ(tmp_path, {}, PROFILES["meta"])
    assert int(environ["SIMULATOR_THROUGHPUT"]) >= 4 * PROFILES["meta"].rate
    assert "SIMULATOR_PAIR_BURST" not in environ
