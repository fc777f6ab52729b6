"""Applies delivery statuses to the outbox: forward only, in batches, whatever their order.

A status names our row (its id travelled with the message) or the provider's id. One that comes before we have recorded
the provider's id waits a little; one about a message that is not ours is dropped and counted.
"""

import asyncio
import contextlib

from chassis import errors, logs
from chassis.database import Database, Session, Statement
from chassis.telemetry import Telemetry
from services.gateway.messages import Delivery, Provider
from services.gateway.providers.sending import Retry
from services.gateway.providers.twilio import errors as twilio_errors
from services.gateway.providers.whatsapp import errors as whatsapp_errors

log = logs.get(__name__)

_SWEEP_SECONDS = 0.5
_BATCH = 1000
# A message that failed after it was accepted, for a passing reason, is sent again this often in all.
_TRIES = 3

_TAKE = Statement(
    "gateway.status_take",
    """
    DELETE FROM gateway.pending_status WHERE status_id IN (
        SELECT status_id FROM gateway.pending_status WHERE due_at <= chassis.now()
        ORDER BY due_at, status_id LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING status_id, provider, provider_message_id, outbox_id, delivery, error_code, stored_at,
              stored_at < chassis.now() - interval '10 minutes' AS old
    """,
)

_FIND = Statement(
    "gateway.status_find",
    """
    SELECT outbox_id, provider_message_id FROM gateway.outbox WHERE provider_message_id = ANY($1::text[])
    """,
)

# SKIP LOCKED: a row that its sender settles right now is left for the next round, so that nobody waits in a circle.
_LOCK = Statement(
    "gateway.status_lock",
    """
    SELECT outbox_id, conversation_id, state, delivery, attempts FROM gateway.outbox WHERE outbox_id = ANY($1::bigint[])
    ORDER BY outbox_id FOR UPDATE SKIP LOCKED
    """,
)

_EXISTING = Statement(
    "gateway.status_existing", "SELECT outbox_id FROM gateway.outbox WHERE outbox_id = ANY($1::bigint[])"
)

_APPLY = Statement(
    "gateway.status_apply",
    """
    UPDATE gateway.outbox
    SET delivery = status.delivery, error_code = coalesce(status.error_code, outbox.error_code),
        provider_message_id = coalesce(outbox.provider_message_id, status.provider_message_id)
    FROM unnest($1::bigint[], $2::text[], $3::int[], $4::text[])
        AS status (outbox_id, delivery, error_code, provider_message_id)
    WHERE outbox.outbox_id = status.outbox_id
    """,
)

_PUT_BACK = Statement(
    "gateway.status_put_back",
    """
    INSERT INTO gateway.pending_status
        (provider, provider_message_id, outbox_id, delivery, error_code, stored_at, due_at)
    SELECT provider, provider_message_id, outbox_id, delivery, error_code, stored_at,
           chassis.now() + interval '1 second'
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::timestamptz[])
        AS status (provider, provider_message_id, outbox_id, delivery, error_code, stored_at)
    """,
)

_LOCK_LANE = Statement(
    "gateway.status_lock_lane", "SELECT queued FROM gateway.lane WHERE conversation_id = $1 FOR UPDATE"
)

_REQUEUE = Statement(
    "gateway.status_requeue",
    """
    UPDATE gateway.outbox SET state = 'queued', delivery = '', reason = 'failed after it was accepted',
           provider_message_id = NULL
    WHERE outbox_id = $1 AND state = 'accepted' AND delivery = 'failed'
    """,
)

_REOPEN_LANE = Statement(
    "gateway.status_reopen_lane",
    """
    UPDATE gateway.lane SET queued = queued + 1, due_at = chassis.now() + interval '2 seconds'
    WHERE conversation_id = $1
    """,
)

_BURY = Statement(
    "gateway.status_bury",
    """
    INSERT INTO gateway.dead_letter (kind, reason, conversation_id, outbox_id, provider, attempts)
    VALUES ('reply', $1, $2, $3, $4, $5)
    """,
)


