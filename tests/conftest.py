"""A real PostgreSQL for every test run: an embedded one for each worker, or the server that DATABASE_URL names.

Ask for `database_url` (one migrated database for a module), `fresh_database_url` (one for each test),
`empty_database_url` (without migrations), or `private_cluster` (a server of the test's own, to be killed).
"""

import asyncio
import contextlib
import itertools
import os
import secrets
import signal
import urllib.parse
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest

from launcher import databases, embedded
from tests import folders

os.environ["HAILWIRE_ENV_FILE"] = os.devnull  # a developer's own settings are no part of a test

if "PYTEST_XDIST_WORKER" not in os.environ:  # once for a run, and before its workers ask where there is room
    folders.remove_left_behind()
    folders.work_in_memory()

# A machine that is shared stands still now and then: how long an example took says nothing about it.
hypothesis.settings.register_profile(
    "hailwire", deadline=None, max_examples=60, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("hailwire")

T = TypeVar("T")
Dsn = Callable[[str], str]  # from the name of a database to its address


def pytest_configure() -> None:
    """Ctrl-C is tested, too, when a script runs the tests in its background, where a shell has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with slow tests are spread over the first two thirds of the others.

    None of them is left alone to one worker at the end, and their processes do not all want the processors at once.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    paths = dict.fromkeys(item.path for item in items)
    heavy = [path for path in paths if path in slow]
    light = iter([path for path in paths if path not in slow])
    between = 2 * (len(paths) - len(heavy)) // (3 * len(heavy) or 1)
    turns = [path for first in heavy for path in (first, *itertools.islice(light, between))]
    place = {path: number for number, path in enumerate([*turns, *light])}
    items.sort(key=lambda item: place[item.path])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A page that nobody looked at is said louder than one letter among the dots."""
    skipped = [one for one in terminalreporter.stats.get("skipped", ()) if one.nodeid.startswith("tests/browser/")]
    if skipped:
        words = f"THE PAGE WAS NOT TESTED: {len(skipped)} tests in tests/browser need a Chromium (apt install chromium)"
        terminalreporter.write_sep("!", words, red=True, bold=True)


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a loop of its own, so that a fixture does not disturb the loop of an async test."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture
def reachable_folder() -> Iterator[Path]:
    """A folder like tmp_path that the server's user can pass when root runs the tests."""
    with folders.folder_of_a_test() as folder:
        yield folder


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[Dsn]:
    """Addresses on the server that the tests of this worker share; "postgres" is there, others are made."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield lambda database: urllib.parse.urlsplit(given)._replace(path=f"/{database}").geturl()
        return
    # No test pulls the plug of the machine, and dropping a database costs 0.07 s instead of 1.3 s.
    with folders.folder_of_a_test() as folder, embedded.cluster(folder, options={"fsync": "off"}) as cluster:
        yield cluster.dsn


@pytest.fixture(scope="session")
def migrated_template(server_dsn: Dsn) -> Iterator[str]:
    """The name of a database with every migration applied, to copy others from."""
    with _database(server_dsn, "template1") as name:
        run_apart(databases.migrate(server_dsn(name)))
        yield name


@pytest.fixture(scope="module")
def database_url(server_dsn: Dsn, migrated_template: str) -> Iterator[str]:
    """A migrated database that the tests of one module share."""
    with _database(server_dsn, migrated_template) as name:
        yield server_dsn(name)


@pytest.fixture
def fresh_database_url(server_dsn: Dsn, migrated_template: str) -> Iterator[str]:
    """A migrated database for one test."""
    with _database(server_dsn, migrated_template) as name:
        yield server_dsn(name)


@pytest.fixture
def empty_database_url(server_dsn: Dsn) -> Iterator[str]:
    """A database for one test without any migration."""
    with _database(server_dsn, "template1") as name:
        yield server_dsn(name)


@pytest.fixture
def private_cluster(reachable_folder: Path) -> Iterator[embedded.Cluster]:
    """A server for one test that may kill() and start() it; its database `hailwire` is migrated."""
    with embedded.cluster(reachable_folder) as cluster:
        run_apart(databases.create(cluster.dsn("postgres"), "hailwire"))
        run_apart(databases.migrate(cluster.dsn("hailwire")))
        yield cluster


@contextlib.contextmanager
def _database(server_dsn: Dsn, template: str) -> Iterator[str]:
    """A database under a name of its own, dropped at the end."""
    name = f"hailwire_test_{secrets.token_hex(6)}"
    copies_files = "DATABASE_URL" not in os.environ  # the embedded server has no disk to wait for
    run_apart(databases.create(server_dsn("postgres"), name, template, copies_files=copies_files))
    try:
        yield name
    finally:
        run_apart(databases.drop(server_dsn("postgres"), name))
