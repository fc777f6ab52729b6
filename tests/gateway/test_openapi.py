"""The description of the HTTP interface is that of the routes that are served, no more and no less."""

import re
from typing import Any
from unittest.mock import MagicMock

import pytest
from starlette.routing import Route

from services.gateway import rest, webhooks
from services.gateway.enrichment_items import EnrichmentItems
from services.gateway.openapi import DOCUMENT
from services.gateway.phone_numbers import PhoneNumbers
from services.gateway.user_api import Routed
from tests.gateway.conftest import Open
from tests.gateway.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")


def served() -> set[tuple[str, str]]:
    """(method, path) of every route, as the two apps hold them."""
    app = rest.application(required={}, informative={}, user_apis=_user_apis())
    quiet = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or ())
        if method != "HEAD"
    }
    doors = {route for value in vars(_bare()).values() if isinstance(value, dict) for route in value}
    return quiet | {route for route in doors if isinstance(route, tuple)}


def _user_apis() -> list[Routed]:
    nothing: Any = MagicMock()
    return [
        PhoneNumbers(tokens=nothing, numbers=nothing, codes=nothing, sending=nothing, answers=nothing),
        EnrichmentItems(tokens=nothing, numbers=nothing, enrichments=nothing, answers=nothing),
    ]


def _bare() -> webhooks.Webhooks:
    nothing: Any = MagicMock()
    return webhooks.Webhooks(
        intake=nothing,
        telemetry=nothing,
        verify_token=nothing,
        app_secrets=(),
        auth_token=nothing,
        base_url="",
        answered_numbers=frozenset(),
        rest=nothing,
    )


async def test_exactly_what_is_served() -> None:
    """Each route has its description, and each description its route."""
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == served()


async def test_it_is_served(shared: Mesh) -> None:
    """/openapi.json is the document, and /docs a page with every route that needs nothing from elsewhere."""
    async with shared.session.get(shared.url + "/openapi.json") as response:
        assert await response.json() == DOCUMENT
    async with shared.session.get(shared.url + "/docs") as response:
        page = await response.text()
        assert response.content_type == "text/html"
    assert all(path in page for path in DOCUMENT["paths"])
    assert not re.search(r"(src|href)=[\"']?https?:", page)


async def test_described_routes_answer(shared: Mesh) -> None:
    """Nothing that is described is unknown to the server."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            async with shared.session.request(method, shared.url + path, data=b"") as response:
                assert str(response.status) in operation["responses"], (method, path)


async def test_it_is_served_from_memory(shared: Mesh) -> None:
    """Both are made once a minute; what tells of this moment is never kept."""
    for path in ("/openapi.json", "/docs"):
        seen = []
        for _ in range(2):
            async with shared.session.get(shared.url + path) as response:
                seen.append((await response.read(), response.headers["X-Cache"], int(response.headers["X-Cache-Age"])))
        assert seen[0][0] == seen[1][0]
        assert seen[1][1] == "HIT"
        assert 0 <= seen[1][2] < 60
    for path in ("/healthz", "/readyz"):
        async with shared.session.get(shared.url + path) as response:
            assert "X-Cache" not in response.headers


async def test_the_operator_may_switch_it_off(open_here: Open) -> None:
    """With RESPONSE_CACHE_TTL=0 every answer is made anew; RESPONSE_CACHE_ENTRIES bounds what is kept."""
    async with open_here(RESPONSE_CACHE_TTL="0") as mesh, mesh.session.get(mesh.url + "/docs") as response:
        assert "X-Cache" not in response.headers
    async with open_here(RESPONSE_CACHE_ENTRIES="2") as mesh:
        for number in range(5):
            async with mesh.session.get(f"{mesh.url}/docs?{number}") as response:
                assert response.headers["X-Cache"] == "MISS"
        assert await mesh.metric("hailwire_cache_entries", cache="responses") == 2
        assert await mesh.metric("hailwire_cache_evictions_total", cache="responses") == 3
