"""Every command in the documentation is run here, or stands in elsewhere.py with what proves it instead.

The commands of a page are one script, on a mesh of the tests' own: other ports, another HAILWIRE_HOME, otherwise word
for word.
"""

import ast
import contextlib
import importlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from benchmarks import __main__ as bench
from benchmarks import compare
from chassis.settings import declarations
from launcher import cli, ports
from launcher.commands import loadtest
from launcher.settings import UpSettings
from loadtest import order
from tests.chaos import __main__ as chaos
from tests.conftest import run_apart
from tests.docs import elsewhere
from tests.docs.shell import COMMANDS, PAGES, ROOT, SHOWN, blocks, commands, here
from tests.folders import folder_of_a_test
from tests.launcher.running import Up, up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

# The port that the documentation names -> its setting.
_SETTINGS = {
    str(declared.default): declared.env
    for _, declared in declarations(UpSettings)
    if declared.env.endswith("_PORT") and declared.default
}
_RUN = {
    name: found
    for name, page in PAGES.items()
    if name not in elsewhere.PAGES and (found := [one for one in commands(page) if one not in elsewhere.COMMANDS])
}
_MADE = sorted({one for page in PAGES.values() for one in commands(page) if re.search(r"(?:^| )make ", one)})
# What `make test ARGS=...` leaves behind for every make below it.
_OF_MAKE = ("MAKE", "MFLAGS", "ARGS", "JOBS", "SEED", "SEEDS", "PYTHON")


@dataclass(frozen=True)
class Stage:
    """A mesh, its programs under the names of the documentation, and a collector of its traces."""

    mesh: Up
    watcher: Up
    programs: Path

    @property
    def simulator(self) -> str:
        return f"http://127.0.0.1:{self.mesh.ports['SIMULATOR_HTTP_PORT']}"

    @property
    def places(self) -> dict[str, str]:
        return {port: str(self.mesh.ports[name]) for port, name in _SETTINGS.items()}

    def environ(self, **more: str) -> dict[str, str]:
        return environment(
            self.programs,
            self.mesh.environ,
            PROFILE_TARGET=f"127.0.0.1:{self.mesh.ports['PROFILE_GRPC_PORT']}",
            TRIPS_TARGET=f"127.0.0.1:{self.mesh.ports['TRIPS_GRPC_PORT']}",
            **more,
        )


def environment(programs: Path, given: Mapping[str, str], **more: str) -> dict[str, str]:
    path = os.pathsep.join([str(programs), given.get("PATH", os.defpath)])
    return {**given, "PATH": path, "PYTHONPATH": str(ROOT), **more}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a checkout has in .venv/bin, with the interpreter of the tests; and a curl that fails when it is refused."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("the commands of the documentation need curl")
    folder = tmp_path_factory.mktemp("programs")
    grpcurl = str(Path(sys.executable).with_name("grpcurl"))
    for name, words in {
        "hailwire": [sys.executable, "-m", "launcher"],
        "python": [sys.executable],
        "grpcurl": [grpcurl],
        "curl": [curl, "--fail"],
    }.items():
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        path.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def stage(programs: Path) -> Iterator[Stage]:
    """A mesh whose traces are watched, and to which somebody has written."""
    (port,) = ports.choose(1)
    watching = [sys.executable, "-m", "tests.telemetry.watch", str(port)]
    exported = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}
    with (
        folder_of_a_test() as folder,
        up(folder / "watcher", command=watching) as watcher,
        up(folder / "home", settings=exported) as mesh,
    ):
        watcher.wait_for("listening on")
        mesh.wait_for("Hailwire is ready")
        found = Stage(mesh, watcher, programs)
        hello = {"provider": "whatsapp", "from": "+250788999999", "text": "hello"}
        asked(f"{found.simulator}/phones/send", hello)
        until(lambda: asked(f"{found.simulator}/outbox?to=%2B250788999999"), "an answer")
        yield found


