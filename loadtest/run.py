"""A load test from beginning to end: a mesh, a town, a warm-up, the load, the wait for answers, the judgement."""

import asyncio
import contextlib
import resource
import secrets
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import aiohttp
import grpc

from chassis.queues import LOOK_SECONDS as QUEUES_SECONDS
from chassis.resources import resident_bytes
from launcher.failure import CommandError, ExitCode
from loadtest import plan, report, targets, town
from loadtest.farend import FarEnd
from loadtest.generator import Generator
from loadtest.inside import Inside
from loadtest.ledger import Ledger
from loadtest.mesh import own_mesh
from loadtest.order import Order
from loadtest.plan import Plan
from loadtest.settings import MeshSettings, Profile
from loadtest.targets import Evidence
from loadtest.webhooks import Webhooks
from loadtest.wire import Wire

Tell = Callable[[str], None]

_LOOK_SECONDS = 0.1
# Numbers of passengers and drivers: those of an earlier run on the same mesh may still be on their trips.
_STRANGERS = 9_000_000
# The simulator tells of each reply that it was sent and that it was delivered.
_STATUSES_OF_A_REPLY = 2


@dataclass(frozen=True)
class _Site:
    """Everything that a run needs of a mesh."""

    order: Order
    mesh: MeshSettings
    far_end: FarEnd
    inside: Inside
    tell: Tell

    @property
    def statuses_each(self) -> int:
        """How many statuses the simulator surely tells of each reply; of a mesh that is not ours nothing is known."""
        return _STATUSES_OF_A_REPLY if self.order.mesh is None and not self.order.load.status_rate else 0


async def run(order: Order, tell: Tell) -> bool:
    """Whether every target was met. Raises CommandError when there is nothing to measure."""
    _many_connections()
    _end_when_asked()
    patience = aiohttp.ClientTimeout(total=order.settings.timeout)
    async with _mesh(order, tell) as (mesh, starts), aiohttp.ClientSession(timeout=patience) as session:
        inside = Inside(session, mesh.metrics_url, order.identity.admin_token)
        with _silence_explained():
            seen = await _measured(_Site(order, mesh, FarEnd(session, mesh.simulator_url), inside, tell))
        seen = replace(seen, cold_starts=starts)
    judged = targets.judge(seen)
    told = report.results(seen, judged)
    report.write(order.output, told)
    tell(f"\n{report.table(told, judged)}\n\nwritten to {order.output}")
    if sentence := targets.bottleneck(judged):
        tell(sentence)
    missed = sum(not target.met for target in judged)
    tell(f"{missed} of {len(judged)} targets missed" if missed else f"all {len(judged)} targets met")
    return not missed


@contextlib.contextmanager
def _silence_explained() -> Iterator[None]:
    """A part of the mesh that answers nobody at all any more ends the run with a sentence."""
    try:
        yield
    except (aiohttp.ClientError, grpc.RpcError, OSError, TimeoutError) as error:
        raise CommandError(f"a part of the mesh does not answer any more: {error!r}", ExitCode.FAILED) from error


@contextlib.asynccontextmanager
async def _mesh(order: Order, tell: Tell) -> AsyncIterator[tuple[MeshSettings, Mapping[str, float]]]:
    if order.mesh is not None:
        yield order.mesh, {}
        return
    tell("starting each service alone, then a mesh with a database of its own")
    log = order.output.with_name("load-test-mesh.log")
    async with own_mesh(order.load, log, tell) as (mesh, starts):
        yield mesh, starts
        tell(f"stopping the mesh; its log is in {log}")


