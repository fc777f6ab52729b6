"""Which conversation an address writes in, as the database has it; what changes there is decided by address_book.py.

Two conversations that turn out to be one: the younger is merged into the older, both epochs are raised (whoever works
on either starts anew), and what is pending is renumbered behind what the older one has. A number that changed hands
moves: what waits in its former conversation forgets it, and replies that were on their way to it are not sent.
"""

from collections.abc import Mapping, Sequence

import asyncpg

from chassis import errors
from chassis.database import Session, Statement
from chassis.records import record
from services.gateway import moving
from services.gateway.address_book import AddressBook, conflicting

_FIND = Statement(
    "gateway.alias_find",
    """
    SELECT address, conversation_id, aliases_left
    FROM gateway.alias JOIN gateway.conversation USING (conversation_id) WHERE address = ANY($1::text[])
    """,
)

_SIBLINGS = Statement(
    "gateway.alias_siblings",
    """
    SELECT address, conversation_id, aliases_left
    FROM gateway.alias JOIN gateway.conversation USING (conversation_id) WHERE conversation_id = ANY($1::bigint[])
    """,
)

_NEXT_IDS = Statement(
    "gateway.conversation_next_ids",
    "SELECT nextval('gateway.conversation_conversation_id_seq') FROM generate_series(1, $1::int)",
)

# Waits for a concurrent insert of the same address and then leaves it alone; in address order, so that two such
# batches cannot wait for each other.
_INSERT = Statement(
    "gateway.alias_insert",
    """
    INSERT INTO gateway.alias (address, conversation_id)
    SELECT * FROM unnest($1::text[], $2::bigint[]) AS alias (address, conversation_id) ORDER BY address
    ON CONFLICT (address) DO NOTHING
    RETURNING address
    """,
)

_CREATE = Statement(
    "gateway.conversation_create",
    """
    WITH created AS (
        INSERT INTO gateway.conversation (conversation_id) SELECT unnest($1::bigint[]) RETURNING conversation_id
    )
    INSERT INTO gateway.lane (conversation_id) SELECT conversation_id FROM created
    """,
)

_MERGE_ALIASES = Statement(
    "gateway.merge_aliases", "UPDATE gateway.alias SET conversation_id = $2 WHERE conversation_id = $1"
)

_MERGE_PENDING = Statement(
    "gateway.merge_pending",
    """
    UPDATE gateway.pending
    SET conversation_id = $2, seq = renumbered.next, instance_id = NULL,
        attempts = attempts - CASE WHEN instance_id IS NULL THEN 0 ELSE 1 END
    FROM (
        SELECT seq, (SELECT next_seq FROM gateway.conversation WHERE conversation_id = $2) - 1
                    + row_number() OVER (ORDER BY seq) AS next
        FROM gateway.pending WHERE conversation_id = $1
    ) AS renumbered
    WHERE pending.conversation_id = $1 AND pending.seq = renumbered.seq
    """,
)

# The first of them that runs makes one person of both.
_NAME_PENDING = Statement(
    "gateway.merge_name_pending",
    """
    UPDATE gateway.inbox
    SET addresses = addresses || ARRAY(
        SELECT address FROM gateway.alias
        WHERE alias.conversation_id = $1 AND address <> ALL(inbox.addresses) ORDER BY address)
    FROM gateway.pending
    WHERE pending.conversation_id = $1 AND inbox.stored_on = pending.stored_on AND inbox.inbox_id = pending.inbox_id
      AND inbox.addresses <> '{}' AND inbox.kind = 'message'
    """,
)

# Whoever works on the head of the surviving conversation will be fenced off: its attempt is given back.
_UNCLAIM = Statement(
    "gateway.merge_unclaim",
    """
    UPDATE gateway.pending SET instance_id = NULL, attempts = attempts - 1
    WHERE conversation_id = $1 AND instance_id IS NOT NULL
    """,
)

_MERGE_INTO = Statement(
    "gateway.merge_into",
    """
    UPDATE gateway.conversation AS kept
    SET next_seq = kept.next_seq + lost.pending,
        pending = kept.pending + lost.pending,
        alone = kept.alone OR lost.alone,
        person_id = coalesce(kept.person_id, lost.person_id),
        person_version = CASE WHEN kept.person_id IS NULL THEN lost.person_version ELSE kept.person_version END,
        language = CASE WHEN kept.language = '' THEN lost.language ELSE kept.language END,
        handed_over = kept.handed_over || lost.handed_over,
        last_inbound_at = greatest(kept.last_inbound_at, lost.last_inbound_at),
        postponed_since = least(kept.postponed_since, lost.postponed_since),
        silenced = kept.silenced OR lost.silenced,
        -- Whoever writes by two names has one allowance, and keeps to what they were told by either.
        ordinary_at = greatest(kept.ordinary_at, lost.ordinary_at),
        ordinary_until = greatest(kept.ordinary_until, lost.ordinary_until),
        expensive_at = greatest(kept.expensive_at, lost.expensive_at),
        expensive_until = greatest(kept.expensive_until, lost.expensive_until),
        instance_id = NULL, epoch = kept.epoch + 1, due_at = chassis.now()
    FROM gateway.conversation AS lost
    WHERE kept.conversation_id = $2 AND lost.conversation_id = $1
    """,
)

_RETIRE = Statement(
    "gateway.merge_retire",
    """
    UPDATE gateway.conversation
    SET merged_into = $2, -- whoever was merged into this one before follows, so that one step always leads there
        pending = CASE WHEN conversation_id = $1 THEN 0 ELSE pending END,
        instance_id = NULL, epoch = epoch + 1
    WHERE conversation_id = $1 OR merged_into = $1
    """,
)

