"""A help for the hours without a database: what could not be stored is kept in files and fed in later.

Each file holds the items of one webhook and is fsynced, as is its folder, before the caller gets its 503. The same
unique keys apply when it is fed in, so a provider's own retries do no harm. The guarantee is those retries; the spool
loses less when they end too early. It is bounded: a full spool keeps nothing more.
"""

import asyncio
import contextlib
import os
import pathlib
import time
import uuid
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

import orjson

from chassis import errors, logs
from chassis.telemetry import Telemetry
from services.gateway.messages import Address, Item, ItemKind, Provider

log = logs.get(__name__)

_MAX_FILES = 50_000
_MAX_BYTES = 512 * 1024 * 1024
_FEED_SECONDS = 2.0
_TIDY_SECONDS = 600.0
# Less than message ids are remembered, at the least.
_KEPT_SECONDS = 7 * 86400


class Spool:
    """A folder of files, one per webhook, named in the order of their arrival."""

    def __init__(self, folder: pathlib.Path, telemetry: Telemetry) -> None:
        """The folder is made, and tried, at once: a spool that cannot be written is an error at start."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._bytes = 0
        self._files = 0
        for path in folder.glob("*.json"):
            self._files += 1
            self._bytes += path.stat().st_size
        for leftover in folder.glob("*.part"):
            leftover.unlink(missing_ok=True)
        self._kept = telemetry.counter("spool_webhooks", "webhooks kept in the spool, fed in, or refused when full")
        telemetry.gauge("spool_files", "webhooks waiting in the spool", lambda: [(self._files, {})])
        telemetry.gauge("spool_bytes", "size of the webhooks in the spool", lambda: [(self._bytes, {})])

    async def keep(self, items: list[Item]) -> bool:
        """Keep a webhook's items; False when the spool is full or cannot be written."""
        data = orjson.dumps([_written(item) for item in items])
        if self._files >= _MAX_FILES or self._bytes + len(data) > _MAX_BYTES:
            self._kept.add(1, what="refused")
            return False
        self._files += 1
        self._bytes += len(data)
        try:
            await asyncio.to_thread(self._write, data)
        except OSError as error:
            self._files -= 1
            self._bytes -= len(data)
            self._kept.add(1, what="refused")
            log.exception("the spool cannot be written", error)
            return False
        self._kept.add(1, what="kept")
        return True

    async def run(self, store: Callable[[list[Item]], Awaitable[object]]) -> None:
        """Feed what is there whenever the database is back, until cancelled."""
        while True:
            await asyncio.sleep(_FEED_SECONDS)
            for path in sorted(self._folder.glob("*.json")) if self._files else []:
                try:
                    data = path.read_bytes()
                except FileNotFoundError:
                    continue  # another process that shares the folder was faster
                if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
                    # Its ids may be forgotten by now, and it could take effect twice.
                    log.error("a spool file is too old to be fed in; it is set aside")
                    path.rename(path.with_suffix(".expired"))
                    self._files -= 1
                    continue
                try:
                    await store(_read(data))
                except errors.HailwireError:
                    break  # not back yet
                except (ValueError, KeyError, TypeError) as error:
                    log.exception("a spool file cannot be read; it is set aside", error)
                    path.rename(path.with_suffix(".unreadable"))
                    self._files -= 1
                    continue
                self._bytes -= len(data)
                self._files -= 1
                path.unlink(missing_ok=True)
                self._kept.add(1, what="fed")

    async def tidy(self, days: int) -> None:
        """Delete what was set aside so many days ago, until cancelled: nobody has come for it."""
        while True:
            await asyncio.to_thread(self._drop_old, time.time() - days * 86400)
            await asyncio.sleep(_TIDY_SECONDS)

    def _drop_old(self, before: float) -> None:
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # by another process that shares the folder
                if path.suffix in {".expired", ".unreadable"} and path.stat().st_mtime < before:
                    path.unlink()
                    log.warning("a spool file that was set aside is deleted", file=path.name)

    async def forget(self, addresses: Collection[str]) -> int:
        """Take out what came from or names these addresses, also of files that were set aside; answers how many."""
        return await asyncio.to_thread(self._forget, addresses) if addresses else 0

    def _forget(self, addresses: Collection[str]) -> int:
        values = {address.partition(":")[2].removeprefix("+").encode() for address in addresses}
        parts = [part for value in values for part in (value, value.hex().encode())]
        gone = 0
        for path in sorted(self._folder.iterdir()):
            with contextlib.suppress(FileNotFoundError):  # fed in meanwhile
                data = path.read_bytes()
                if path.suffix == ".part" or not any(part in data for part in parts):
                    continue
                kept = _others(data, parts)
                if kept:
                    self._replace(path, orjson.dumps(kept))
                else:
                    path.unlink()
                if path.suffix == ".json":
                    self._files -= not kept
                    self._bytes -= len(data) - (len(orjson.dumps(kept)) if kept else 0)
                gone += 1
        return gone

    @staticmethod
    def _replace(path: pathlib.Path, data: bytes) -> None:
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.utime(part, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))  # as old as it was
        part.rename(path)

    def _write(self, data: bytes) -> None:
        # The name sorts by arrival. A part file that a crash leaves behind is not a webhook.
        name = f"{_wall_clock()}-{uuid.uuid4().hex}"
        part = self._folder / f"{name}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self._folder / f"{name}.json")
        with contextlib.closing(_Folder(self._folder)) as folder:
            os.fsync(folder.number)


class _Folder:
    """A folder opened for fsync."""

    def __init__(self, path: pathlib.Path) -> None:
        self.number = os.open(path, os.O_RDONLY)

    def close(self) -> None:
        os.close(self.number)


def _wall_clock() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")


def _others(data: bytes, parts: Collection[bytes]) -> list[dict[str, object]]:
    """The items of a file that have none of these parts in them; none of a file that cannot be read."""
    try:
        items: list[dict[str, object]] = orjson.loads(data)
        return [one for one in items if not any(part in orjson.dumps(one) for part in parts)]
    except (ValueError, TypeError):
        return []


def _written(item: Item) -> dict[str, object]:
    return {
        "kind": str(item.kind),
        "key": item.key.hex(),
        "provider": str(item.provider),
        "addresses": [address.key for address in item.addresses],
        "account": item.account,
        "raw": item.raw.hex(),
        "sent_at": item.sent_at.isoformat() if item.sent_at else None,
    }


def _read(data: bytes) -> list[Item]:
    return [
        Item(
            kind=ItemKind(one["kind"]),
            key=bytes.fromhex(one["key"]),
            provider=Provider(one["provider"]),
            addresses=tuple(Address.from_key(key) for key in one["addresses"]),
            account=one["account"],
            raw=bytes.fromhex(one["raw"]),
            sent_at=datetime.fromisoformat(one["sent_at"]) if one["sent_at"] else None,
        )
        for one in orjson.loads(data)
    ]
