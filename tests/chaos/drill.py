"""One run of one seed: a fresh mesh, a crowd, faults, healing, silence, and what the checker says."""

import asyncio
import contextlib
import pickle
import secrets
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from launcher import databases, embedded, ports
from tests.chaos import reading
from tests.chaos.checker import examine
from tests.chaos.faults import Database, Faults
from tests.chaos.plan import POSTGRES, Plan, wires
from tests.chaos.pretended import Providers, open_providers
from tests.chaos.riders import Crowd
from tests.chaos.snapshot import Snapshot, Written
from tests.chaos.verdict import Verdict
from tests.chaos.wires import Ends, open_wires
from tests.mesh.audit import Connection, connected, in_flight
from tests.mesh.deliveries import Deliveries, open_deliveries
from tests.mesh.harness import Mesh, planned, ports_needed, started

# Once everything runs again: so long may people still wait for an answer, and then so long may work be on its way. A
# reply whose result was unknown three times waits for 48 s before it is sent again, and a ride takes several replies.
PATIENCE_SECONDS = 150.0
QUIET_SECONDS = 60.0
_REPLICAS = (2, 2, 2)
# The faults begin when everybody could ride, and in any case after that.
_SETTLE_SECONDS = 25.0
# Misdeeds after which a provider has a message and we may not know it.
_MUFFLING = {"500_after_accept", "timeout_after_accept", "reset_after_accept"}


@dataclass(frozen=True)
class Run:
    """How a seed went."""

    plan: Plan
    verdict: Verdict
    seconds: float
    # From healing to the last word.
    quiet_seconds: float
    # Where the logs of a failed run are.
    kept: Path | None

    @property
    def passed(self) -> bool:
        return not self.verdict.findings


class Stage:
    """What several runs of one job share: a folder, the ports, and a server with a migrated template."""

    def __init__(self, folder: Path, database: Database, template: str, *, keep_all: bool) -> None:
        self.folder = folder
        self._database = database
        self._template = template
        self._keep_all = keep_all
        # Chosen once: a port that was chosen stays taken for as long as this process lives.
        self._ports = choose_ports()

    async def run(self, plan: Plan) -> Run:
        """Play one plan."""
        began = time.monotonic()
        folder = self.folder / f"seed-{plan.seed}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "plan.txt").write_text("\n".join(plan.lines()) + "\n", encoding="utf-8")
        cluster = self._database.cluster
        name = f"chaos_{plan.seed}_{secrets.token_hex(3)}"
        await databases.create(cluster.dsn(POSTGRES), name, self._template)
        try:
            left, quiet_seconds = await play(plan, folder, cluster.dsn(name), self._database, self._ports)
        finally:
            if cluster.process_id is None:
                await self._database.run(cluster.start)
            await databases.drop(cluster.dsn(POSTGRES), name)
        verdict = examine(left)
        keeps = bool(verdict.findings) or self._keep_all
        if keeps:
            (folder / "snapshot.pickle").write_bytes(pickle.dumps(left))
            (folder / "findings.txt").write_text("\n".join(map(str, verdict.findings)) + "\n", encoding="utf-8")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        return Run(plan, verdict, time.monotonic() - began, quiet_seconds, folder if keeps else None)


def choose_ports() -> list[int]:
    """As many as a mesh with wires needs."""
    return ports.choose(ports_needed(*_REPLICAS) + len(wires()))


async def play(
    plan: Plan, folder: Path, dsn: str, database: Database | None, numbers: Sequence[int]
) -> tuple[Snapshot, float]:
    """Play one plan on a migrated database; answers what it left and how long silence took after healing.

    Without a `database` of its own the plan must not hurt it.
    """
    lines = dict(zip(wires(), numbers, strict=False))
    ends: dict[str, Ends] = {}

    def between(who: str, whom: str, port: int) -> int:
        name = f"{who}>{whom}"
        if name not in lines:
            return port
        ends[name] = Ends(lines[name], port)
        return lines[name]

    settings = {**plan.settings, **_simulator_settings(plan, folder)}
    mesh = planned(dsn, folder, *_REPLICAS, settings, between, numbers[len(lines) :])
    async with (
        open_wires(ends) as wired,
        started(mesh),
        open_providers(mesh.simulator_url) as providers,
        open_deliveries(mesh.simulator_url, patient=True) as deliveries,
    ):
        crowd = Crowd(providers, deliveries, plan.seed, plan.people)
        faults = Faults(plan, mesh, database, wired, crowd.clock.rush)
        living = asyncio.create_task(crowd.live())
        try:
            await crowd.settle(_SETTLE_SECONDS)
            await faults.run()
            await faults.heal()
            await mesh.ready(90)
            await providers.behave()
            healed = time.monotonic()
            crowd.clock.patient_until = healed + PATIENCE_SECONDS
            crowd.clock.closing.set()
            await living
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
        async with connected(dsn) as connection:
            waiting = await _quiet(connection, mesh)
            faults.look()
            quiet_seconds = time.monotonic() - healed
            await deliveries.read()
            left = await _taken(connection, crowd, faults, deliveries, waiting)
        return await _told(left, providers), quiet_seconds