_LOCK_LANES = Statement(
    "gateway.merge_lock_lanes",
    "SELECT conversation_id FROM gateway.lane WHERE conversation_id = ANY($1::bigint[]) ORDER BY 1 FOR UPDATE",
)

_MERGE_OUTBOX = Statement(
    "gateway.merge_outbox",
    """
    UPDATE gateway.outbox
    SET conversation_id = $2,
        state = CASE WHEN state = 'sending' THEN 'unknown' ELSE state END
    WHERE conversation_id = ANY(ARRAY[$1, $2]::bigint[]) AND state IN ('queued', 'sending', 'unknown')
    """,
)

_MERGE_LANES = Statement(
    "gateway.merge_lanes",
    """
    UPDATE gateway.lane
    SET queued = CASE WHEN conversation_id = $2
                      THEN (SELECT sum(queued) FROM gateway.lane WHERE conversation_id IN ($1, $2)) ELSE 0 END,
        instance_id = NULL, epoch = epoch + 1,
        -- Only what was on its way waits for its status; whoever had to wait before still has to.
        due_at = greatest(
            (SELECT max(due_at) FROM gateway.lane WHERE conversation_id IN ($1, $2)),
            chassis.now() + CASE WHEN EXISTS (
                SELECT FROM gateway.outbox WHERE conversation_id = $2 AND state = 'unknown'
            ) THEN make_interval(secs => $3) ELSE '0' END),
        pair_at = (SELECT max(pair_at) FROM gateway.lane WHERE conversation_id IN ($1, $2))
    WHERE conversation_id IN ($1, $2)
    """,
)


@record
class Naming:
    """Addresses that a provider signed together; with `current` it tells that these replace them from now on."""

    addresses: tuple[str, ...]
    current: tuple[str, ...] = ()


@record
class Places:
    """Where each naming belongs, in order, and what has to change there once the rows are locked."""

    conversations: list[int]
    merges: dict[int, int]
    moves: list[tuple[str, int, int | None]]
    # What was read before the rows were locked: conversation and its count of addresses that left.
    read: dict[int, int]

    @property
    def concerned(self) -> list[int]:
        """Every conversation to lock, in order."""
        moving = {one for _, before, after in self.moves for one in (before, after) if one is not None}
        return sorted({*self.conversations, *self.merges, *self.merges.values(), *moving})


async def resolve(session: Session, namings: Sequence[Naming], known: Sequence[asyncpg.Record] | None = None) -> Places:
    """Find the conversation of every naming, made where there is none. The caller locks, then calls `apply`.

    `known` are the rows of _FIND for whoever has read them already.
    """
    if not namings:
        return Places([], {}, [], {})
    groups = [(*naming.addresses, *naming.current) for naming in namings]
    if known is None:
        known = await session.fetch(_FIND, sorted({address for group in groups for address in group}))
    rows = list(known)
    if changing := conflicting(groups, {row["address"]: row["conversation_id"] for row in rows}):
        rows += await session.fetch(_SIBLINGS, sorted(changing))
    read = {row["conversation_id"]: row["aliases_left"] for row in reversed(rows)}  # as the first look saw them
    book = AddressBook({row["address"]: row["conversation_id"] for row in rows})
    found = [book.rename(one.addresses, one.current) if one.current else book.join(one.addresses) for one in namings]
    found = [book.root(one) for one in found]
    moves = book.moves
    wanted = sorted({one for one in (*found, *book.new.values(), *(to or 0 for _, _, to in moves)) if one < 0})
    ids = dict(zip(wanted, await _made(session, len(wanted)), strict=True))
    if book.new:
        await _insert(session, {address: ids.get(owner, owner) for address, owner in book.new.items()})
    if ids:
        await session.execute(_CREATE, sorted(ids.values()))
    return Places(
        conversations=[ids.get(one, one) for one in found],
        merges=book.merges,
        moves=[(address, before, None if to is None else ids.get(to, to)) for address, before, to in moves],
        read=read,
    )


async def _made(session: Session, count: int) -> list[int]:
    return [row[0] for row in await session.fetch(_NEXT_IDS, count)] if count else []


async def _insert(session: Session, new: Mapping[str, int]) -> None:
    addresses = sorted(new)
    inserted = await session.fetch(_INSERT, addresses, [new[address] for address in addresses])
    if len(inserted) < len(new):
        # Somebody else's message from there was first: in a new transaction it is known.
        raise errors.Conflict("named meanwhile", reason="ADDRESS_TAKEN")


async def apply(session: Session, places: Places, settle_seconds: float = 3.0) -> None:
    """Merge each younger conversation into its older one and move addresses. The rows are locked by the caller."""
    # Every lane at once and in id order, as everybody locks them.
    left = {before for _, before, _ in places.moves}
    await session.fetch(_LOCK_LANES, sorted({*places.merges, *places.merges.values(), *left}))
    for lost, kept in sorted(places.merges.items()):
        await session.execute(_UNCLAIM, kept)
        await session.execute(_MERGE_PENDING, lost, kept)
        await session.execute(_MERGE_INTO, lost, kept)
        await session.execute(_RETIRE, lost, kept)
        await session.execute(_MERGE_ALIASES, lost, kept)
        await session.execute(_MERGE_OUTBOX, lost, kept)
        await session.execute(_MERGE_LANES, lost, kept, settle_seconds)
    for address, before, after in sorted(places.moves):
        if after is None:
            await moving.drop(session, address, before)
        else:
            await moving.move(session, address, before, after, settle_seconds)
    for kept in sorted(set(places.merges.values())):
        await session.execute(_NAME_PENDING, kept)
