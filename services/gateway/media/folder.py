"""The folder of files on their way: each is gone when its block ends, and what a dead process left by a schedule."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

# Longer than anything is on its way.
_KEPT_SECONDS = 1800.0
_TIDY_SECONDS = 300.0
_ENDING = ".part"


class Folder:
    """Places for files, with names that say nothing."""

    def __init__(self, path: Path) -> None:
        """The folder is made at once: one that cannot be is an error at start."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[Path]:
        """Where one file may lie until the block ends."""
        path = self._path / f"{uuid.uuid4().hex}{_ENDING}"
        try:
            yield path
        finally:
            # Not awaited: whoever is cancelled here must not leave it behind.
            path.unlink(missing_ok=True)

    async def run(self) -> None:
        """Remove what nobody is at any more, now and from time to time."""
        while True:
            await asyncio.to_thread(self.tidy)
            await asyncio.sleep(_TIDY_SECONDS)

    def tidy(self) -> int:
        """Remove what lies there for too long; answers how much it was."""
        removed, before = 0, time.time() - _KEPT_SECONDS
        for path in self._path.glob(f"*{_ENDING}"):
            with contextlib.suppress(FileNotFoundError):  # another process of this machine was faster
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed
