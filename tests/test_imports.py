"""What a service imports before it serves: each of these takes a good part of a cold start and is not needed for it."""

import subprocess
import sys

import pytest

from launcher.environment import ROOT

# With whoever would miss it first.
_LATER = {
    "aiohttp": "the warmup's step `providers`",
    "fluent.runtime": "the warmup's step `words`",
    "babel": "the warmup's step `handlers`",
    "dateparser": "whoever writes a calendar date",
    "prometheus_client": "the warmup's step `metrics page`",
    "opentelemetry.sdk": "the warmup's step `metrics page`, or spans when a collector is configured",
    "opentelemetry.exporter": "the same",
    "grpc_reflection.v1alpha": "a server in development",
    "psutil": "the same as opentelemetry.sdk",
    "starlette": "a request for one of the quiet routes",
}
_TRY = """
import sys
import launcher.commands.service
import services.{service}.app
print(*sys.modules)
"""


@pytest.mark.parametrize("service", ["gateway", "profile", "trips"])
def test_nothing_heavy_before_it_serves(service: str) -> None:
    """Importing a service with its command brings none of what the warmup is for."""
    loaded = subprocess.run(
        [sys.executable, "-c", _TRY.format(service=service)], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    early = {name: reason for name, reason in _LATER.items() if name in loaded}
    assert not early, f"imported too early, though it could wait for {early}"