async def _quiet(connection: Connection, mesh: Mesh) -> dict[str, int]:
    """Wait until nothing is on its way; answers what still is when it takes too long.

    Each place is looked at in a moment of its own, and what moves on between two looks is seen by neither: only two
    rounds in a row that find nothing mean silence.
    """
    end = time.monotonic() + QUIET_SECONDS
    was_empty = False
    async with aiohttp.ClientSession() as session:
        while True:
            left = await in_flight(connection)
            async with session.get(f"{mesh.simulator_url}/stats") as response:
                stats = await response.json()
            left |= {what: stats[what] for what in ("statuses_waiting", "webhooks_waiting") if stats[what]}
            spooled = sum(len(list(gateway.home.glob("spool/*.json"))) for gateway in mesh.gateways)
            left |= {"in spools": spooled} if spooled else {}
            if time.monotonic() > end or (was_empty and not left):
                return left
            was_empty = not left
            await asyncio.sleep(0.1)


def _simulator_settings(plan: Plan, folder: Path) -> dict[str, str]:
    return {
        "SIMULATOR_SEED": str(plan.seed),
        "SIMULATOR_MISBEHAVE": ",".join(f"{kind}={share}" for kind, share in plan.misbehaviour.items()),
        "SIMULATOR_STATE": str(folder / "simulator" / "state.jsonl"),
        # Twilio gives up after seconds, which is a loss that is not ours: here it is as stubborn as Meta.
        "SIMULATOR_TWILIO_RETRY_SECONDS": "600",
    }


async def _told(left: Snapshot, providers: Providers) -> Snapshot:
    """With what the providers know."""
    letters = {one["id"]: one for one in await providers.written()}
    deeds = await providers.deeds()
    return replace(
        left,
        written=tuple(_with_its_way(one, letters[one.message_id]) for one in left.written),
        muffled=frozenset(one["id"] for one in deeds if one["kind"] in _MUFFLING),
        deeds=dict(Counter(one["kind"] for one in deeds)),
        forged=sum(one["kind"] == "forged" for one in deeds),
        forged_taken=sum(one["kind"] == "forged_not_refused" for one in deeds),
    )


def _with_its_way(written: Written, letter: dict[str, Any]) -> Written:
    taken_at = letter["taken_at"]
    return replace(
        written,
        at=datetime.fromisoformat(letter["at"]).timestamp(),
        taken_at=None if taken_at is None else datetime.fromisoformat(taken_at).timestamp(),
        given_up=letter["state"] in {"given_up", "lost"},
    )


async def _taken(
    connection: Connection, crowd: Crowd, faults: Faults, deliveries: Deliveries, waiting: dict[str, int]
) -> Snapshot:
    fields = await reading.stored(connection)
    fields["in_flight"] = waiting
    return Snapshot(
        people=tuple(one.told() for one in crowd.people),
        written=tuple(written for one in crowd.people for written in one.written),
        shocks=tuple(faults.shocks),
        crashed=tuple(faults.crashed),
        sends=tuple(map(reading.sent, deliveries.all)),
        **fields,
    )


@contextlib.asynccontextmanager
async def open_stage(folder: Path, *, keep_all: bool = False) -> AsyncIterator[Stage]:
    """A server of this job's own, with the migrations applied once."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        thread = stack.enter_context(ThreadPoolExecutor(1, "postgres"))
        loop = asyncio.get_running_loop()

        async def blocking(work: Callable[[], embedded.Cluster]) -> embedded.Cluster:
            return await loop.run_in_executor(thread, work)

        opened = embedded.cluster(folder / "server")
        cluster = await blocking(opened.__enter__)
        try:
            await databases.create(cluster.dsn(POSTGRES), "chaos_template")
            await databases.migrate(cluster.dsn("chaos_template"))
            yield Stage(folder, Database(cluster, thread), "chaos_template", keep_all=keep_all)
        finally:
            await loop.run_in_executor(thread, lambda: opened.__exit__(None, None, None))