class Statuses:
    """Takes statuses from their queue until cancelled; every replica may."""

    def __init__(self, database: Database, telemetry: Telemetry) -> None:
        self._database = database
        self._wake = asyncio.Event()
        self._applied = telemetry.counter("statuses", "delivery statuses by provider and what became of them")

    def hint(self) -> None:
        """There are new ones."""
        self._wake.set()

    async def run(self) -> None:
        """Apply whatever comes."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                while await self.apply() == _BATCH:
                    pass
            except errors.HailwireError as error:
                log.warning("statuses cannot be applied", reason=error.reason)
                await asyncio.sleep(_SWEEP_SECONDS)

    async def apply(self) -> int:
        """Apply one batch and answer how many were taken."""
        failed: list[tuple[int, int, str, int | None, int]] = []
        async with self._database.transaction() as session:
            rows = await session.fetch(_TAKE, _BATCH)
            if rows:
                failed = await self._apply(session, [dict(row) for row in rows])
        for outbox_id, conversation_id, provider, code, attempts in failed:
            await self._failed(outbox_id, conversation_id, provider, code, attempts)
        return len(rows)

    async def _apply(
        self, session: Session, statuses: list[dict[str, object]]
    ) -> list[tuple[int, int, str, int | None, int]]:
        unnamed = sorted({str(one["provider_message_id"]) for one in statuses if one["outbox_id"] is None})
        if unnamed:
            known = {row["provider_message_id"]: row["outbox_id"] for row in await session.fetch(_FIND, unnamed)}
            for one in statuses:
                if one["outbox_id"] is None:
                    one["outbox_id"] = known.get(one["provider_message_id"])
        ids = sorted({one["outbox_id"] for one in statuses if isinstance(one["outbox_id"], int)})
        locked = {row["outbox_id"]: dict(row) for row in await session.fetch(_LOCK, ids)} if ids else {}
        busy = set(ids) - set(locked)
        if busy:
            busy = {row["outbox_id"] for row in await session.fetch(_EXISTING, sorted(busy))}
        again = []
        changes: dict[int, dict[str, object]] = {}
        for one in statuses:
            row = locked.get(one["outbox_id"]) if isinstance(one["outbox_id"], int) else None
            if row is None:
                waits = one["outbox_id"] in busy or (one["outbox_id"] is None and not one["old"])
                self._applied.add(1, provider=str(one["provider"]), result="waits" if waits else "unknown")
                if waits:
                    again.append(one)
                continue
            forward = Delivery(str(one["delivery"])).rank > Delivery(row["delivery"] or "unknown").rank
            self._applied.add(1, provider=str(one["provider"]), result="applied" if forward else "late")
            if forward:
                row["delivery"] = one["delivery"]
                changes[row["outbox_id"]] = one
        if changes:
            await session.execute(
                _APPLY,
                list(changes),
                [one["delivery"] for one in changes.values()],
                [one["error_code"] for one in changes.values()],
                [one["provider_message_id"] or None for one in changes.values()],
            )
        if again:
            columns = ("provider", "provider_message_id", "outbox_id", "delivery", "error_code", "stored_at")
            await session.execute(_PUT_BACK, *([one[column] for one in again] for column in columns))
        return [
            (
                key,
                locked[key]["conversation_id"],
                str(one["provider"]),
                one["error_code"] if isinstance(one["error_code"], int) else None,
                locked[key]["attempts"],
            )
            for key, one in changes.items()
            if one["delivery"] == Delivery.FAILED
        ]

    async def _failed(
        self, outbox_id: int, conversation_id: int, provider: str, code: int | None, attempts: int
    ) -> None:
        classify = twilio_errors.classify if provider == Provider.TWILIO else whatsapp_errors.classify
        verdict = classify(code) if code is not None else None
        async with self._database.transaction() as session:
            if isinstance(verdict, Retry) and attempts < _TRIES:
                await session.fetchval(_LOCK_LANE, conversation_id)
                if await session.execute(_REQUEUE, outbox_id):
                    await session.execute(_REOPEN_LANE, conversation_id)
                return
            reason = f"not delivered: {getattr(verdict, 'reason', type(verdict).__name__)}"
            await session.execute(_BURY, reason, conversation_id, outbox_id, provider, attempts)
