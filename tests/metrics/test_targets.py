"""The list of whom to ask: what it understands, and what it says of what it does not."""

import pytest

from chassis.settings import SettingsError, load
from services.metrics.settings import MetricsSettings
from services.metrics.targets import Target, TargetProblem, parse


def test_what_is_understood() -> None:
    """Several services, several replicas, names that stand for every address, IPv6, each once."""
    text = " gateway = dns:///gateway:50050 , profile=10.0.0.1:50051|10.0.0.2:50051,trips=[::1]:50052,trips=[::1]:50052"
    found = parse(text)
    assert found == (
        Target("gateway", "gateway", 50050, every_address=True),
        Target("profile", "10.0.0.1", 50051),
        Target("profile", "10.0.0.2", 50051),
        Target("trips", "::1", 50052),
    )
    assert found[3].address == "[::1]:50052"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gateway",
        "gateway=",
        "=a:1",
        "gateway=a",
        "gateway=a:x",
        "gateway=a:0",
        "gateway=a:70000",
        "gateway=:1",
        "g-w=a:1",
        "gateway=http://a:1",
    ],
)
def test_what_is_not(text: str) -> None:
    """Anything else is refused when the service starts, by the name of the setting."""
    with pytest.raises(TargetProblem):
        parse(text)
    if text:
        settings = load(MetricsSettings, {"HAILWIRE_ENV": "development", "METRICS_TARGETS": text})
        with pytest.raises(SettingsError, match="METRICS_TARGETS"):
            _ = settings.targets


def test_no_public_token_in_production() -> None:
    """Outside development the service refuses to start without a token, or with the one that everybody knows."""
    for environ in ({}, {"ADMIN_TOKEN": "dev-admin-token"}):
        with pytest.raises(SettingsError, match="ADMIN_TOKEN"):
            load(MetricsSettings, environ)
