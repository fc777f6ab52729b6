"""What waits in the trips service's tables, for whoever watches: events that nobody has taken yet."""

from chassis.database import Statement

BACKLOG = Statement(
    "trips.backlog",
    """
    SELECT 'events' AS queue, count(*) AS items, extract(epoch FROM chassis.now() - min(created_at)) AS oldest_seconds
    FROM trips.event
    """,
    scans="what waits is few, and counted",
)
