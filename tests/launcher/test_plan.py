"""What `hailwire up` decides before it starts anything."""

import socket
from collections.abc import Iterator

import pytest

from chassis.settings import SettingsError, declarations
from launcher import catalogue, credentials, plan, ports
from launcher.failure import CommandError
from launcher.settings import UpSettings

ANY_PORTS = dict.fromkeys((declared.env for _, declared in declarations(UpSettings) if "_PORT" in declared.env), "0")
ANY_PORTS.pop("HAILWIRE_POSTGRES_PORT")
REAL_WHATSAPP = {
    "WA_ACCESS_TOKEN": "EAAG-real",
    "WA_APP_SECRET": "real-secret",
    "WA_VERIFY_TOKEN": "real-token",
    "WA_PHONE_NUMBER_ID": "1065403",
}
REAL_TWILIO = {
    "TWILIO_AUTH_TOKEN": "real",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_PHONE_NUMBER": "+15550001111",
}


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_without_credentials() -> None:
    """Both providers are simulated, with the well-known development values."""
    decided = plan.make(ANY_PORTS, "postgresql://somewhere")
    assert decided.services == ("metrics", "gateway", "simulator", "trips", "profile")
    assert [provider.name for provider in decided.simulated] == ["WhatsApp", "Twilio"]
    assert decided.development_secrets.items() <= credentials.DEVELOPMENT_SECRETS.items()
    assert "WA_VERIFY_TOKEN" in decided.development_secrets
    assert decided.environ["HAILWIRE_ENV"] == "development"
    assert decided.environ["DATABASE_URL"] == "postgresql://somewhere"
    simulator = f"http://127.0.0.1:{decided.ports['SIMULATOR_HTTP_PORT']}"
    assert decided.environ["WA_GRAPH_URL"].startswith(f"{simulator}/graph")
    assert decided.environ["TWILIO_API_URL"] == f"{simulator}/twilio"
    assert decided.environ["PUBLIC_BASE_URL"] == f"http://127.0.0.1:{decided.ports['GATEWAY_HTTP_PORT']}"
    gateway = f"gateway=127.0.0.1:{decided.ports['GATEWAY_GRPC_PORT']}"
    assert gateway in decided.environ["METRICS_TARGETS"].split(",")
    assert decided.environ["PROFILE_TARGET"] == f"127.0.0.1:{decided.ports['PROFILE_GRPC_PORT']}"


def test_free_ports_differ() -> None:
    """Port 0 takes a free one, another for each."""
    numbers = plan.make(ANY_PORTS, "").ports
    assert len(set(numbers.values())) == len(ANY_PORTS)
    assert 0 not in numbers.values()


def test_real_credentials() -> None:
    """Real credentials of both providers: no simulator, and nothing is redirected to it."""
    decided = plan.make({**ANY_PORTS, **REAL_WHATSAPP, **REAL_TWILIO}, "")
    assert "simulator" not in decided.services
    assert not {"WA_GRAPH_URL", "TWILIO_API_URL"} & decided.environ.keys()
    assert "WA_ACCESS_TOKEN" not in decided.development_secrets


@pytest.mark.parametrize(("given", "simulated"), [(REAL_WHATSAPP, "Twilio"), (REAL_TWILIO, "WhatsApp")])
def test_one_real_provider(given: dict[str, str], simulated: str) -> None:
    """Only the provider without credentials is simulated; the other one is never called by mistake."""
    decided = plan.make({**ANY_PORTS, **given}, "")
    assert [provider.name for provider in decided.simulated] == [simulated]
    assert ("WA_GRAPH_URL" in decided.environ) == (simulated == "WhatsApp")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (
            {"WA_ACCESS_TOKEN": "EAAG-real", "WA_APP_SECRET": "dev-app-secret"},
            ["WA_APP_SECRET", "WA_PHONE_NUMBER_ID", "WA_VERIFY_TOKEN"],
        ),
        ({"TWILIO_ACCOUNT_SID": "AC" + "1" * 32}, ["TWILIO_AUTH_TOKEN"]),
        ({**REAL_TWILIO, "TWILIO_PHONE_NUMBER": ""}, ["TWILIO_PHONE_NUMBER"]),
    ],
)
def test_half_a_set_of_credentials(given: dict[str, str], missing: list[str]) -> None:
    """A real provider that lacks some of its settings is not started half blind: they are named, all at once."""
    with pytest.raises(SettingsError) as caught:
        plan.make({**ANY_PORTS, **given}, "")
    assert sorted(problem.partition(":")[0] for problem in caught.value.problems) == missing


def test_given_values_win() -> None:
    """What the environment says is kept, and blank means unset."""
    decided = plan.make({**ANY_PORTS, "ADMIN_TOKEN": "mine", "WA_APP_SECRET": " "}, "")
    assert decided.environ["ADMIN_TOKEN"] == "mine"
    assert decided.environ["WA_APP_SECRET"] == "dev-app-secret"


def test_only_secrets_that_are_read() -> None:
    """The banner is given no secret that no setting declares."""
    declared = {declared.env for _, declared in catalogue.every()}
    assert plan.make(ANY_PORTS, "").development_secrets.keys() <= declared


def test_every_services_problems() -> None:
    """What is wrong for different services is told at once, each setting once, before a port is looked at."""
    wrong = {
        "GATEWAY_HTTP_PORT": "eighty",
        "OFFER_TTL_SECONDS": "0",
        "CACHE_TTL_PROFILE": "long",
        "SIMULATOR_STATUSES": "perhaps",
        "HAILWIRE_DRAIN_SECONDS": "-1",
    }
    with pytest.raises(SettingsError) as caught:
        plan.make({**ANY_PORTS, **wrong}, "")
    assert sorted(problem.partition(":")[0] for problem in caught.value.problems) == sorted(wrong)


def test_taken_port(taken_port: int) -> None:
    """A taken port is named with the setting that moves it."""
    with pytest.raises(CommandError, match=rf"^port {taken_port} \(TRIPS_GRPC_PORT\) is taken.*: stop what"):
        plan.make({**ANY_PORTS, "TRIPS_GRPC_PORT": str(taken_port)}, "")


def test_one_port_twice() -> None:
    """Two servers on one port are told apart from a port that somebody else has."""
    number = str(ports.choose(1)[0])
    given = {**ANY_PORTS, "GATEWAY_HTTP_PORT": number, "SIMULATOR_HTTP_PORT": number}
    with pytest.raises(CommandError, match="are the same port: give each its own number"):
        plan.make(given, "")


def test_two_taken_ports(taken_port: int) -> None:
    """Several taken ports are named in one sentence."""
    given = {**ANY_PORTS, "GATEWAY_HTTP_PORT": str(taken_port), "SIMULATOR_HTTP_PORT": str(taken_port)}
    with pytest.raises(CommandError, match=r"^ports .*GATEWAY_HTTP_PORT.*SIMULATOR_HTTP_PORT.* are taken") as caught:
        plan.make(given, "")
    assert str(caught.value).count("\n") == 0
