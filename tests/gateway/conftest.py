"""Meshes for the tests of the gateway's doors: one for a module, one for a test, or with settings of a test's own."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.gateway import attempts, reconciling, sender, spool, statuses, turns
from services.gateway.clients import copies
from services.gateway.conversations import routing
from tests.conftest import Dsn, _database
from tests.gateway import handlers
from tests.gateway.mesh import Mesh
from tests.gateway.opening import open_mesh

Open = Callable[..., AbstractAsyncContextManager[Mesh]]
Register = Callable[[str, str], None]

_numbers = itertools.count(250_788_000_001)


# What the gateway waits for by the clock, shortened: (module, name, value). The order of events stays as it is.
_BRISK: tuple[tuple[Any, str, Any], ...] = (
    (turns, "_SWEEP_SECONDS", 0.1),
    (turns, "_FAILED_BACKOFF_SECONDS", (0.1, 0.2, 0.3)),
    (turns, "_POSTPONED_SECONDS", 0.3),
    (sender, "_SWEEP_SECONDS", 0.1),
    (attempts, "_BACKOFF_SECONDS", (0.3, 0.6, 1.0)),
    (statuses, "_SWEEP_SECONDS", 0.1),
    (reconciling, "_EVERY_SECONDS", 0.4),
    (spool, "_FEED_SECONDS", 0.4),
    # So that tests meet copies of people, as whoever runs for longer does.
    (copies, "_HEARD_SECONDS", 0.2),
    # And lengthened: a turn that waits at a gate of its test is not ended by a machine that stands still meanwhile.
    (turns, "_TURN_SECONDS", 60.0),
)


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for the patience of production."""
    _hurry(monkeypatch)


def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in _BRISK:
        assert hasattr(module, name)
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def phone() -> str:
    """The number of a phone that nobody else has, as Meta writes it: without a plus sign."""
    return str(next(_numbers))


@pytest.fixture
def phones() -> Callable[[int], list[str]]:
    """Numbers of as many phones as are asked for."""
    return lambda count: [str(next(_numbers)) for _ in range(count)]


@pytest.fixture
def open_here(fresh_database_url: str, tmp_path: Path) -> Open:
    """Opens meshes over the database of the test; settings are given by name."""
    return partial(open_mesh, fresh_database_url, tmp_path)


@pytest.fixture(scope="module")
def shared_database_url(server_dsn: Dsn, migrated_template: str) -> Iterator[str]:
    """The database of the mesh that the tests of a module share."""
    with _database(server_dsn, migrated_template) as name:
        yield server_dsn(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """One mesh for every test of a module that does not need its own; ask for `mesh` to find it clean.

    Not longer than a module: between modules its loop would stand still, and it would be a paused process.
    """
    with pytest.MonkeyPatch.context() as patch:
        _hurry(patch)  # for what is read at the start
        async with open_mesh(shared_database_url, tmp_path_factory.mktemp("home")) as mesh:
            yield mesh


@pytest_asyncio.fixture(loop_scope="module")
async def mesh(shared: Mesh) -> Mesh:
    """The shared mesh without what earlier tests left in it."""
    await shared.renew()
    return shared


@pytest.fixture
def word(monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    """Registers a word that a function of tests/gateway/handlers.py answers, for the time of the test."""
    monkeypatch.setattr(routing, "EXTRA_KEYWORDS", {})
    handlers.forget()

    def register(word: str, function: str) -> None:
        routing.register_keyword(word, f"tests.gateway.handlers:{function}")

    yield register
    handlers.forget()
