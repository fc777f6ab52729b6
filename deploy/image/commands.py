"""Commands and a Docker daemon of our own, for deploy/image/check.py."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class CheckError(Exception):
    """A check that does not hold, in a sentence."""


@contextlib.contextmanager
def docker_daemon(folder: Path) -> Iterator[None]:
    """A daemon of our own, with everything it keeps in our folder; stopped at the end."""
    address = f"unix://{folder}/docker.sock"
    os.environ["DOCKER_HOST"] = address
    os.environ["DOCKER_BUILDKIT"] = "0"
    pid_file = folder / "docker.pid"
    words = ["--data-root", folder / "data", "--exec-root", folder / "exec", "--host", address, "--pidfile", pid_file]
    with (folder / "docker.log").open("wb") as log:
        daemon = subprocess.Popen(["dockerd", *map(str, words)], stdout=log, stderr=log, start_new_session=True)
    try:
        eventually(
            "the Docker daemon answers",
            lambda: subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0,
        )
        yield
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)


def docker(*words: object) -> str:
    """Run a docker command; what it prints."""
    return run("docker", *words)


def compose(*words: object) -> str:
    """Run docker-compose on our compose.yaml, whatever .env says; what it prints."""
    nothing = ROOT / ".env.example"  # its lines are comments
    return run(
        "docker-compose", "--file", ROOT / "compose.yaml", "--env-file", nothing, "--profile", "simulator", *words
    )


def run(*words: object) -> str:
    """Run a command; what it prints. Raises CheckError with its last lines."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise CheckError(f"{words[0]} {words[1]} ended with {done.returncode}:\n{end}")
    return done.stdout.strip()


def eventually(what: str, holds: Callable[[], bool], *, seconds: float = 300, every: float = 0.2) -> None:
    """Wait until it holds; raises CheckError when it never does."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise CheckError(f"after {seconds:.0f} s it is still not true that {what}")
        time.sleep(every)


def step(name: str) -> None:
    """Say where we are."""
    print(f"-- {name} ({time.strftime('%H:%M:%S')})", file=sys.stderr, flush=True)
