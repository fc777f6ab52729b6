"""Who PostgreSQL runs as: it refuses to be root, so root's server runs as another user, who must reach its files."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from launcher.failure import CommandError
from launcher.tether import can_keep_access


@dataclass
class ServerUser:
    """A user id and group id, both -1 for the caller's own; `keep_access` as launcher/tether.py means it."""

    uid: int
    gid: int
    keep_access: bool = False

    def make_folder(self, place: Path) -> None:
        """Make a folder that only the server and its supervisor look into."""
        place.mkdir(mode=0o700, exist_ok=True)
        if self.uid >= 0:
            os.chown(place, self.uid, self.gid)

    def write_private(self, path: Path, text: str) -> None:
        """Write a file that only this user reads, whole or not at all."""
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        if self.uid >= 0:
            os.chown(unfinished, self.uid, self.gid)
        unfinished.rename(path)

    def check_reach(self, *paths: Path) -> None:
        """See whether the user can pass every folder on the way; if not, take the right along or raise CommandError."""
        if self.uid < 0:
            return
        blocking = [folder for path in paths for folder in path.parents if not self._passes(folder)]
        if not blocking:
            return
        if not can_keep_access():
            raise CommandError(
                f"PostgreSQL does not run as root, and the user it runs as cannot pass {blocking[-1]}: "
                f"`chmod o+x {blocking[-1]}`, move the checkout and HAILWIRE_HOME, or start as an ordinary user."
            )
        self.keep_access = True

    def _passes(self, folder: Path) -> bool:
        facts = folder.stat()
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & 0o100)
        return bool(facts.st_mode & (0o010 if facts.st_gid == self.gid else 0o001))


def choose(data: Path) -> ServerUser:
    """The caller, or for root the owner of the data that is there already, else nobody."""
    if os.geteuid() != 0:
        return ServerUser(-1, -1)
    if data.exists() and data.stat().st_uid != 0:
        return ServerUser(data.stat().st_uid, data.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CommandError(
            "PostgreSQL does not run as root and there is no user `nobody`: start as an ordinary user."
        ) from None
    return ServerUser(nobody.pw_uid, nobody.pw_gid)
