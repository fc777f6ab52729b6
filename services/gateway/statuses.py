"""Applies delivery statuses to the outbox: forward only, in batches, whatever their order.

A status names our row (its id travelled with the message) or the provider's id. One that comes before we have recorded
the provider's id waits a little; one about a message that is not ours is dropped and counted. Taking a status, applying
it and what follows from a failure (sent again, or a dead letter) are one transaction.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

from opentelemetry.trace import SpanKind

from chassis import errors, logs
from chassis.database import Database, Session, Statement
from chassis.telemetry import Telemetry, failed
from services.gateway.messages import Delivery, Provider
from services.gateway.providers.sending import OptedOut, Retry, Verdict, WindowClosed
from services.gateway.providers.twilio import errors as twilio_errors
from services.gateway.providers.whatsapp import errors as whatsapp_errors

log = logs.get(__name__)

_SWEEP_SECONDS = 0.5
# A batch is some round trips, however few it holds, and hardly anybody waits for it: after one others may gather.
_REST_SECONDS = 0.1
_BATCH = 1000
# A message that failed after it was accepted, for a passing reason, is sent again this often in all.
_TRIES = 3

_TAKE = Statement(
    "gateway.status_take",
    """
    DELETE FROM gateway.pending_status WHERE status_id IN (
        SELECT status_id FROM gateway.pending_status WHERE due_at <= chassis.now()
        ORDER BY due_at, status_id LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING status_id, provider, provider_message_id, outbox_id, delivery, error_code, stored_at, traceparent,
              stored_at < (SELECT chassis.now()) - interval '10 minutes' AS old
    """,
)

_FIND = Statement(
    "gateway.status_find",
    "SELECT outbox_id, provider_message_id FROM gateway.outbox WHERE provider_message_id = ANY($1::text[])",
)

_ROWS = Statement(
    "gateway.status_rows", "SELECT outbox_id, conversation_id FROM gateway.outbox WHERE outbox_id = ANY($1::bigint[])"
)

# Lanes first and in id order, as everybody locks them.
_LOCK_LANES = Statement(
    "gateway.status_lock_lanes",
    "SELECT conversation_id FROM gateway.lane WHERE conversation_id = ANY($1::bigint[]) ORDER BY 1 FOR UPDATE",
)

# SKIP LOCKED: a row that its sender settles right now is left for the next round, so that nobody waits in a circle.
_LOCK = Statement(
    "gateway.status_lock",
    """
    SELECT outbox_id, conversation_id, state, delivery, failures, provider_message_id AS known_id, traceparent
    FROM gateway.outbox WHERE outbox_id = ANY($1::bigint[]) ORDER BY outbox_id FOR UPDATE SKIP LOCKED
    """,
)

_APPLY = Statement(
    "gateway.status_apply",
    """
    UPDATE gateway.outbox
    SET delivery = status.delivery, error_code = coalesce(status.error_code, outbox.error_code),
        state = status.state, failures = status.failures,
        provider_message_id = CASE WHEN status.forget THEN NULL
                                   ELSE coalesce(outbox.provider_message_id, status.provider_message_id) END
    FROM unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::text[], $6::boolean[],
                $7::smallint[])
        AS status (outbox_id, delivery, error_code, provider_message_id, state, forget, failures)
    WHERE outbox.outbox_id = status.outbox_id
    """,
)

_COUNT = Statement(
    "gateway.status_count_lanes",
    """
    UPDATE gateway.lane
    SET queued = lane.queued + changed.added, due_at = greatest(due_at, chassis.now() + interval '2 seconds')
    FROM unnest($1::bigint[], $2::int[]) AS changed (conversation_id, added)
    WHERE lane.conversation_id = changed.conversation_id
    """,
)

_PUT_BACK = Statement(
    "gateway.status_put_back",
    """
    INSERT INTO gateway.pending_status
        (provider, provider_message_id, outbox_id, delivery, error_code, stored_at, traceparent, due_at)
    SELECT provider, provider_message_id, outbox_id, delivery, error_code, stored_at, traceparent,
           -- About nobody we know, most likely: asked ever more seldom, because such a flood must not keep us busy.
           -- A reply of ours is only in somebody's hand for a moment, however long ago it was told of.
           (SELECT chassis.now()) + CASE WHEN outbox_id IS NOT NULL THEN interval '1 second'
               ELSE greatest(interval '1 second', ((SELECT chassis.now()) - stored_at) / 2) END
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::timestamptz[], $7::text[])
        AS status (provider, provider_message_id, outbox_id, delivery, error_code, stored_at, traceparent)
    """,
)

_BURY = Statement(
    "gateway.status_bury",
    """
    INSERT INTO gateway.dead_letter (kind, reason, conversation_id, outbox_id, provider, attempts)
    SELECT 'reply', dead.reason, outbox.conversation_id, outbox.outbox_id, dead.provider, outbox.attempts
    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS dead (outbox_id, reason, provider)
    JOIN gateway.outbox USING (outbox_id)
    """,
)

# The columns of a status that is put back.
_KEPT = ("provider", "provider_message_id", "outbox_id", "delivery", "error_code", "stored_at", "traceparent")


@dataclass
class _Row:
    """A locked row of the outbox and what the statuses of this batch make of it."""

    outbox_id: int
    conversation_id: int
    state: str
    delivery: str
    # How often it was accepted and then failed.
    failures: int
    # The provider's id of the copy that counts.
    known_id: str | None
    # The span that sent it.
    traceparent: str
    error_code: int | None = None
    provider_message_id: str | None = None
    # The message of this id failed; the next copy gets another.
    forget: bool = False
    # Change of the lane's count.
    added: int = 0
    buried: str = ""
    provider: str = ""
    changed: bool = False


class Statuses:
    """Takes statuses from their queue until cancelled; every replica may."""

    def __init__(self, database: Database, telemetry: Telemetry) -> None:
        self._database = database
        self._telemetry = telemetry
        self._wake = asyncio.Event()
        self._applied = telemetry.counter("statuses", "delivery statuses by provider and what became of them")
        self._skipped = telemetry.counter("replies_skipped", "replies that were not sent, by reason")

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
                while (taken := await self.apply()) == _BATCH:
                    pass
                if taken:
                    await asyncio.sleep(_REST_SECONDS)
            except errors.HailwireError as error:
                log.warning("statuses cannot be applied", reason=error.reason)
                await asyncio.sleep(_SWEEP_SECONDS)

    async def apply(self) -> int:
        """Apply one batch and answer how many were taken."""
        async with self._database.transaction() as session:
            statuses = [dict(row) for row in await session.fetch(_TAKE, _BATCH)]
            if statuses:
                with self._telemetry.batch_span("apply statuses", [one["traceparent"] for one in statuses]):
                    await self._applied_to_rows(session, statuses)
        return len(statuses)

    async def _applied_to_rows(self, session: Session, statuses: list[dict[str, Any]]) -> None:
        existing = await self._named(session, statuses)
        failed = {one["outbox_id"] for one in statuses if one["delivery"] == Delivery.FAILED}
        lanes = sorted({existing[one] for one in failed if one in existing})
        if lanes:
            await session.fetch(_LOCK_LANES, lanes)
        rows = {row["outbox_id"]: _Row(**row) for row in await session.fetch(_LOCK, sorted(existing))}
        again = []
        for one in statuses:
            row = rows.get(one["outbox_id"])
            if row is not None and not (one["delivery"] == Delivery.FAILED and row.state == "sending"):
                result = self._apply_one(row, one)
            elif one["outbox_id"] in existing or (one["outbox_id"] is None and not one["old"]):
                # Being settled right now, or perhaps not recorded yet.
                result = "waits"
                again.append(one)
            else:
                result = "unknown"
            self._applied.add(1, provider=one["provider"], result=result)
            if row is not None and result != "waits":
                self._trace(row, one, result)
        await self._write(session, [row for row in rows.values() if row.changed], again)

    @staticmethod
    async def _named(session: Session, statuses: list[dict[str, Any]]) -> dict[int, int]:
        """Put our row's id into each status whose row is known; answers the conversation of each row."""
        unnamed = sorted({one["provider_message_id"] for one in statuses if one["outbox_id"] is None})
        if unnamed:
            found = {row["provider_message_id"]: row["outbox_id"] for row in await session.fetch(_FIND, unnamed)}
            for one in statuses:
                if one["outbox_id"] is None:
                    one["outbox_id"] = found.get(one["provider_message_id"])
        ids = sorted({one["outbox_id"] for one in statuses if one["outbox_id"] is not None})
        rows = await session.fetch(_ROWS, ids) if ids else []
        return {row["outbox_id"]: row["conversation_id"] for row in rows}

    def _apply_one(self, row: _Row, status: dict[str, Any]) -> str:
        delivery = Delivery(status["delivery"])
        if delivery.rank <= Delivery(row.delivery or "unknown").rank:
            return "late"
        if row.state == "queued" and delivery.rank <= Delivery.FAILED.rank:
            return "late"  # of an earlier copy: the next is on its way anyhow
        if delivery is Delivery.FAILED and row.known_id not in {None, status["provider_message_id"]}:
            return "late"  # of a copy that we gave up on; the one after it was taken
        row.changed = True
        row.delivery = delivery
        row.provider = status["provider"]
        row.error_code = status["error_code"]
        row.provider_message_id = status["provider_message_id"] or None
        if delivery is Delivery.FAILED:
            self._failed(row)
        return "applied"

    def _trace(self, row: _Row, status: dict[str, Any], result: str) -> None:
        """The end of a reply's way: below its sending, linked to the webhook that told."""
        with self._telemetry.span(
            "delivery status",
            kind=SpanKind.CONSUMER,
            parent=row.traceparent,
            links=[status["traceparent"]],
            attributes={
                "hailwire.delivery": status["delivery"],
                "hailwire.provider": status["provider"],
                "hailwire.result": result,
            },
        ) as span:
            if status["delivery"] == Delivery.FAILED:
                failed(span, f"provider code {status['error_code']}")

    def _failed(self, row: _Row) -> None:
        verdict = _verdict(row)
        unsettled = row.state == "unknown"  # and counted by its lane
        row.failures += 1
        if isinstance(verdict, Retry) and row.failures < _TRIES:
            row.state, row.delivery, row.forget = "queued", "", True
            row.added += 0 if unsettled else 1
            return
        if unsettled:
            row.state = "failed"
            row.added -= 1
        if isinstance(verdict, WindowClosed | OptedOut):
            self._skipped.add(1, reason="window_closed" if isinstance(verdict, WindowClosed) else "opted_out")
        else:
            row.buried = f"not delivered: {getattr(verdict, 'reason', 'no code')}"

    async def _write(self, session: Session, rows: list[_Row], again: list[dict[str, Any]]) -> None:
        if rows:
            await session.execute(
                _APPLY,
                [row.outbox_id for row in rows],
                [row.delivery for row in rows],
                [row.error_code for row in rows],
                [row.provider_message_id for row in rows],
                [row.state for row in rows],
                [row.forget for row in rows],
                [row.failures for row in rows],
            )
        counted = [row for row in rows if row.added]
        if counted:
            added: dict[int, int] = {}
            for row in counted:
                added[row.conversation_id] = added.get(row.conversation_id, 0) + row.added
            await session.execute(_COUNT, list(added), list(added.values()))
        buried = [row for row in rows if row.buried]
        if buried:
            await session.execute(
                _BURY,
                [row.outbox_id for row in buried],
                [row.buried for row in buried],
                [row.provider for row in buried],
            )
        if again:
            await session.execute(_PUT_BACK, *([one[column] for one in again] for column in _KEPT))


def _verdict(row: _Row) -> Verdict | None:
    if row.error_code is None:
        return None
    classify = twilio_errors.classify if row.provider == Provider.TWILIO else whatsapp_errors.classify
    return classify(row.error_code)
