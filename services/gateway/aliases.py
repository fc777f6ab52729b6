"""Which conversation an address writes in, and making two conversations one.

A number and a user id in one signed payload are one person. When they lead to two conversations, the younger is merged
into the older: both rows are locked in id order, both epochs raised (whoever works on either starts anew), and what is
pending is renumbered behind what the older one has.
"""

from collections.abc import Iterable, Sequence

from chassis.database import Session, Statement

_FIND = Statement(
    "gateway.alias_find", "SELECT address, conversation_id FROM gateway.alias WHERE address = ANY($1::text[])"
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
        language = CASE WHEN kept.language = '' THEN lost.language ELSE kept.language END,
        handed_over = kept.handed_over || lost.handed_over,
        last_inbound_at = greatest(kept.last_inbound_at, lost.last_inbound_at),
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


async def resolve(session: Session, groups: Sequence[tuple[str, ...]]) -> tuple[dict[str, int], dict[int, int]]:
    """Find the conversation of every address, made where there is none, and the merges (younger -> older) to do.

    A merge follows from addresses of one group that lead to different conversations. The caller locks, then merges.
    """
    addresses = sorted({address for group in groups for address in group})
    known = await _find(session, addresses)
    missing = [address for address in addresses if address not in known]
    if missing:
        await _create(session, groups, known, missing)
        known = await _find(session, addresses)
    merges = _Merges()
    for group in groups:
        for address in group[1:]:
            merges.join(known[group[0]], known[address])
    return known, merges.losers({*known.values()})


async def _find(session: Session, addresses: list[str]) -> dict[str, int]:
    return {row["address"]: row["conversation_id"] for row in await session.fetch(_FIND, addresses)}


async def _create(
    session: Session, groups: Iterable[tuple[str, ...]], known: dict[str, int], missing: list[str]
) -> None:
    """Give each missing address the conversation of its group, a new one where the whole group is new."""
    owner = dict(known)
    unowned: list[int] = []
    for group in groups:
        found = next((owner[address] for address in group if address in owner), None)
        if found is None:
            found = -len(unowned) - 1  # a place holder until ids are drawn
            unowned.append(found)
        for address in group:
            owner.setdefault(address, found)
    drawn = [row[0] for row in await session.fetch(_NEXT_IDS, len(unowned))] if unowned else []
    ids = dict(zip(unowned, drawn, strict=True))
    inserted = {
        row["address"]
        for row in await session.fetch(_INSERT, missing, [ids.get(owner[one], owner[one]) for one in missing])
    }
    created = sorted({ids[owner[one]] for one in inserted if owner[one] in ids})
    if created:
        await session.execute(_CREATE, created)


async def merge(session: Session, merges: dict[int, int], settle_seconds: float = 3.0) -> None:
    """Merge each younger conversation into its older one. Both rows are locked by the caller, in id order."""
    # Every lane at once and in id order, as everybody locks them.
    await session.fetch(_LOCK_LANES, sorted({*merges, *merges.values()}))
    for lost, kept in sorted(merges.items()):
        await session.execute(_UNCLAIM, kept)
        await session.execute(_MERGE_PENDING, lost, kept)
        await session.execute(_MERGE_INTO, lost, kept)
        await session.execute(_RETIRE, lost, kept)
        await session.execute(_MERGE_ALIASES, lost, kept)
        await session.execute(_MERGE_OUTBOX, lost, kept)
        await session.execute(_MERGE_LANES, lost, kept, settle_seconds)


class _Merges:
    """Union-find over conversation ids; the smallest id of a set survives, because it is the oldest."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def root(self, one: int) -> int:
        while (parent := self._parent.get(one, one)) != one:
            one = parent
        return one

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        self._parent[second] = first

    def losers(self, ids: Iterable[int]) -> dict[int, int]:
        return {one: self.root(one) for one in ids if self.root(one) != one}
