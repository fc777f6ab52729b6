"""Forgets in small steps: ids after their days, raw messages by whole days, settled replies, resolved dead letters."""

import asyncio
import contextlib
from datetime import date, timedelta

import asyncpg

from chassis import errors, logs
from chassis.database import Database, Statement

log = logs.get(__name__)

_EVERY_SECONDS = 600.0
_STEP = 5000
# Days ahead for which partitions stand ready.
_DAYS_AHEAD = 3

_TODAY = Statement("gateway.retention_today", "SELECT (chassis.now() AT TIME ZONE 'UTC')::date")

_PARTITIONS = Statement(
    "gateway.retention_partitions",
    """
    SELECT child.relname AS name FROM pg_inherits
    JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
    WHERE pg_inherits.inhparent = 'gateway.inbox'::regclass AND child.relname ~ '^inbox_[0-9]{8}$'
    ORDER BY 1
    """,
)

_DAY_PENDING = Statement(
    "gateway.retention_day_pending",
    "SELECT EXISTS (SELECT FROM gateway.pending WHERE stored_on = $1)",
    scans="it stops at the first one, what waits is few, and it asks once a day",
)

# Arrays instead of joins: a plan made for any LIMIT would read the whole table to delete a step's rows.
_STEPS = (
    Statement(
        "gateway.retention_keys",
        """
        DELETE FROM gateway.inbox_key WHERE key = ANY(ARRAY(
            SELECT key FROM gateway.inbox_key WHERE stored_at < chassis.now() - make_interval(days => $1)
            ORDER BY stored_at LIMIT $2))
        """,
    ),
    Statement(
        "gateway.retention_outbox",
        """
        DELETE FROM gateway.outbox WHERE outbox_id = ANY(ARRAY(
            SELECT outbox_id FROM gateway.outbox
            WHERE created_at < chassis.now() - make_interval(days => $1)
              AND state NOT IN ('queued', 'sending', 'unknown')
            ORDER BY created_at LIMIT $2))
        """,
    ),
    Statement(
        "gateway.retention_dead_letters",
        """
        DELETE FROM gateway.dead_letter WHERE dead_letter_id = ANY(ARRAY(
            SELECT dead_letter_id FROM gateway.dead_letter
            WHERE created_at < (SELECT chassis.now()) - make_interval(days => $1) LIMIT $2))
        """,
        scans="dead letters are few, and this looks once in ten minutes",
    ),
    # What came before its day's partition stood ready.
    Statement(
        "gateway.retention_other",
        """
        DELETE FROM gateway.inbox_other WHERE (stored_on, inbox_id) IN (
            SELECT stored_on, inbox_id FROM gateway.inbox_other AS other
            WHERE stored_on < (chassis.now() AT TIME ZONE 'UTC')::date - $1::int
              AND NOT EXISTS (SELECT FROM gateway.pending WHERE pending.stored_on = other.stored_on) LIMIT $2)
        """,
        scans="what came before its day's partition stood ready is next to nothing",
    ),
)


# What was asked last and what had been answered, places among it. Who asked for silence stays remembered.
_STATES = Statement(
    "gateway.retention_states",
    """
    UPDATE gateway.conversation SET state_name = '', state_version = 0, state_data = '{}', state_expires_at = NULL
    WHERE conversation_id = ANY(ARRAY(
        SELECT conversation_id FROM gateway.conversation
        WHERE last_inbound_at < (SELECT chassis.now()) - make_interval(days => $1) AND state_data <> '{}'
          AND NOT silenced AND pending = 0 AND instance_id IS NULL
        LIMIT $2 FOR UPDATE SKIP LOCKED))
    """,
    scans="once a day; an index on when people last wrote would cost each message",
)


class Retention:
    """Runs in every instance; the steps are idempotent and small, so that two at once do no harm."""

    def __init__(
        self,
        database: Database,
        *,
        key_days: int,
        outbox_days: int,
        dead_letter_days: int,
        inbox_days: int,
        state_days: int,
    ) -> None:
        self._database = database
        self._days = (key_days, outbox_days, dead_letter_days, inbox_days)
        self._inbox_days = inbox_days
        self._state_days = state_days
        self._looked_on: date | None = None

    async def run(self) -> None:
        """Look after it until cancelled."""
        while True:
            try:
                await self.once()
            except errors.HailwireError as error:
                log.warning("retention postponed", reason=error.reason)
                await asyncio.sleep(5)
                continue
            await asyncio.sleep(_EVERY_SECONDS)

    async def once(self) -> int:
        """Make partitions, drop old ones, delete what is over; answers how many rows and partitions went."""
        gone = await self._partitions()
        for statement, days in zip(_STEPS, self._days, strict=True):
            while deleted := await self._database.execute(statement, days, _STEP):
                gone += deleted
                if deleted < _STEP:
                    break
        return gone + await self._states()

    async def _states(self) -> int:
        """Once a day."""
        today: date = await self._database.fetchval(_TODAY)
        gone = 0
        if today != self._looked_on:
            while forgotten := await self._database.execute(_STATES, self._state_days, _STEP):
                gone += forgotten
                if forgotten < _STEP:
                    break
            self._looked_on = today
        return gone

    async def _partitions(self) -> int:
        today = await self._database.fetchval(_TODAY)
        existing = {row["name"] for row in await self._database.fetch(_PARTITIONS)}
        for ahead in range(_DAYS_AHEAD + 1):
            day = today + timedelta(days=ahead)
            name = f"inbox_{day:%Y%m%d}"
            if name not in existing:
                await self._change(
                    f"CREATE TABLE IF NOT EXISTS gateway.{name} PARTITION OF gateway.inbox "
                    f"FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"
                )
        dropped = 0
        oldest = f"inbox_{today - timedelta(days=self._inbox_days):%Y%m%d}"
        for name in sorted(existing):
            if name < oldest:
                day = today.replace(year=int(name[6:10]), month=int(name[10:12]), day=int(name[12:14]))
                if not await self._database.fetchval(_DAY_PENDING, day):
                    dropped += await self._change(f"DROP TABLE gateway.{name}")
        return dropped

    async def _change(self, ddl: str) -> int:
        # A moment's lock on the parent; when it is not to be had at once, the next round will do. A store may wait
        # behind us for a turn's commit that waits behind us, too: give up before PostgreSQL's deadlock_timeout does.
        with contextlib.suppress(errors.Conflict):
            async with self._database.transaction() as session:
                try:
                    await session.connection.execute("SET LOCAL lock_timeout = '500ms'")
                    await session.connection.execute(ddl)
                except (asyncpg.CheckViolationError, asyncpg.DuplicateTableError, asyncpg.UndefinedTableError) as error:
                    # Rows of that day lie in the default partition, or another replica was faster.
                    log.info("partition left as it is", error=type(error).__name__)
                    raise errors.Conflict("partition left as it is") from error
            return 1
        return 0
