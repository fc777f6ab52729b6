"""What a copy borrowed through Redis costs beside the row itself: `python -m benchmarks.micro.second_level`.

Both servers run on this machine, so the network costs nothing, and nobody else keeps either busy. One question at
a time: the wall clock tells how long somebody waits, this process's CPU time how much of the replica it takes.
"""

import asyncio
import contextlib
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from chassis.caching.second_level import Copies, SecondLevel
from chassis.caching.shelf import open_shelf
from chassis.database import DatabaseSettings, open_database
from chassis.redis_settings import RedisSettings
from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry
from launcher import databases, embedded, ports
from services.profile.lent import LentPeople
from services.profile.person import Identity, IdentityKind, Person, Sighting
from services.profile.sealing import Sealer
from services.profile.store import PeopleStore

_PEOPLE = 640
_TOGETHER = 64
_SECONDS = 1.0

Ask = Callable[[], Awaitable[object]]


async def steps(dsn: str, redis_url: str, telemetry: Telemetry, stack: contextlib.AsyncExitStack) -> dict[str, Ask]:
    """By name: from the database, from Redis, and what looking in vain adds."""
    database = await stack.enter_async_context(
        open_database(load(DatabaseSettings, {"DATABASE_URL": dsn}), application="benchmark", telemetry=telemetry)
    )
    shelf = await stack.enter_async_context(
        open_shelf(load(RedisSettings, {"REDIS_URL": redis_url, "REDIS_TIMEOUT": "1000"}), telemetry)
    )
    sealer = Sealer([("k1", bytes(32))], bytes(31) + b"1")
    store = PeopleStore(database, {"en"}, sealer)
    seen = [Sighting((Identity(IdentityKind.SMS_NUMBER, f"+2507{n:08}"),), "Rider") for n in range(_PEOPLE)]
    ids = [one.person_id for one in await store.resolve(seen) if isinstance(one, Person)]
    level = SecondLevel(shelf, database)
    level.trust()

    lent = LentPeople(level, sealer, ttl_seconds=300, lookup_ttl_seconds=300).by_id
    never: Copies[int, Person] = Copies(
        level, "people", Person, ttl_seconds=300, names=lambda asked, _: (asked,), fits=lambda _, __: False
    )
    for _ in range(2):  # the first reading tells since when copies are believed
        await lent.get(ids, store.find)
        await asyncio.sleep(0.2)
    one = itertools.cycle(ids)
    groups = itertools.cycle([ids[at : at + _TOGETHER] for at in range(0, _PEOPLE, _TOGETHER)])
    return {
        "one, from the database": lambda: store.find([next(one)]),
        "one, from Redis": lambda: lent.get([next(one)], store.find),
        "one, from neither: Redis, position, database": lambda: never.get([next(one)], store.find),
        f"{_TOGETHER}, from the database": lambda: store.find(next(groups)),
        f"{_TOGETHER}, from Redis": lambda: lent.get(next(groups), store.find),
        "the position alone": level.position,
    }


async def measure(dsn: str, redis_url: str) -> None:
    """Print microseconds of each."""
    async with contextlib.AsyncExitStack() as stack:
        telemetry = await stack.enter_async_context(open_telemetry("benchmark", load(TelemetrySettings, {})))
        found = await steps(dsn, redis_url, telemetry, stack)
        print(f"{'':<48}{'wall us':>10}{'CPU us':>10}")
        for name, ask in found.items():
            wall, processor = await _timed(ask)
            print(f"{name:<48}{wall:>10.0f}{processor:>10.0f}")


async def _timed(ask: Ask) -> tuple[float, float]:
    for _ in range(50):
        await ask()
    calls, started, used = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - started < _SECONDS:
        await ask()
        calls += 1
    return (time.perf_counter() - started) / calls * 1e6, (time.process_time() - used) / calls * 1e6


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        sys.exit("redis-server is missing (apt install redis-server)")
    port = ports.choose(1)[0]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


async def _main(cluster: embedded.Cluster, redis_url: str) -> None:
    await databases.create(cluster.dsn("postgres"), "hailwire")
    await databases.migrate(cluster.dsn("hailwire"))
    await measure(cluster.dsn("hailwire"), redis_url)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o711)
        with embedded.cluster(folder) as cluster, _redis(folder) as url:
            asyncio.run(_main(cluster, url))
