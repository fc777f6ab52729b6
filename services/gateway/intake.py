"""Taking in what a webhook brought: stored before it is answered, refused with a copy in the spool when it cannot be.

Only verified items come here: whoever could not sign must neither store anything nor learn what is known.
"""

import re
from collections.abc import Callable

from chassis import errors, logs
from chassis.overdue import Overdue
from chassis.strain import Strain
from chassis.telemetry import Telemetry
from services.gateway.arrivals import Arrival, ItemCounter, Stored
from services.gateway.messages import Item, ItemKind
from services.gateway.providers.reading import IdentityChange, read_identity_change, read_status
from services.gateway.recent import RecentKeys
from services.gateway.spool import Spool
from services.gateway.storing import Storing, TooManyStrangers

log = logs.get(__name__)

# What may wait to be stored, in all: a flood of large bodies must not fill the memory.
_WAITING_BYTES = 32 * 1024 * 1024
# Twilio gives up after 15 s, Meta somewhat later.
_STORE_SECONDS = 8.0
# As keys: in a text of somebody's the quotes are escaped.
_STATUSES = re.compile(rb'"statuses"\s*:')
_MESSAGES = re.compile(rb'"messages"\s*:')


class Refusal(Exception):
    """The request is not served; `reason` is for us, the caller sees the status only."""

    def __init__(self, status: int, reason: str, *, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after


class Intake:
    """The way from a verified webhook into the inbox."""

    def __init__(
        self,
        telemetry: Telemetry,
        *,
        store: Storing,
        recent: RecentKeys,
        spool: Spool,
        max_waiting: int,
        strain: Strain,
        stored: Callable[[], None],
    ) -> None:
        """`stored` is called after each commit of statuses: there are some to apply."""
        self._store = store
        self._recent = recent
        self._spool = spool
        self._max_waiting = max_waiting
        self._strain = strain
        self._on_stored = stored
        self._waiting_bytes = 0
        self._items = ItemCounter(telemetry)
        self._within = Overdue(_STORE_SECONDS)

    def check_room(self, size: int = 0) -> None:
        """Raise Refusal while no more bytes can be taken; asked before anything is read, too: refusing costs little."""
        if self._store.waiting >= self._max_waiting or self._waiting_bytes + size > _WAITING_BYTES:
            raise Refusal(503, "overloaded", retry_after=1)

    def check_strain(self, raw: bytes) -> None:
        """Raise Refusal for a share of what brings statuses only, while there is too much to do.

        Nobody waits for those, and WhatsApp sends them again. Asked before a body is parsed.
        """
        if self._strain.share >= 1 or not _STATUSES.search(raw) or _MESSAGES.search(raw):
            return
        if not self._strain.lets_in():
            raise Refusal(503, "overloaded, statuses wait", retry_after=5)

    async def take(self, items: list[Item], trace: str) -> Stored:
        """Store the items of one webhook; returns when they are committed. Raises Refusal when they may not be."""
        if not items:
            return Stored(0, 0)
        keys = [item.key for item in items]
        if self._recent.know(keys):
            for item in items:
                self._items.add(item.kind, item.provider, new=False)
            log.debug("webhook known from memory", items=len(items))
            return Stored(0, len(items))
        outcome = await self._committed(items, trace)
        self._recent.remember(keys)
        if any(item.kind is ItemKind.STATUS for item in items):
            self._on_stored()
        if outcome.duplicate:
            log.debug("webhook known already", items=len(items))
        return outcome

    async def _committed(self, items: list[Item], trace: str) -> Stored:
        size = sum(len(item.raw) for item in items)
        self.check_room(size)
        self._waiting_bytes += size
        try:
            # Whoever hangs up or waits too long leaves alone: their batch goes on for the others.
            with self._within():
                return await self._store(arrivals_of(items, trace))
        except TimeoutError:
            # It may still be stored: the same keys make the second way in harmless.
            await self._spool.keep(items)
            raise Refusal(503, "database slow", retry_after=2) from None
        except TooManyStrangers:
            raise Refusal(503, "overloaded by strangers", retry_after=1) from None
        except errors.HailwireError as error:
            await self._spool.keep(items)
            raise Refusal(503, error.reason.lower(), retry_after=2) from None
        except Exception as error:
            log.exception("a webhook cannot be stored", error)
            await self._spool.keep(items)
            raise Refusal(503, "not stored", retry_after=5) from None
        finally:
            self._waiting_bytes -= size


def arrivals_of(items: list[Item], parent: str = "") -> list[Arrival]:
    """Items of a provider as the inbox takes them."""
    return [_arrival(item, parent) for item in items]


def _arrival(item: Item, parent: str) -> Arrival:
    change = _identity_change(item)
    addresses = change[0] if change else item.addresses if item.kind is ItemKind.MESSAGE else ()
    return Arrival(
        kind=item.kind,
        key=item.key,
        provider=item.provider,
        raw=item.raw,
        addresses=tuple(address.key for address in addresses),
        current=tuple(address.key for address in change[1]) if change else (),
        sent_at=item.sent_at,
        traceparent=parent,
        status=read_status(item.provider, item.raw) if item.kind is ItemKind.STATUS else None,
    )


def _identity_change(item: Item) -> IdentityChange | None:
    # Read twice only if it may be one: nearly no item is.
    if item.kind is ItemKind.STATUS or not (b'"system"' in item.raw or b'"user_id_update"' in item.raw):
        return None
    return read_identity_change(item.provider, item.raw)