async def _measured(site: _Site) -> Evidence:
    order, settings = site.order, site.order.settings
    resident = resident_bytes()
    warm_load = Profile(order.load.rate, settings.warm_up)
    first = secrets.randbelow(_STRANGERS)
    warming = plan.make(warm_load, settings, first_stranger=first, bursts=False)
    planned = plan.make(order.load, settings, first_stranger=first + len(warming.requests))
    site.tell(f"{planned.people} people move in")
    passengers = await town.settle(site.mesh, planned.people, [*warming.requests, *planned.requests], planned.run)
    warmed = await _warmed(site, [plan.hellos([*warming.drivers, *planned.drivers], order.load.rate), warming])
    load, posted = order.load, await site.far_end.webhooks()
    site.tell(
        f"{order.messages} messages in {load.duration:g} s ({load.rate:g}/s, {settings.concurrency} at once every ten "
        f"seconds)" + (f" and {load.status_rate:g} statuses a second" if load.status_rate else "")
    )
    seen = await _driven(site, planned, warmed)
    kept = max(0.0, resident_bytes() - resident)
    with_trip = await town.with_trips(site.mesh, [passengers[one.person.number] for one in planned.requests])
    made = sum(
        passengers[one.person.number] in with_trip and one.driver is not None and one.driver.number in seen.ledger.told
        for one in planned.requests
    )
    # So that the gauges of queues, dead letters among them, are of a time after the load.
    await asyncio.sleep(QUEUES_SECONDS)
    await _settled(site, seen)
    return replace(seen, trips=made, others=await site.far_end.webhooks() - posted, kept_bytes=kept)


async def _warmed(site: _Site, plans: Sequence[Plan]) -> Ledger | None:
    """Drivers come online by writing, as they do; then some load, so that nothing is done for the first time."""
    ledger = None
    for planned in plans:
        await site.inside.reset()
        if planned.messages:
            site.tell(f"{len(planned.messages)} messages before anything is counted")
            seen = await _driven(site, planned, ledger)
            await _settled(site, seen)
            ledger = seen.ledger
    await site.inside.reset()
    return ledger


async def _driven(site: _Site, planned: Plan, before: Ledger | None) -> Evidence:
    """Send a plan and wait for its answers; says how it goes every second."""
    settings = site.order.settings
    await site.far_end.begin()
    async with Wire(site.mesh.gateway_url, seconds=settings.timeout) as wire:
        webhooks = Webhooks(
            site.order.identity,
            host=wire.host,
            path=wire.path,
            public_url=site.mesh.public_base_url or site.mesh.gateway_url,
            simulator_url=site.mesh.simulator_url,
        )
        # A moment ahead, so that the first message is not late.
        ledger = Ledger(time.time() + 0.2, planned.drivers)
        generator = Generator(
            wire,
            webhooks,
            ledger,
            run=planned.run,
            batch=planned.status_batch,
            replies=() if before is None else before.replies,
        )
        seen = Evidence(
            site.order,
            ledger,
            generator,
            wire,
            site.inside,
            requested=len(planned.requests),
            statuses_each=site.statuses_each,
        )
        async with contextlib.AsyncExitStack() as stack:
            for work in (site.far_end.follow(ledger.arrived), site.inside.watch(), _progress(site, seen)):
                stack.push_async_callback(_ended, asyncio.create_task(work))
            await generator.send(planned.events())
            await _answered(ledger, wire, settings.drain)
        await site.far_end.read(ledger.arrived)
    return seen


async def _answered(ledger: Ledger, wire: Wire, seconds: float) -> None:
    """Return when everybody has their answer and every driver was told, or after so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while wire.in_flight or ledger.waiting > 0 or ledger.untold:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(_LOOK_SECONDS)


async def _progress(site: _Site, seen: Evidence) -> None:
    began = seen.ledger.began
    while True:
        await asyncio.sleep(1)
        site.tell(report.progress(round(time.time() - began), seen))


async def _settled(site: _Site, seen: Evidence) -> None:
    """Read the mesh's own numbers once every status has had the time to arrive."""
    end = time.monotonic() + site.order.settings.drain
    while True:
        await site.inside.look()
        await site.inside.read()
        if site.inside.statuses()["settled"] >= seen.expected_statuses or time.monotonic() > end:
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _ended(task: asyncio.Task[None]) -> None:
    """Stop it; raises what it ended with before."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _end_when_asked() -> None:
    """SIGTERM stops what we have started, as Ctrl-C does."""
    this = asyncio.current_task()
    if this is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)


def _many_connections() -> None:
    """A mesh that hangs costs a connection for each message."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
