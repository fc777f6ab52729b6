"""Storing what was received: concurrent webhooks together, each item once, in the order of its sender.

What known senders sent is one statement (known_senders.py), everything else a transaction of several steps. A 200 means
that both are committed. Items whose key is known change nothing. Under the lock of its conversation's row a
message gets its place in the queue; a conversation that nobody leads is leased by this instance in the same
transaction, as far as there is room, and its turn starts right after the commit.
"""

from collections.abc import Callable, Iterable, Sequence

import asyncpg

from chassis import errors, logs
from chassis.database import Database, Session, Statement
from chassis.telemetry import Telemetry
from services.gateway import known_senders, queueing
from services.gateway.arrivals import Arrival, ItemCounter, Stored
from services.gateway.claims import Claim
from services.gateway.room import Room

log = logs.get(__name__)

# A merge that raced with ours, or a deadlock: everything is tried again this often.
_TRIES = 5
# What one item may do to a whole batch.
_UNSTORABLE = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.InterfaceError)

_NEW_KEYS = """
    INSERT INTO gateway.inbox_key (key, stored_at)
    SELECT key, (SELECT chassis.now()) FROM unnest($1::bytea[]) AS item (key) ORDER BY key
    ON CONFLICT (key) DO NOTHING
    RETURNING key
"""

_INSERT_KEYS = Statement("gateway.inbox_insert_keys", _NEW_KEYS)

# The same, and in the same round trip the aliases of everybody who is named, as they were before any wait for a key.
_RECEIVE = Statement(
    "gateway.inbox_receive",
    f"""
    WITH new AS ({_NEW_KEYS})
    SELECT key, NULL AS address, NULL::bigint AS conversation_id, NULL::int AS aliases_left,
           (SELECT chassis.now()) AS now
    FROM new
    UNION ALL
    SELECT NULL, address, conversation_id, aliases_left, NULL
    FROM gateway.alias JOIN gateway.conversation USING (conversation_id) WHERE address = ANY($2::text[])
    """,  # noqa: S608 - our own statement
)

_INSERT_STATUSES = Statement(
    "gateway.inbox_insert_statuses",
    """
    INSERT INTO gateway.pending_status (provider, provider_message_id, outbox_id, delivery, error_code, traceparent)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::text[])
    """,
)

_INSERT_DEAD = Statement(
    "gateway.inbox_insert_dead",
    """
    INSERT INTO gateway.dead_letter (kind, reason, key, item_kind, provider, addresses, raw, sent_at, stored_at)
    VALUES ('message', $1, $2, $3, $4, $5, $6, $7, chassis.now())
    """,
)


