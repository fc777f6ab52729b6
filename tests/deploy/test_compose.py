"""compose.yaml starts the mesh with settings that exist, behind ports of this machine alone."""

import re
from typing import Any

import pytest
import yaml

from chassis.settings import SettingsError
from launcher import cli
from launcher.plan import SERVICES
from tests.deploy import conftest, deployed, tools

TEXT = (tools.ROOT / "compose.yaml").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def started(**environ: str) -> dict[str, Any]:
    """Its services, with variables of the shell filled in as Docker Compose does."""

    def services(text: str) -> dict[str, Any]:
        filled = VARIABLE.sub(lambda match: environ.get(match[1]) or match[2] or "", text)
        return dict(yaml.safe_load(filled)["services"])

    found = services(TEXT)
    for service in found.values():
        if (extends := service.pop("extends", None)) is not None:
            (name, base), *others = services((tools.ROOT / extends["file"]).read_text(encoding="utf-8")).items()
            assert (name, base.keys(), others) == (extends["service"], {"environment"}, [])
            service["environment"] = base["environment"] | service["environment"]
    return found


def ours(services: dict[str, Any]) -> dict[str, Any]:
    """Those that run our image."""
    return {name: service for name, service in services.items() if service["image"] == "hailwire"}


def variables(service: dict[str, Any]) -> dict[str, str]:
    """What the process sees."""
    given = service.get("environment", {})
    return {name: "" if value is None else str(value) for name, value in given.items()}


def test_every_service_is_there() -> None:
    """The mesh, its database, the migrations and those who watch are started."""
    services = started()
    assert set(ours(services)) == {*SERVICES, "migrate"}
    assert set(services) - set(ours(services)) == {"postgres", "prometheus", "grafana", "redis"}
    profiles = {name: service["profiles"] for name, service in services.items() if "profiles" in service}
    assert profiles == {"simulator": ["simulator"], "redis": ["redis"]}


def test_redis() -> None:
    """Without REDIS_URL nobody has one; with it those that share copies do, and reach it."""
    for url in ("", "redis://redis:6379/0"):
        services = started(REDIS_URL=url)
        for name in ("profile", "trips"):
            environ = deployed.IMAGE | variables(services[name])
            assert deployed.settings(name, environ).redis_url == url
            assert set(services[name]["networks"]) & set(services["redis"]["networks"])


def test_settings() -> None:
    """Each service gets only what it reads, and starts with the public values of development."""
    for name, service in ours(started()).items():
        (command,) = service["command"]
        assert command == name
        assert command in cli.COMMANDS
        given = variables(service)
        assert given.keys() - deployed.declared(command) == set(), name
        deployed.settings(command, deployed.IMAGE | given)


def test_production() -> None:
    """Without real secrets production is refused; with them it starts."""
    for name, service in ours(started(HAILWIRE_ENV="production")).items():
        if name in {"gateway", "metrics"}:
            with pytest.raises(SettingsError):
                deployed.settings(name, deployed.IMAGE | variables(service))
    for name, service in ours(started(HAILWIRE_ENV="production", **conftest.FILLED)).items():
        deployed.settings(name, deployed.IMAGE | variables(service))


def test_production_sends_to_the_real_providers() -> None:
    """With the settings of production, and nothing more, replies go to Meta and Twilio; another address can be set."""
    given = {"HAILWIRE_ENV": "production", **conftest.FILLED}

    def gateway(**more: str) -> Any:
        return deployed.settings("gateway", deployed.IMAGE | variables(started(**given, **more)["gateway"]))

    assert re.fullmatch(r"https://graph\.facebook\.com/v\d+\.0", gateway().wa_graph_url)
    assert gateway().twilio_api_url == "https://api.twilio.com"
    assert gateway(WA_GRAPH_URL="https://graph.example/v1").wa_graph_url == "https://graph.example/v1"


def test_what_is_called_is_there() -> None:
    """Each target is another service's port, in a network that both share."""
    services = started()
    settings = {name: deployed.settings(name, variables(services[name])) for name in SERVICES}
    called = [("gateway", settings["gateway"].profile_target), ("gateway", settings["gateway"].trips_target)]
    called += [("metrics", target.address) for target in settings["metrics"].targets]
    for caller, target in called:
        host, _, port = target.removeprefix("dns:///").partition(":")
        assert settings[host].grpc_port == int(port)
        assert settings[host].grpc_host == "0.0.0.0"
        assert set(services[caller]["networks"]) & set(services[host]["networks"])
    for url in (settings["gateway"].wa_graph_url, settings["gateway"].twilio_api_url):
        assert url.startswith(f"http://simulator:{settings['simulator'].http_port}/")
    assert settings["simulator"].gateways == (f"http://gateway:{settings['gateway'].http_port}",)


def test_published_ports() -> None:
    """What is published is the service's own port, on this machine's own address, and can be moved."""
    services = started()
    for name, service in services.items():
        for published in service.get("ports", []):
            address, outer, inner = published.split(":")
            assert address == "127.0.0.1"
            assert outer == inner
            if name in SERVICES:
                assert deployed.settings(name, variables(service)).http_port == int(inner)
    assert len(re.findall(r"127\.0\.0\.1:\$\{\w+:-\d+\}:\d+", TEXT)) == sum(
        len(service.get("ports", [])) for service in services.values()
    )


def test_locked_down() -> None:
    """Our containers have a read-only root and no capabilities, and wait for the migrations."""
    for name, service in ours(started()).items():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        if name != "migrate":
            assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    kept = {name: service["volumes"] for name, service in ours(started()).items() if "volumes" in service}
    assert kept == {"gateway": [f"gateway:{deployed.IMAGE['HAILWIRE_HOME']}"]}


def test_tags() -> None:
    """What is pulled has a version."""
    for service in started().values():
        assert service["image"] == "hailwire" or re.fullmatch(r"[\w/]+:v?\d[\d.]*", service["image"])
