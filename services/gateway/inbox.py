"""Storing what was received: concurrent webhooks in one transaction, each item once, in the order of its sender.

A 200 means that this transaction is committed. Items whose key is known change nothing. Under the lock of its
conversation's row a message gets its place in the queue; a conversation that nobody leads is leased by this instance
in the same transaction, as far as there is room, and its turn starts right after the commit.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from chassis import errors, logs
from chassis.database import Database, Session, Statement
from chassis.telemetry import Telemetry
from services.gateway import aliases
from services.gateway.claims import EVENT, SNAPSHOT_COLUMNS, Claim, Snapshot, snapshot
from services.gateway.messages import ItemKind, Status

log = logs.get(__name__)

NOTIFY_CHANNEL = "gateway_pending"

# A merge that raced with ours, or a deadlock: the whole transaction is tried again this often.
_TRIES = 5

_INSERT_KEYS = Statement(
    "gateway.inbox_insert_keys",
    """
    INSERT INTO gateway.inbox_key (key, stored_at)
    SELECT key, (SELECT chassis.now()) FROM unnest($1::bytea[]) AS item (key) ORDER BY key
    ON CONFLICT (key) DO NOTHING
    RETURNING key
    """,
)

_FIND_PEOPLE = Statement(
    "gateway.inbox_find_people",
    """
    SELECT person_id, coalesce(merged_into, conversation_id) AS conversation_id, last_inbound_at
    FROM gateway.conversation WHERE person_id = ANY($1::bigint[])
    UNION ALL -- an event that was on its way when its recipient turned out to be somebody else too
    SELECT former.person_id, conversation_id, last_inbound_at
    FROM gateway.conversation CROSS JOIN LATERAL unnest(handed_over) AS former (person_id)
    WHERE handed_over && $1::bigint[] AND handed_over <> '{}' AND merged_into IS NULL
    ORDER BY last_inbound_at NULLS FIRST -- whoever has several conversations hears in the one last written in
    """,
)

_LOCK = Statement(
    "gateway.inbox_lock",
    f"""
    SELECT {SNAPSHOT_COLUMNS}, next_seq, pending, merged_into, (SELECT chassis.now()) AS now
    FROM gateway.conversation WHERE conversation_id = ANY($1::bigint[])
    ORDER BY conversation_id FOR UPDATE
    """,  # noqa: S608 - our own column list
)

_ENQUEUE = Statement(
    "gateway.inbox_enqueue",
    f"""
    UPDATE gateway.conversation
    SET next_seq = next_seq + added.items,
        due_at = CASE WHEN pending = 0 THEN $6 ELSE due_at END,
        pending = pending + added.items,
        reply_to = CASE WHEN added.reply_to = '' THEN conversation.reply_to ELSE added.reply_to END,
        last_inbound_at = greatest(last_inbound_at, added.inbound_at),
        instance_id = CASE WHEN added.take THEN $5 ELSE instance_id END,
        epoch = CASE WHEN added.take THEN epoch + 1 ELSE epoch END
    FROM unnest($1::bigint[], $2::int[], $3::text[], $4::boolean[], $7::timestamptz[])
        AS added (conversation_id, items, reply_to, take, inbound_at)
    WHERE conversation.conversation_id = added.conversation_id
    RETURNING {SNAPSHOT_COLUMNS}
    """,  # noqa: S608 - our own column list
)

_INSERT_INBOX = Statement(
    "gateway.inbox_insert",
    """
    INSERT INTO gateway.inbox
        (stored_on, key, kind, provider, conversation_id, addresses, raw, sent_at, stored_at, traceparent)
    SELECT ($8::timestamptz AT TIME ZONE 'UTC')::date, key, kind, provider, conversation_id,
           string_to_array(addresses, chr(31)), raw, sent_at, $8, traceparent
    FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bytea[], $7::timestamptz[],
                $9::text[])
        AS item (key, kind, provider, conversation_id, addresses, raw, sent_at, traceparent)
    RETURNING key, inbox_id, stored_on
    """,
)

_INSERT_PENDING = Statement(
    "gateway.inbox_insert_pending",
    """
    INSERT INTO gateway.pending (conversation_id, seq, inbox_id, stored_on, attempts, instance_id)
    SELECT conversation_id, seq, inbox_id, $4, claimed::int, CASE WHEN claimed THEN $5::bigint END
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $6::boolean[])
        AS item (conversation_id, seq, inbox_id, claimed)
    """,
)

_INSERT_STATUSES = Statement(
    "gateway.inbox_insert_statuses",
    """
    INSERT INTO gateway.pending_status (provider, provider_message_id, outbox_id, delivery, error_code)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[])
    """,
)

_INSERT_DEAD = Statement(
    "gateway.inbox_insert_dead",
    """
    INSERT INTO gateway.dead_letter (kind, reason, key, item_kind, provider, addresses, raw, sent_at, stored_at)
    VALUES ('message', $1, $2, $3, $4, $5, $6, $7, chassis.now())
    """,
)

_NOTIFY = Statement("gateway.inbox_notify", f"SELECT pg_notify('{NOTIFY_CHANNEL}', '')")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One item on its way in: of a provider, or an event for a person."""

    kind: str
    key: bytes
    provider: str
    raw: bytes
    addresses: tuple[str, ...] = ()
    person_id: int = 0
    sent_at: datetime | None = None
    traceparent: str = ""
    status: Status | None = None

    @property
    def queued(self) -> bool:
        """Whether it takes a turn in a conversation."""
        return self.kind == EVENT or (self.kind == ItemKind.MESSAGE and bool(self.addresses))


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one webhook's items."""

    new: int
    known: int

    @property
    def duplicate(self) -> bool:
        """Whether there were items and every one had been received before."""
        return self.new == 0 and self.known > 0