def asked(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def until(there: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            if found := there():
                return found
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def run(script: list[str], folder: Path, environ: Mapping[str, str]) -> str:
    """What the script prints; fails with its last lines when any of its commands does."""
    done = subprocess.run(
        ["sh", "-eux", "-c", "\n".join(script)],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_every_block_says_what_it_is(name: str) -> None:
    """Commands are marked as such, so that none is overlooked."""
    assert {kind for kind, _ in blocks(PAGES[name])} <= {COMMANDS, *SHOWN}


def test_the_table_is_current() -> None:
    """It names commands and pages that there are, and proofs that there are."""
    written = {command for page in PAGES.values() for command in commands(page)}
    assert elsewhere.COMMANDS.keys() <= written
    assert all(commands(PAGES[name]) for name in elsewhere.PAGES)
    for proof in {*elsewhere.PAGES.values(), *(one.proof for one in elsewhere.COMMANDS.values())}:
        file, _, test = proof.partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        assert not test or test in functions(text), proof


def functions(source: str) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)}


def test_ci_runs_what_is_left_to_it() -> None:
    """`make test` is proved by the script that runs it."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command, one in elsewhere.COMMANDS.items():
        if one.proof == ".ci/run":
            assert re.search(rf"^make --no-print-directory {command.removeprefix('make ')}$", script, re.MULTILINE)


@pytest.mark.parametrize("name", _RUN)
def test_the_commands_of_a_page(name: str, stage: Stage, tmp_path: Path) -> None:
    """Each does what the page says, or at least succeeds, one after the other."""
    run([here(command, stage.places, stage.programs) for command in _RUN[name]], tmp_path, stage.environ())


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("command", _MADE)
def test_make_is_understood(command: str) -> None:
    """What a make command would run exists, and takes the arguments that it is given."""
    dry = re.sub(r"(^| )make ", r"\1make --dry-run --no-print-directory ", command, count=1)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_OF_MAKE)}
    done = subprocess.run(["sh", "-euc", dry], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    words = [word for word in shlex.split(done.stdout.splitlines()[-1]) if "=" not in word or word.startswith("-")]
    match words:
        case [program, name, *rest] if program.endswith("/hailwire"):
            module = importlib.import_module(f"launcher.commands.{cli.COMMANDS[name].module}")
            given = cli.parser(name, module.configure).parse_args(rest)
            if name == "loadtest":
                chosen = {
                    setting: getattr(given, option.replace("-", "_"))
                    for option, (setting, _) in loadtest._OPTIONS.items()
                }
                order.read({setting: value for setting, value in chosen.items() if value is not None})
        case [_, "-m", "benchmarks", *rest]:
            bench.parser().parse_args(rest)
        case [_, "-m", "benchmarks.compare", *rest]:
            compare.parser().parse_args(rest)
        case [_, "-m", "tests.chaos", *rest]:
            chaos._parsed(rest)
        case [_, "-m", module_name, *_]:
            assert importlib.util.find_spec(module_name) is not None
        case _:
            pytest.fail(f"nobody knows what this is: {words}")


def test_a_trace_is_printed(stage: Stage) -> None:
    """The collector of docs/observability.md shows the way of a message once the mesh exports to it."""
    stage.watcher.wait_for("POST /webhooks/whatsapp")
    stage.watcher.wait_for("turn commit")


@contextlib.contextmanager
def simulated(command: str, folder: Path, environ: Mapping[str, str], url: str) -> Iterator[Any]:
    """Its misbehaviour, once it serves."""
    process = subprocess.Popen(
        ["sh", "-euc", command], cwd=folder, env=environ, stdout=subprocess.DEVNULL, process_group=0
    )
    try:
        yield until(lambda: asked(f"{url}/misbehaviour"), "the simulator")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def test_simulator(programs: Path, tmp_path: Path) -> None:
    """Each simulator of docs/simulator.md starts with its misbehaviour, and what is planned by hand is planned."""
    found = commands(PAGES["docs/simulator.md"])
    serving = [one for one in found if "hailwire simulator" in one]
    asking = [one for one in found if one not in serving]
    assert (len(serving), len(asking)) == (2, 4)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SIMULATOR_", "WA_", "TWILIO_"))}
    for command, port in zip(serving, ports.choose(2), strict=True):
        url = f"http://127.0.0.1:{port}"
        environ = environment(programs, own, SIMULATOR_HTTP_PORT=str(port), HAILWIRE_ENV_FILE=os.devnull)
        with simulated(command, tmp_path, environ, url) as misbehaviour:
            assert misbehaviour["seed"] == 7
            assert "duplicate" in misbehaviour["kinds"]
            run([here(one, {"8070": str(port)}, programs) for one in asking], tmp_path, environ)
            planned = [plan["kind"] for plan in asked(f"{url}/faults")]
            assert planned == ["timeout_after_accept", "delay", "outage"]
            assert asked(f"{url}/misbehaviour")["kinds"].keys() == {"duplicate", "reorder"}


# Whoever reads docs/insurance.md has a certificate 7, a document 12 and a claim 3 before them, some time before the
# day until which the certificate is approved there.
_INSURED = """
    UPDATE chassis.clock SET shift = timestamptz '2027-01-15' - clock_timestamp();
    INSERT INTO profile.person (person_id, created_at, updated_at) VALUES (1, chassis.now(), chassis.now());
    INSERT INTO profile.certificate (certificate_id, person_id, state, submitted_at)
    OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, chassis.now());
    INSERT INTO profile.claim (claim_id, person_id, state, description, submitted_at)
    OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 'A bus hit my car.', chassis.now());
    INSERT INTO profile.document (document_id, document_key, person_id, certificate_id, mime_type, size)
    OVERRIDING SYSTEM VALUE VALUES (12, 'k', 1, 7, 'application/pdf', 4);
    INSERT INTO profile.document_part VALUES (12, 0, '%PDF');
