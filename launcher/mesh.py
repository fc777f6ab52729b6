"""The processes of one machine together: ready when the gateway says so, drained in order, one voice."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable

from launcher import probe, tether
from launcher.child import Child
from launcher.embedded import Cluster
from launcher.failure import ExitCode
from launcher.plan import Plan

_PATIENCE_SECONDS = 30.0  # after that we say what we are still waiting for
_WATCH_SECONDS = 0.5  # between two looks at what is ready


class Mesh:
    """Runs a plan until a signal comes. `say(service, line)` prints; `announce()` is called once it is ready."""

    def __init__(
        self,
        plan: Plan,
        cluster: Cluster | None,
        *,
        drain_seconds: float,
        follow_parent: bool,
        say: Callable[[str, str], None],
        announce: Callable[[], None],
    ) -> None:
        self._plan = plan
        self._cluster = cluster
        self._drain_seconds = drain_seconds
        self._follow_parent = follow_parent
        self._say = say
        self._announce = announce
        self._children = [Child(name, plan.environ, say) for name in plan.services]
        self._asked = asyncio.Event()
        self._signals = 0

    async def serve(self) -> int:
        """Return 0 after an ordered drain, or the exit code of a service that cannot run."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal)
        running = [asyncio.create_task(child.keep_running()) for child in self._children]
        watching = asyncio.create_task(self._watch())
        database = asyncio.create_task(self._keep_database())
        asked = asyncio.create_task(self._asked.wait())
        try:
            await asyncio.wait([asked, database, watching, *running], return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            watching.cancel()
            for child in self._children:
                self._say("hailwire", f"stopping {child.name}")
                await child.stop(self._drain_seconds)
            codes = await asyncio.gather(*running)
        for kept in (database, watching):
            if kept.done() and not kept.cancelled():
                kept.result()  # it ends only by an error, such as an embedded server that cannot be started again
        database.cancel()
        return max(codes, default=ExitCode.DONE)

    def _on_signal(self) -> None:
        self._signals += 1
        self._asked.set()
        if self._signals > 1:
            self._say("hailwire", "asked twice: killing what is still running")
            for child in self._children:
                child.kill()

    async def _watch(self) -> None:
        """Announce the first readiness, and say when it is lost and when it is back."""
        announced, ready, patience = False, False, time.monotonic() + _PATIENCE_SECONDS
        while True:
            waiting = [name async for name in self._not_ready()]
            if waiting and ready:
                self._say("hailwire", f"not ready: {', '.join(waiting)}")
            elif not waiting and not announced:
                self._announce()
                announced = True
            elif not waiting and not ready:
                self._say("hailwire", "Hailwire is ready again")
            elif waiting and time.monotonic() > patience:
                self._say("hailwire", f"still waiting for {', '.join(waiting)}")
                patience += _PATIENCE_SECONDS
            ready = not waiting
            if self._follow_parent and tether.parent_holds_interrupt():
                self._asked.set()
            await asyncio.sleep(_WATCH_SECONDS if ready else 0.05)

    async def _not_ready(self) -> AsyncIterator[str]:
        ports = self._plan.ports
        for child in self._children:
            if not child.runs:
                yield child.name
        if await probe.http_status(ports["GATEWAY_HTTP_PORT"], "/readyz") != 200:
            yield "gateway (/readyz)"
        if not await probe.listens(ports["METRICS_HTTP_PORT"]):
            yield "metrics"
        if "simulator" in self._plan.services and not await probe.listens(ports["SIMULATOR_HTTP_PORT"]):
            yield "simulator"

    async def _keep_database(self) -> None:
        """Start the embedded server again when it died; what was committed is still there."""
        while self._cluster is not None:
            await asyncio.sleep(0.2)
            if self._cluster.process_id is None:
                self._say("hailwire", "PostgreSQL ended; starting it again")
                self._cluster.start()  # not in a thread: the kernel ties the server to the thread that starts it
        await asyncio.Event().wait()