class Room:
    """How many more conversations this instance may lead; taken when a lease is, given back when it ends."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self.closed = False

    @property
    def free(self) -> int:
        """Places that can be taken."""
        return max(0, self.most - self.taken)

    def take(self, wanted: int) -> int:
        """Reserve up to `wanted` places and answer how many."""
        given = 0 if self.closed else max(0, min(wanted, self.most - self.taken))
        self.taken += given
        return given

    def give_back(self, places: int = 1) -> None:
        """The opposite."""
        self.taken -= places


class Inbox:
    """Stores batches of webhooks; hand `store` to a Coalescer."""

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
        self._items = telemetry.counter("inbox_items", "items received, by kind and whether they were new")

    async def store(self, webhooks: Sequence[Sequence[Arrival]]) -> list[Stored | BaseException]:
        """Store each webhook's items and answer one outcome per webhook.

        A webhook whose data the database refuses is bisected: its guilty item becomes a dead letter.
        """
        try:
            return list(await self._tried(webhooks))
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.InterfaceError) as error:
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
        for attempt in range(1, _TRIES + 1):
            reserved = 0
            try:
                wanted = len(
                    {item.addresses or item.person_id for webhook in webhooks for item in webhook if item.queued}
                )
                reserved = self._room.take(wanted) if self._instance_id() else 0
                async with self._database.transaction() as session:
                    new, claims = await self._stored(session, webhooks, reserved)
            except BaseException as error:
                self._room.give_back(reserved)
                if isinstance(error, errors.Conflict) and attempt < _TRIES:
                    continue
                raise
            self._room.give_back(reserved - len(claims))
            self._start(claims)
            return self._outcomes(webhooks, new)
        raise errors.Internal("unreachable")

    def _outcomes(self, webhooks: Sequence[Sequence[Arrival]], new: set[bytes]) -> list[Stored]:
        outcomes = []
        left = set(new)
        for webhook in webhooks:
            fresh = 0
            for item in webhook:
                is_new = item.key in left  # a copy within the batch is a duplicate of the first
                left.discard(item.key)
                fresh += is_new
                self._items.add(1, kind=str(item.kind), provider=str(item.provider), new="yes" if is_new else "no")
            outcomes.append(Stored(fresh, len(webhook) - fresh))
        return outcomes

    async def _stored(
        self, session: Session, webhooks: Sequence[Sequence[Arrival]], room: int
    ) -> tuple[set[bytes], list[Claim]]:
        unique = {item.key: item for webhook in reversed(webhooks) for item in reversed(webhook)}
        if not unique:
            return set(), []
        new = {row["key"] for row in await session.fetch(_INSERT_KEYS, sorted(unique))}
        arrivals = [item for item in _in_order(webhooks) if item.key in new and unique.get(item.key) is item]
        if not arrivals:
            return new, []
        queued = [item for item in arrivals if item.queued]
        conversation_of, locked = await self._conversations(session, queued)
        claims = await self._enqueue(session, arrivals, conversation_of, locked, room)
        await self._queue_statuses(session, arrivals)
        return new, claims

    async def _conversations(
        self, session: Session, queued: Sequence[Arrival]
    ) -> tuple[dict[bytes, int], dict[int, asyncpg.Record]]:
        """The conversation of each queued item by its key, and the locked rows of all of them."""
        messages = [item for item in queued if item.addresses]
        merges: dict[int, int] = {}
        by_address: dict[str, int] = {}
        if messages:
            by_address, merges = await aliases.resolve(session, [item.addresses for item in messages])
        people = sorted({item.person_id for item in queued if item.person_id})
        by_person: dict[int, int] = {}
        if people:
            rows = await session.fetch(_FIND_PEOPLE, people)
            by_person = {row["person_id"]: row["conversation_id"] for row in rows}
        conversation_of = {item.key: by_address[item.addresses[0]] for item in messages}
        for item in queued:
            if item.person_id in by_person and item.key not in conversation_of:
                conversation_of[item.key] = by_person[item.person_id]
        wanted = sorted({*conversation_of.values(), *merges, *merges.values()})
        locked = {row["conversation_id"]: row for row in await session.fetch(_LOCK, wanted)} if wanted else {}
        if any(row["merged_into"] is not None for row in locked.values()):
            raise errors.Conflict("merged meanwhile", reason="CONVERSATION_MERGED")
        if merges:
            await aliases.merge(session, merges)
            locked = {row["conversation_id"]: row for row in await session.fetch(_LOCK, wanted)}
        return {key: merges.get(found, found) for key, found in conversation_of.items()}, locked

    async def _enqueue(
        self,
        session: Session,
        arrivals: Sequence[Arrival],
        conversation_of: dict[bytes, int],
        locked: dict[int, asyncpg.Record],
        room: int,
    ) -> list[Claim]:
        queued = [item for item in arrivals if item.key in conversation_of]
        counts = Counter(conversation_of[item.key] for item in queued)
        reply_to = {conversation_of[item.key]: item.addresses[0] for item in queued if item.addresses}
        taken: set[int] = set()
        idle = False
        instance_id = self._instance_id()
        for conversation_id in counts:
            row = locked[conversation_id]
            if row["instance_id"] is None and row["pending"] == 0:
                if instance_id and len(taken) < room:
                    taken.add(conversation_id)
                else:
                    idle = True
        ids = sorted(counts)
        now: datetime = next(iter(locked.values()))["now"] if locked else await session.fetchval(_NOW)
        leased: dict[int, Snapshot] = {}
        if ids:
            inbound_at = _inbound_at(queued, conversation_of, now)
            rows = await session.fetch(
                _ENQUEUE,
                ids,
                [counts[one] for one in ids],
                [reply_to.get(one, "") for one in ids],
                [one in taken for one in ids],
                instance_id,
                now,
                [inbound_at.get(one) for one in ids],
            )
            leased = {row["conversation_id"]: snapshot(row) for row in rows if row["conversation_id"] in taken}
        stored = await self._insert(session, arrivals, conversation_of, now)
        claims = []
        sequence = {one: locked[one]["next_seq"] for one in ids}
        pending = []
        for item in queued:
            conversation_id = conversation_of[item.key]
            inbox_id, stored_on = stored[item.key]
            seq = sequence[conversation_id]
            sequence[conversation_id] += 1
            claimed = conversation_id in leased
            pending.append((conversation_id, seq, inbox_id, claimed, stored_on))
            if claimed:
                claims.append(_claimed(leased.pop(conversation_id), seq, item, now))
        if pending:
            columns = list(zip(*pending, strict=True))
            await session.execute(
                _INSERT_PENDING, columns[0], columns[1], columns[2], pending[0][4], instance_id, columns[3]
            )
        await self._bury_homeless(
            session, [item for item in arrivals if item.queued and item.key not in conversation_of]
        )
        if idle:
            await session.execute(_NOTIFY)
        return claims

    async def _insert(
        self, session: Session, arrivals: Sequence[Arrival], conversation_of: dict[bytes, int], now: datetime
    ) -> dict[bytes, tuple[int, object]]:
        rows = await session.fetch(
            _INSERT_INBOX,
            [item.key for item in arrivals],
            [str(item.kind) for item in arrivals],
            [str(item.provider) for item in arrivals],
            [conversation_of.get(item.key) for item in arrivals],
            ["\x1f".join(item.addresses) for item in arrivals],
            [item.raw for item in arrivals],
            [item.sent_at for item in arrivals],
            now,
            [item.traceparent for item in arrivals],
        )
        return {row["key"]: (row["inbox_id"], row["stored_on"]) for row in rows}

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
        statuses = [(item.provider, item.status) for item in arrivals if item.status is not None]
        if statuses:
            await session.execute(
                _INSERT_STATUSES,
                [str(provider) for provider, _ in statuses],
                [status.provider_message_id for _, status in statuses],
                [status.outbox_id for _, status in statuses],
                [str(status.delivery) for _, status in statuses],
                [status.error_code for _, status in statuses],
            )


_NOW = Statement("gateway.now", "SELECT chassis.now()")


def _in_order(webhooks: Sequence[Sequence[Arrival]]) -> Iterable[Arrival]:
    return (item for webhook in webhooks for item in webhook)


def _inbound_at(queued: Iterable[Arrival], conversation_of: Mapping[bytes, int], now: datetime) -> dict[int, datetime]:
    """When each person last wrote: what comes late opens no window that has closed meanwhile."""
    latest: dict[int, datetime] = {}
    for item in queued:
        if item.addresses:
            moment = min(item.sent_at or now, now)
            key = conversation_of[item.key]
            latest[key] = max(latest.get(key, moment), moment)
    return latest


def _claimed(leased: Snapshot, seq: int, item: Arrival, now: datetime) -> Claim:
    return Claim(
        snapshot=leased,
        seq=seq,
        attempts=1,
        alone=False,
        key=item.key,
        kind=str(item.kind),
        provider=str(item.provider),
        addresses=item.addresses,
        raw=item.raw,
        sent_at=item.sent_at,
        stored_at=now,
        replay=0,
        traceparent=item.traceparent,
    )
