"""Processes as they run: nobody waits for Python to look through what was imported at start."""

from pathlib import Path

import pytest

from tests.gateway.mesh import until
from tests.gateway.test_warmup import numbers
from tests.mesh.harness import open_mesh

pytestmark = pytest.mark.slow


async def test_the_start_is_frozen_and_looks_are_seldom(fresh_database_url: str, tmp_path: Path) -> None:
    """Each service has put aside what it started with, its warmup included, and was seldom interrupted for that."""
    async with open_mesh(fresh_database_url, tmp_path) as mesh:
        for service in mesh.services:
            port = int(service.environ[f"{service.service.upper()}_GRPC_PORT"])

            async def warmed(port: int = port) -> bool:
                return (await numbers(port))["hailwire_warmup_state"][0][1] >= 2

            await until(warmed, "the end of the warmup")
            now = await numbers(port)
            frozen = now["hailwire_gc_frozen_objects"][0][1]
            looks = {labels["generation"]: value for labels, value in now["hailwire_gc_collections_total"]}
            # Half of a gateway's come with its warmup: handlers, words, the providers' clients.
            assert frozen > (90_000 if service.service == "gateway" else 40_000), (service.name, frozen)
            # One for every 700 would be Python's own number.
            assert looks["0"] * 1000 < frozen, (service.name, looks, frozen)
