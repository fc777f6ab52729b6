"""Carries out a plan against a running mesh and notes when what was really down."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from launcher.embedded import Cluster
from tests.chaos.plan import POSTGRES, Fault, Plan, wires
from tests.chaos.snapshot import Shock
from tests.chaos.wires import Wires
from tests.mesh.harness import Mesh
from tests.mesh.processes import Process

T = TypeVar("T")
_STOP_SECONDS = 12.0


class Database:
    """The server of this job. What blocks runs in one thread that lives as long as the job: the server dies with it."""

    def __init__(self, cluster: Cluster, thread: ThreadPoolExecutor) -> None:
        self.cluster = cluster
        self._thread = thread

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def signal(self, number: int) -> None:
        """To the server and each of its backends."""
        server = self.cluster.process_id
        if server is None:
            return
        children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
        for process_id in (server, *map(int, children)):
            try:
                os.kill(process_id, number)
            except ProcessLookupError:
                continue  # a backend that has just ended


class Faults:
    """One run of a plan. What several faults hold down comes back when the last of them ends."""

    def __init__(
        self, plan: Plan, mesh: Mesh, database: Database | None, wires_of_mesh: Wires, rush: Callable[[], None]
    ) -> None:
        """`rush` makes everybody write at once."""
        self.shocks: list[Shock] = []
        self._plan = plan
        self._database = database
        self._wires = wires_of_mesh
        self._rush = rush
        self._processes = {process.name: process for process in mesh.processes}
        self._down: Counter[str] = Counter()
        self._frozen: Counter[str] = Counter()
        self._cut: dict[str, list[Fault]] = {name: [] for name in wires()}
        self._postgres = asyncio.Lock()
        self.crashed: list[str] = []

    async def run(self) -> None:
        """Everything of the plan; ends when the last fault has ended, or when the time is over."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in self._plan.faults:
                group.create_task(self._one(fault, began))
            group.create_task(asyncio.sleep(self._plan.seconds))

    async def heal(self) -> None:
        """Everything runs and is connected again."""
        await self._wires.set(wires(), "pass")
        if self._database is not None:
            if self._database.cluster.process_id is None:
                await self._database.run(self._database.cluster.start)
            self._database.signal(signal.SIGCONT)
        for name, process in self._processes.items():
            self._look(name, process)
            if process.process_id is None:
                process.start()
            process.resume()

    def look(self) -> None:
        """Note who has ended by itself since; nobody is hurt any more."""
        for name, process in self._processes.items():
            self._look(name, process)

    def _look(self, name: str, process: Process) -> None:
        if process.process_id is None:
            self.crashed.append(f"{name} ended by itself with {process.exit_code}")

    @property
    def _own_database(self) -> Database:
        assert self._database is not None, "the plan hurts a database that is not its own"
        return self._database

    async def _one(self, fault: Fault, began: float) -> None:
        await asyncio.sleep(max(0.0, began + fault.at - fault.rush_seconds - time.monotonic()))
        self._rush()
        await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
        at = time.time()
        match fault.kind:
            case "kill" | "stop":
                await asyncio.gather(*(self._fell(name, fault) for name in fault.targets))
            case "pause":
                await self._freeze(fault)
            case _:
                await self._disconnect(fault)
        self.shocks.append(Shock(fault.kind, fault.mode, fault.targets, at, time.time()))

    async def _fell(self, name: str, fault: Fault) -> None:
        if name == POSTGRES:
            await self._fell_postgres(fault)
            return
        process = self._processes[name]
        if not self._down[name]:
            self._look(name, process)
        self._down[name] += 1
        if fault.kind == "kill":
            process.kill()
        elif process.process_id is not None:
            await self._drained(process)
        await asyncio.sleep(fault.seconds)
        self._down[name] -= 1
        if not self._down[name] and process.process_id is None:
            process.start()

    async def _drained(self, process: Process) -> None:
        """Ended when asked, or killed by another fault, or too slow because what it needs is away: then killed."""
        process.ask_to_stop()
        await process.stopped(_STOP_SECONDS)

    async def _fell_postgres(self, fault: Fault) -> None:
        database = self._own_database
        cluster = database.cluster
        async with self._postgres:
            if fault.kind == "stop":
                database.signal(signal.SIGCONT)
            await database.run(cluster.kill if fault.kind == "kill" else cluster.stop)
            await asyncio.sleep(fault.seconds)
            await database.run(cluster.start)

    async def _freeze(self, fault: Fault) -> None:
        for name in fault.targets:
            self._frozen[name] += 1
            if name == POSTGRES:
                async with self._postgres:  # never while it starts: that would never end
                    self._own_database.signal(signal.SIGSTOP)
                    await asyncio.sleep(fault.seconds)
                    self._own_database.signal(signal.SIGCONT)
                self._frozen[name] -= 1
                return
            if self._processes[name].process_id is not None:
                self._processes[name].pause()
        await asyncio.sleep(fault.seconds)
        for name in fault.targets:
            self._frozen[name] -= 1
            if not self._frozen[name] and self._processes[name].process_id is not None:
                self._processes[name].resume()

    async def _disconnect(self, fault: Fault) -> None:
        for name in fault.targets:
            self._cut[name].append(fault)
        await self._wires.set(fault.targets, fault.mode, fault.delay_seconds)
        await asyncio.sleep(fault.seconds)
        for name in fault.targets:
            self._cut[name].remove(fault)
            if not self._cut[name]:
                await self._wires.set([name], "pass")
