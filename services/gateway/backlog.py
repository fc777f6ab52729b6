"""What waits in the gateway's tables, for whoever watches: messages, replies, statuses, dead letters."""

from chassis.database import Statement

BACKLOG = Statement(
    "gateway.backlog",
    """
    WITH waiting (queue, items, oldest_at) AS (
        SELECT 'inbox', count(*), (
            SELECT stored_at FROM gateway.inbox
            WHERE (stored_on, inbox_id) = (
                SELECT stored_on, inbox_id FROM gateway.pending ORDER BY stored_on, inbox_id LIMIT 1))
        FROM gateway.pending
        UNION ALL
        SELECT 'outbox', count(*), min(created_at) FROM gateway.outbox WHERE state IN ('queued', 'sending', 'unknown')
        UNION ALL
        SELECT 'outbox unknown', count(*), min(created_at) FROM gateway.outbox
        WHERE state IN ('queued', 'sending', 'unknown') AND state = 'unknown'
        UNION ALL
        SELECT 'statuses', count(*), min(stored_at) FROM gateway.pending_status
        UNION ALL
        SELECT 'dead letters', count(*), min(created_at) FROM gateway.dead_letter WHERE resolution IS NULL
    )
    SELECT queue, items, extract(epoch FROM chassis.now() - oldest_at) AS oldest_seconds FROM waiting
    """,
    scans="what waits is few, and counted",
)
