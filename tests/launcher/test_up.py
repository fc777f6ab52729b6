"""`hailwire up` from outside: the whole contract, two side by side, Ctrl-C, kill -9."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from launcher import probe
from tests.launcher.running import ROOT, all_gone, free_ports, up, words

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


def test_contract(reachable_folder: Path) -> None:
    """Two meshes side by side: one keeps every point of the public contract, and both drain in order on Ctrl-C."""
    with up(reachable_folder / "one") as one, up(reachable_folder / "two") as two:
        one.wait_for("Hailwire is ready")
        two.wait_for("Hailwire is ready")
        addresses = {
            "GATEWAY_URL": f"http://127.0.0.1:{one.ports['GATEWAY_HTTP_PORT']}",
            "METRICS_URL": f"http://127.0.0.1:{one.ports['METRICS_HTTP_PORT']}",
            "SIMULATOR_URL": f"http://127.0.0.1:{one.ports['SIMULATOR_HTTP_PORT']}",
        }
        checked = subprocess.run(
            [sys.executable, str(ROOT / "tests" / "accept" / "contract.py")],
            env={**one.environ, **addresses},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert checked.returncode == 0, "\n".join([checked.stdout, checked.stderr, *one.lines[-60:]])
        assert checked.stdout.endswith("0 broken\n")
        for mesh in (one, two):
            processes = mesh.descendants()
            mesh.process.send_signal(signal.SIGINT)
            assert mesh.result() == 0
            stopping = [line.split()[-1] for line in mesh.lines if " stopping " in line]
            assert stopping == ["metrics", "gateway", "simulator", "trips", "profile"]
            assert "everything is stopped" in mesh.lines[-1]
            assert all_gone(processes, 60)
            assert not any("was killed" in line or "Traceback" in line for line in mesh.lines)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_killed(reachable_folder: Path) -> None:
    """After kill -9 nothing is left running, and the next start on the same ports and data is ready within seconds."""
    with up(reachable_folder / "home") as first:
        first.wait_for("Hailwire is ready")
        processes = first.descendants()
        assert len(processes) >= 5
        first.process.kill()
        assert all_gone(processes, 60)
    with up(reachable_folder / "home", first.ports) as second:
        # 5 s is promised on a machine of one's own; here the other half of the tests runs beside it.
        second.wait_for("Hailwire is ready", 60)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes through /proc")
def test_crashed_services_come_back(reachable_folder: Path) -> None:
    """Every process that is killed, PostgreSQL included, is started again."""
    with up(reachable_folder / "home") as mesh:
        mesh.wait_for("Hailwire is ready")
        for process_id in mesh.descendants():
            command = words(process_id)
            if command[-1:] == [b"trips"] or (command and command[0].endswith(b"/bin/postgres")):
                with contextlib.suppress(ProcessLookupError):  # a backend ends with its server
                    os.kill(process_id, signal.SIGKILL)
        mesh.wait_for("trips ended with signal SIGKILL; starting it again")
        mesh.wait_for("PostgreSQL ended; starting it again")
        mesh.wait_for(f"port={mesh.ports['TRIPS_GRPC_PORT']}", times=2)
        end = time.monotonic() + 60
        while asyncio.run(probe.http_status(mesh.ports["GATEWAY_HTTP_PORT"], "/readyz")) != 200:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at make through /proc")
@pytest.mark.skipif(not (ROOT / ".venv" / ".ready").exists(), reason="make would set up an environment first")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_only_make_is_signalled(reachable_folder: Path, number: signal.Signals) -> None:
    """Whatever ends `make run`, kill -9 included, everything under it drains although nobody told it."""
    with up(reachable_folder / "home", command=["make", "--no-print-directory", "run"]) as made:
        made.wait_for("Hailwire is ready")
        processes = made.descendants()
        made.process.send_signal(number)
        made.wait_for("everything is stopped", 60)
        assert all_gone(processes, 60)


@pytest.mark.parametrize("ports", ["the same", "others"])
def test_second_start_in_one_home(reachable_folder: Path, ports: str) -> None:
    """A second start in the same HAILWIRE_HOME ends with one sentence and exit code 2; the first one goes on."""
    with up(reachable_folder / "home") as first:
        first.wait_for("the database is up to date")
        with up(reachable_folder / "home", first.ports if ports == "the same" else None) as second:
            assert second.result() == 2
            assert len(second.lines) == 1
            assert f"in use by process {first.process.pid}:" in second.lines[-1]
            assert "another HAILWIRE_HOME" in second.lines[-1]
        assert first.process.poll() is None


def test_port_in_use(reachable_folder: Path) -> None:
    """A port in use ends it before anything starts, with a sentence that names the port, its setting and who has it."""
    ports = free_ports()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", ports["GATEWAY_HTTP_PORT"]))
        listener.listen()
        with up(reachable_folder / "home", ports) as refused:
            assert refused.result() == 2
            assert f"port {ports['GATEWAY_HTTP_PORT']} (GATEWAY_HTTP_PORT) is taken" in refused.lines[-1]
            if sys.platform == "linux":
                assert f" is taken by process {os.getpid()} (" in refused.lines[-1]
            assert len(refused.lines) == 1
    assert not (reachable_folder / "home").exists()
