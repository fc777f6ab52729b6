"""A pod that is asked to end has the time that its service needs."""

import inspect

import pytest

from chassis import connections, http, server, tracing
from chassis.pools import leasing
from services.gateway import app as gateway
from tests.deploy.manifests import Manifests

# Users of connections have their time, then those that are left are closed under them.
POOL_SECONDS = leasing._PATIENCE_SECONDS + connections._CLOSE_SECONDS
HTTP_SECONDS = inspect.signature(http.serve_http).parameters["grace_seconds"].default
# The Prometheus page and what nobody can name.
SPARE_SECONDS = 3.0
EVERY_SERVICE = server._GRACE_SECONDS + tracing._FLUSH_SECONDS + POOL_SECONDS + SPARE_SECONDS
LONGEST = {
    "gateway": EVERY_SERVICE + HTTP_SECONDS + 2 * gateway._DRAIN_SECONDS,  # turns, then sends
    "profile": EVERY_SERVICE,
    "trips": EVERY_SERVICE,
    "metrics": EVERY_SERVICE + HTTP_SECONDS,
}


@pytest.mark.parametrize("name", LONGEST)
def test_grace(production_manifests: Manifests, name: str) -> None:
    """The grace period is longer than the wait before the signal and the longest drain together."""
    spec = production_manifests.pod(name)["spec"]
    wait = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] > wait + LONGEST[name]


@pytest.mark.parametrize("name", LONGEST)
def test_nobody_is_missed(production_manifests: Manifests, name: str) -> None:
    """While a service is rolled, no replica is taken away before its successor is ready."""
    strategy = production_manifests.named("Deployment", name)["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