"""


def test_insurance(programs: Path, fresh_database_url: str, tmp_path: Path) -> None:
    """The operator's commands of docs/insurance.md list, show, save and decide, one after the other."""

    async def filled() -> None:
        connection = await asyncpg.connect(fresh_database_url)
        try:
            await connection.execute(_INSURED)
        finally:
            await connection.close()

    run_apart(filled())
    environ = environment(programs, os.environ, DATABASE_URL=fresh_database_url, HAILWIRE_ENV_FILE=os.devnull)
    printed = run(commands(PAGES["docs/insurance.md"]), tmp_path, environ)
    assert (tmp_path / "certificate.pdf").read_bytes() == b"%PDF"
    assert "approved: certificate 7" in printed
    assert "rejected: certificate 7" in printed
    assert "moved: claim 3" in printed


@pytest.mark.drill
def test_a_load_on_a_mesh_that_runs(stage: Stage, tmp_path: Path) -> None:
    """The load test finds the mesh by its three addresses, everybody is answered, and the results are written."""
    (command,) = [one for one in commands(PAGES["docs/performance.md"]) if one.startswith("GATEWAY_URL=")]
    output = tmp_path / "results.json"
    short = {"LOAD_TEST_DURATION": "2", "LOAD_TEST_WARM_UP": "0", "LOAD_TEST_OUTPUT": str(output)}
    ended = subprocess.run(
        ["sh", "-euc", here(command, stage.places, stage.programs)],
        cwd=tmp_path,
        env=stage.environ(**short),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert output.exists(), ended.stdout + ended.stderr
    messages = json.loads(output.read_bytes())["messages"]
    assert messages["sent"] == messages["success"] == 20
    assert messages["lost"] == 0
    # Whether it met its targets on this machine is told by the code, and is nobody's question here.
    assert ended.returncode in {0, 1}