class Inbox:
    """Stores batches of webhooks; each method may be handed to a Coalescer."""

    def __init__(
        self,
        database: Database,
        telemetry: Telemetry,
        *,
        room: Room,
        instance_id: Callable[[], int],
        start: Callable[[list[Claim]], None],
    ) -> None:
        """`instance_id` answers 0 while this instance must lease nothing; `start` gets what was claimed."""
        self._database = database
        self._room = room
        self._instance_id = instance_id
        self._start = start
        self._items = ItemCounter(telemetry)

    async def store_known(self, webhooks: Sequence[Sequence[Arrival]]) -> list[Stored]:
        """Store what comes from known senders and answer one outcome per webhook, with what is `left` for `store`.

        So is a webhook whose data the database refuses, and everything while others change what these wait for.
        """
        try:
            return await self._tried_known(webhooks)
        except errors.Conflict:
            return self._outcomes(webhooks, set(), {item.key for webhook in webhooks for item in webhook})
        except _UNSTORABLE:
            if len(webhooks) == 1:
                return self._outcomes(webhooks, set(), {item.key for item in webhooks[0]})
            middle = len(webhooks) // 2
            return [*await self.store_known(webhooks[:middle]), *await self.store_known(webhooks[middle:])]

    async def _tried_known(self, webhooks: Sequence[Sequence[Arrival]]) -> list[Stored]:
        items = _once(webhooks)
        fitting = [item for item in items if known_senders.fits(item)]
        if not fitting:
            return self._outcomes(webhooks, set(), {item.key for item in items})
        for attempt in (1, 2):
            reserved = self._reserve(fitting)
            try:
                stored = await known_senders.store(
                    self._database, items, instance_id=self._instance_id(), room=reserved
                )
            except BaseException as error:
                self._room.give_back(reserved)
                if isinstance(error, errors.Conflict) and attempt == 1:
                    continue
                raise
            self._room.give_back(reserved - len(stored.claims))
            self._start(stored.claims)
            return self._outcomes(webhooks, stored.new, stored.left)
        raise errors.Internal("unreachable")

    async def store(self, webhooks: Sequence[Sequence[Arrival]]) -> list[Stored | BaseException]:
        """Store each webhook's items, whoever sent them, and answer one outcome per webhook; nothing is left.

        A webhook whose data the database refuses is bisected: its guilty item becomes a dead letter.
        """
        try:
            return list(await self._tried(webhooks))
        except _UNSTORABLE as error:
            return await self._bisected(webhooks, error)

    async def _bisected(self, webhooks: Sequence[Sequence[Arrival]], error: Exception) -> list[Stored | BaseException]:
        if len(webhooks) > 1:
            middle = len(webhooks) // 2
            return [*await self.store(webhooks[:middle]), *await self.store(webhooks[middle:])]
        (items,) = webhooks
        if len(items) > 1:
            middle = len(items) // 2
            halves = [*await self.store([items[:middle]]), *await self.store([items[middle:]])]
            whole = Stored(0, 0)
            for half in halves:
                if isinstance(half, BaseException):
                    return [half]
                whole = Stored(whole.new + half.new, whole.known + half.known)
            return [whole]
        log.exception("an item cannot be stored", error)
        (item,) = items
        async with self._database.transaction() as session:
            if await session.fetch(_INSERT_KEYS, [item.key]):
                reason = f"not storable: {type(error).__name__}"
                await session.execute(
                    _INSERT_DEAD,
                    reason,
                    item.key,
                    item.kind,
                    item.provider,
                    list(item.addresses),
                    item.raw,
                    item.sent_at,
                )
                return [Stored(1, 0)]
        return [Stored(0, 1)]

    async def _tried(self, webhooks: Sequence[Sequence[Arrival]]) -> list[Stored]:
        items = _once(webhooks)
        for attempt in range(1, _TRIES + 1):
            reserved = 0
            try:
                reserved = self._reserve(items)
                new, claims = await self._stored(items, reserved)
            except BaseException as error:
                self._room.give_back(reserved)
                if isinstance(error, errors.Conflict) and attempt < _TRIES:
                    continue
                raise
            self._room.give_back(reserved - len(claims))
            self._start(claims)
            return self._outcomes(webhooks, new, set())
        raise errors.Internal("unreachable")

    def _reserve(self, items: Sequence[Arrival]) -> int:
        """Places for the conversations that these may begin to lead here."""
        if not self._instance_id():
            return 0
        return self._room.take(len({item.addresses or item.person_id for item in items if item.queued}))

    def _outcomes(self, webhooks: Sequence[Sequence[Arrival]], new: set[bytes], left_keys: set[bytes]) -> list[Stored]:
        outcomes = []
        first = set(new)
        for webhook in webhooks:
            fresh = 0
            # With its copies: a copy is known only once the first is stored.
            left = tuple(item for item in webhook if item.key in left_keys)
            for item in webhook:
                if item.key in left_keys:
                    continue
                is_new = item.key in first  # a copy within the batch is a duplicate of the first
                first.discard(item.key)
                fresh += is_new
                self._items.add(item.kind, item.provider, new=is_new)
            outcomes.append(Stored(fresh, len(webhook) - len(left) - fresh, left))
        return outcomes

    async def _stored(self, items: Sequence[Arrival], room: int) -> tuple[set[bytes], list[Claim]]:
        """The keys that were new, and what was claimed."""
        if not items:
            return set(), []
        async with self._database.transaction() as session:
            return await self._stored_in_steps(session, items, room)

    async def _stored_in_steps(
        self, session: Session, items: Sequence[Arrival], room: int
    ) -> tuple[set[bytes], list[Claim]]:
        named = {one for item in items if item.queued for one in (*item.addresses, *item.current)}
        rows = await session.fetch(_RECEIVE, sorted(item.key for item in items), sorted(named))
        new = {row["key"] for row in rows if row["key"] is not None}
        arrivals = [item for item in items if item.key in new]
        if not arrivals:
            return new, []
        queued = [item for item in arrivals if item.queued]
        # Who is known already may have been stored while we waited, with aliases that were not there before.
        known = [row for row in rows if row["key"] is None] if len(new) == len(items) else None
        now = next(row["now"] for row in rows if row["key"] is not None)
        destinations = await queueing.find_conversations(session, queued, known)
        claims = await queueing.enqueue(
            session, arrivals, destinations, now=now, instance_id=self._instance_id(), room=room
        )
        conversation_of = destinations.of_item
        await self._bury_homeless(session, [item for item in queued if item.key not in conversation_of])
        await self._queue_statuses(session, arrivals)
        return new, claims

    async def _bury_homeless(self, session: Session, homeless: Iterable[Arrival]) -> None:
        # An event for somebody who never wrote to us: nobody to tell, but an operator should know.
        for item in homeless:
            await self._bury(session, "no conversation", item)

    @staticmethod
    async def _bury(session: Session, reason: str, item: Arrival) -> None:
        kind, provider = str(item.kind), str(item.provider)
        await session.execute(
            _INSERT_DEAD, reason, item.key, kind, provider, list(item.addresses), item.raw, item.sent_at
        )

    async def _queue_statuses(self, session: Session, arrivals: Sequence[Arrival]) -> None:
        statuses = [(item, item.status) for item in arrivals if item.status is not None]
        if statuses:
            await session.execute(
                _INSERT_STATUSES,
                [str(item.provider) for item, _ in statuses],
                [status.provider_message_id for _, status in statuses],
                [status.outbox_id for _, status in statuses],
                [str(status.delivery) for _, status in statuses],
                [status.error_code for _, status in statuses],
                [item.traceparent for item, _ in statuses],
            )


def _once(webhooks: Sequence[Sequence[Arrival]]) -> list[Arrival]:
    """Every item of the webhooks in order, and of those with the same key the first."""
    first: dict[bytes, Arrival] = {}
    for webhook in webhooks:
        for item in webhook:
            first.setdefault(item.key, item)
    return list(first.values())
