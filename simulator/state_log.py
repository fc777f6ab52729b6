"""What must survive a kill -9, as one line of JSON per thing that happened; read back when the simulator starts.

Each line is one write to the kernel before anybody is answered, so that the death of the process loses nothing (the
death of the machine may). The file only grows: whoever wants a fresh start deletes it.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from chassis.settings import SettingsError


class StateLog:
    """Appends to the file; without a path everything is forgotten with the process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: int | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                self.__exit__(None, None, None)
                raise SettingsError([f"SIMULATOR_STATE: {self._path} cannot be used ({error.strerror})"]) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def is_kept(self) -> bool:
        """Whether anything is written at all."""
        return self._file is not None

    def append(self, what: str, **fields: Any) -> None:
        """Write one line; it is there for the next process when this returns."""
        if self._file is None:
            return
        line = orjson.dumps({"what": what, **fields}) + b"\n"
        written = os.write(self._file, line)
        if written != len(line):
            raise OSError(f"only {written} of {len(line)} bytes were written to {self._path}")

    def replay(self) -> Iterator[dict[str, Any]]:
        """Every line so far. A last line that a death cut short is removed: nobody was answered for it."""
        if self._file is None or self._path is None:
            return
        whole = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                try:
                    fields = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise SettingsError([f"SIMULATOR_STATE: line {number} of {self._path} is damaged"]) from error
                yield fields
        os.ftruncate(self._file, whole)
