"""What a process prepares in the background right after it serves, so that the first requests do not pay for it.

A step that fails or takes too long is told once and shown; the service works without it, only slower at first.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from chassis import errors, garbage, logs
from chassis.settings import setting
from chassis.telemetry import Telemetry

log = logs.get(__name__)

Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class WarmupSettings:
    """How much time a process may take for it."""

    warmup_timeout_ms: int = setting(
        "WARMUP_TIMEOUT",
        default=5_000,
        minimum=0,
        help="how long a process prepares itself in the background after its start, in ms; 0: not at all",
    )


class State(IntEnum):
    """How far the warmup is, as the metric shows it."""

    NOT_STARTED = 0
    WARMING = 1
    WARMED = 2
    # Over, and not everything succeeded.
    PARTLY = 3


@dataclass(slots=True)
class Result:
    """One step: `reason` is empty for one that succeeded, and names what went wrong otherwise."""

    done: bool = False
    reason: str = "not run"
    seconds: float = 0.0


@dataclass
class Warmup:
    """Steps by name; names are fixed words, they become labels. They run side by side."""

    steps: Mapping[str, Step]
    timeout_seconds: float
    state: State = State.NOT_STARTED
    results: dict[str, Result] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.results = {name: Result() for name in self.steps}

    async def run(self) -> None:
        """Every step, until all are over or the time is. Raises nothing that a step raises."""
        self.state = State.WARMING
        tasks = [asyncio.create_task(self._take(name, step)) for name, step in self.steps.items()]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=self.timeout_seconds)
        finally:
            for task in tasks:
                task.cancel()
        # Marked here, not by the steps: one may not listen when it is told to end.
        for result in self.results.values():
            if not result.done:
                result.reason, result.seconds = "timed out", self.timeout_seconds
        failed = {name: result.reason for name, result in self.results.items() if result.reason}
        self.state = State.PARTLY if failed else State.WARMED
        times = {name: round(result.seconds * 1000) for name, result in self.results.items()}
        if failed:
            log.warning("warmup is not complete", failed=failed, ms=times)
        else:
            log.debug("warmed up", ms=times)
        garbage.freeze()

    async def _take(self, name: str, step: Step) -> None:
        result = Result()
        began = time.perf_counter()
        try:
            await step()
            result.reason = ""
        except errors.HailwireError as error:
            result.reason = error.reason
        except Exception as error:  # noqa: BLE001 - whatever it is, the service works without
            result.reason = type(error).__name__
        if self.state is State.WARMING:  # afterwards it is too late to have been in time
            result.seconds = time.perf_counter() - began
            result.done = True
            self.results[name] = result


@contextlib.asynccontextmanager
async def warming(
    steps: Mapping[str, Step], settings: WarmupSettings, telemetry: Telemetry, *, after: asyncio.Event
) -> AsyncIterator[Warmup]:
    """Warm up in the background once `after` is set: until then the processor belongs to the way there."""
    warmup = Warmup(steps if settings.warmup_timeout_ms else {}, settings.warmup_timeout_ms / 1000)
    _show(warmup, telemetry)

    async def run() -> None:
        await after.wait()
        await warmup.run()

    task = asyncio.create_task(run())
    try:
        yield warmup
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _show(warmup: Warmup, telemetry: Telemetry) -> None:
    telemetry.gauge(
        "warmup_state",
        "0 before the warmup, 1 in it, 2 warmed, 3 warmed in part",
        lambda: [(float(warmup.state), {})],
        shared=True,
    )
    telemetry.gauge(
        "warmup_step_ok",
        "1 when the step of the warmup succeeded, 0 when not or not yet, with the reason",
        lambda: [
            (float(not result.reason), {"step": name, "result": result.reason or "ok"})
            for name, result in warmup.results.items()
        ],
    )
    telemetry.gauge(
        "warmup_step_ms",
        "time of the step of the warmup, in ms",
        lambda: [(result.seconds * 1000, {"step": name}) for name, result in warmup.results.items()],
        shared=True,
    )
