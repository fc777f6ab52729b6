"""Handlers that are imported when first needed: concurrent first uses share one load, a failed one is tried again."""

import asyncio
import importlib
import importlib.util
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from chassis.later import in_a_thread

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


class RouteBroken(Exception):
    """A route leads to a module or function that does not exist; `problems` has one sentence for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(self.problems))


@dataclass(slots=True)
class LoadStats:
    """How one handler fared; `load_ms` is the time of the successful import."""

    loaded: bool = False
    load_ms: float = 0.0
    uses: int = 0
    run_seconds: float = 0.0
    failures: int = 0
    last_error: str = ""

    @property
    def error_kind(self) -> str:
        """The class of the last error: its words may hold anything, and are no label of a metric."""
        return self.last_error.partition(":")[0]


class Lazy(Generic[Handler]):
    """A handler by import path, "package.module:function"."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.stats = LoadStats()
        self._module, _, self._function = path.partition(":")
        self._handler: Handler | None = None
        self._loading: asyncio.Task[Handler] | None = None

    async def get(self) -> Handler:
        """The handler, imported on first use; raises what the import raised, and tries anew the next time."""
        self.stats.uses += 1
        return await self.load()

    async def run(self, *arguments: Any) -> Any:
        """What the handler answers to these, with the time that it took."""
        handler = await self.get()
        began = time.perf_counter()
        try:
            return await handler(*arguments)
        finally:
            self.stats.run_seconds += time.perf_counter() - began

    async def load(self) -> Handler:
        """The handler, without counting a use."""
        if self._handler is not None:
            return self._handler
        if self._loading is None or self._loading.get_loop() is not asyncio.get_running_loop():
            self._loading = asyncio.create_task(self._load())
            self._loading.add_done_callback(self._forget_loading)
        # Shielded: one caller that gives up must not take the load away from those who wait with it.
        return await asyncio.shield(self._loading)

    def problem(self) -> str | None:
        """Why the path leads nowhere, found without running the module; None when it is fine."""
        try:
            spec = importlib.util.find_spec(self._module)
        except (ImportError, ValueError) as error:
            return f"{self.name}: {self._module} cannot be found ({error})"
        if spec is None or spec.origin is None:
            return f"{self.name}: there is no module {self._module}"
        # Searched as text: parsing a dozen modules would be the slowest part of a start.
        definition = rf"^async def {re.escape(self._function)}\("
        if not re.search(definition, Path(spec.origin).read_text(encoding="utf-8"), re.MULTILINE):
            return f"{self.name}: {self._module} has no async function {self._function}"
        return None

    async def _load(self) -> Handler:
        began = time.perf_counter()
        try:
            # In a thread: importing reads files, and other conversations go on meanwhile.
            handler: Handler = await in_a_thread(self._import)
        except Exception as error:
            self.stats.failures += 1
            self.stats.last_error = f"{type(error).__name__}: {error}"
            raise
        self._handler = handler
        self.stats.loaded = True
        self.stats.load_ms = (time.perf_counter() - began) * 1000
        return handler

    def _import(self) -> Handler:
        handler: Handler = getattr(importlib.import_module(self._module), self._function)
        return handler

    def _forget_loading(self, task: asyncio.Task[Handler]) -> None:
        self._loading = None
        if not task.cancelled():
            task.exception()  # retrieved, so that a load whose waiters have all gone is not reported as forgotten
