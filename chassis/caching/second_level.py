"""Copies that the replicas of a service lend each other through Redis, between each one's memory and the database.

What is lent says at which position of the database's history it was read, and whoever borrows it believes it only if it
has everything in it that they have heard of (positions.py). So the answers are as fresh as those from the database at
the same moment, whatever Redis forgets, keeps too long or brings back from a backup; nothing is ever deleted from it.
Redis has a few milliseconds for an answer; then, or while it does not answer, the database is asked as without it.
"""

import hashlib
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

import orjson

from chassis import errors, logs
from chassis.caching.copies import Shape, Unreadable
from chassis.caching.positions import POSITION, Floors, Position, changed_by
from chassis.caching.shelf import Shelf
from chassis.database import Database
from chassis.records import record

log = logs.get(__name__)

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@record
class Seal:
    """Hides copies from whoever sees Redis: each is closed and opened with what it is bound to.

    `open` raises Unreadable.
    """

    close: Callable[[bytes, bytes], bytes]
    open: Callable[[bytes, bytes], bytes]


_UNSEALED: Final = Seal(lambda copy, _: copy, lambda copy, _: copy)


class SecondLevel:
    """What one replica knows of the changes that one kind of notification tells, and the copies that it believes."""

    def __init__(self, shelf: Shelf, database: Database) -> None:
        self.shelf: Final = shelf
        self._database = database
        self._floors = Floors()
        self._trusted = False

    @property
    def usable(self) -> bool:
        """Whether copies can be believed now."""
        return self.shelf.there and self._trusted

    def heard(self, names: Iterable[Hashable], payload: str) -> None:
        """A notification says that these changed."""
        if self.shelf.there:
            self._floors.heard(names, changed_by(payload))

    def forgotten(self, names: Iterable[Hashable]) -> None:
        """We changed these ourselves, and have not heard of it yet."""
        if self.shelf.there:
            self._floors.forgotten(names)

    def anything_changed(self) -> None:
        """A notification says no more than that."""
        self._floors.anything()

    def distrust(self) -> None:
        """Notifications may be lost from now on."""
        self._trusted = False

    def trust(self) -> None:
        """Notifications arrive from now on."""
        self._floors.anything()
        self._trusted = True

    @property
    def knows(self) -> bool:
        """Whether it is known since when copies are believed."""
        return self._floors.known

    def believes(self, lineage: str, xmin: int, names: Iterable[Hashable]) -> bool:
        """Whether a copy is as good as the rows themselves, for all that we have heard."""
        return self._trusted and self._floors.believes(lineage, xmin, names)

    def mark(self) -> int:
        """Taken before `position`."""
        return self._floors.mark()

    def learned(self, position: Position, mark: int, names: Iterable[Hashable]) -> None:
        """Rows were read after this position."""
        self._floors.learned(position, mark, names)

    async def position(self) -> Position | None:
        """Where the database is now; None when it does not say."""
        try:
            row = await self._database.fetchrow(POSITION)
        except errors.HailwireError:
            return None  # then it has no rows for us either
        except Exception as error:
            # A role that may not ask: nothing is lent then.
            log.exception("the database does not tell its position", error)
            return None
        return None if row is None else Position(row["lineage"], row["xmin"], row["xmax"])


class Copies(Generic[Key, Value]):
    """Values of one kind by key: borrowed, or read and lent to the others."""

    def __init__(
        self,
        level: SecondLevel,
        name: str,
        kind: type[Value],
        *,
        ttl_seconds: float,
        key: Callable[[Key], str] = str,
        names: Callable[[Key, Value], Iterable[Hashable]],
        fits: Callable[[Key, Value], bool],
        seal: Seal = _UNSEALED,
    ) -> None:
        """`names` says whose change makes a value stale, `fits` whether it answers the question at all.

        0 seconds: none are kept.
        """
        self._level = level
        self._name = name
        self._shape = Shape(kind)
        self._ttl_seconds = min(ttl_seconds, level.shelf.ttl_seconds)
        self._key = key
        self._names = names
        self._fits = fits
        self._seal = seal

    async def get(
        self, keys: Sequence[Key], read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]
    ) -> dict[Key, Value]:
        """Those that exist; what nobody has lent is read."""
        if not self._level.usable or not self._ttl_seconds:
            return dict(await read(keys))
        found = await self._borrowed(keys)
        missing = [key for key in keys if key not in found]
        return found | await self._read(missing, read) if missing else found

    async def _borrowed(self, keys: Sequence[Key]) -> dict[Key, Value]:
        if not self._level.knows:
            self._count("bypassed", len(keys))
            return {}
        addresses = [self._address(key) for key in keys]
        copies = await self._level.shelf.get(addresses)
        if copies is None:
            self._count("bypassed", len(keys))
            return {}
        found: dict[Key, Value] = {}
        for key, address, copy in zip(keys, addresses, copies, strict=True):
            if copy is None:
                self._count("miss")
                continue
            try:
                lineage, xmin, stored = _parts(self._seal.open(copy, address.encode()))
                value = self._shape.read(stored)
            except Unreadable:
                self._count("unreadable")
                continue
            if self._fits(key, value) and self._level.believes(lineage, xmin, self._names(key, value)):
                found[key] = value
                self._count("hit")
            else:
                self._count("disbelieved")
        return found

    async def _read(
        self, keys: Sequence[Key], read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]
    ) -> dict[Key, Value]:
        mark = self._level.mark()
        position = await self._level.position()
        values = dict(await read(keys))
        if position is not None:
            self._level.learned(position, mark, {name for key in values for name in self._names(key, values[key])})
            head = orjson.dumps([position.lineage, position.xmin])[:-1]
            lent = {
                self._address(key): b"%b,%b]" % (head, self._shape.write(value))
                for key, value in values.items()
                if self._fits(key, value)
            }
            sealed = {address: self._seal.close(copy, address.encode()) for address, copy in lent.items()}
            self._level.shelf.put(sealed, self._ttl_seconds)
        return values

    def _address(self, key: Key) -> str:
        # Not the key itself: it may be a number, and names are shown by whoever watches Redis.
        digest = hashlib.blake2b(self._key(key).encode(), digest_size=16).hexdigest()
        return f"hailwire:{self._name}:{self._shape.name}:{digest}"

    def _count(self, result: str, lookups: int = 1) -> None:
        self._level.shelf.lookups.add(lookups, cache=self._name, result=result)


def _parts(copy: bytes) -> tuple[str, int, Any]:
    try:
        lineage, xmin, stored = orjson.loads(copy)
    except (ValueError, TypeError) as error:
        raise Unreadable from error
    if type(lineage) is not str or type(xmin) is not int:
        raise Unreadable
    return lineage, xmin, stored
