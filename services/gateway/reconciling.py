"""Frees what the database says we hold and we do not know of.

When a commit's answer is lost, a lease may stand that nobody works on. Twice seen with the same epoch and not known
here means nobody will.
"""

import asyncio
from collections.abc import Callable

from chassis import errors, logs
from chassis.database import Database, Statement
from services.gateway.instance import Instance, free

log = logs.get(__name__)

_EVERY_SECONDS = 1.5

_LEASES = Statement(
    "gateway.reconcile_leases", "SELECT conversation_id, epoch FROM gateway.conversation WHERE instance_id = $1"
)
_LANES = Statement("gateway.reconcile_lanes", "SELECT conversation_id, epoch FROM gateway.lane WHERE instance_id = $1")

# A count that is too low would strand replies; one that is too high mends itself when the lane is taken.
_RECOUNT_LANES = Statement(
    "gateway.reconcile_recount",
    """
    UPDATE gateway.lane SET queued = unsettled.replies
    FROM (SELECT conversation_id, count(*) AS replies FROM gateway.outbox
          WHERE state IN ('queued', 'sending', 'unknown') GROUP BY conversation_id) AS unsettled
    WHERE lane.conversation_id = unsettled.conversation_id AND lane.queued < unsettled.replies
      AND lane.instance_id IS NULL
    """,
)

Held = Callable[[], dict[int, int]]


async def reconcile(database: Database, instance: Instance, turns: Held, lanes: Held) -> None:
    """Compare until cancelled."""
    suspects: set[tuple[str, int, int]] = set()
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            suspects = await _round(database, instance, turns, lanes, suspects)
        except errors.HailwireError as error:
            suspects = set()
            log.warning("leases cannot be compared", reason=error.reason)


async def _round(
    database: Database, instance: Instance, turns: Held, lanes: Held, before: set[tuple[str, int, int]]
) -> set[tuple[str, int, int]]:
    found: set[tuple[str, int, int]] = set()
    for kind, statement, held in (("turn", _LEASES, turns), ("lane", _LANES, lanes)):
        for row in await database.fetch(statement, instance.instance_id):
            if held().get(row["conversation_id"]) != row["epoch"]:
                found.add((kind, row["conversation_id"], row["epoch"]))
    twice = found & before
    forgotten = {key: epoch for kind, key, epoch in twice if kind == "turn" and turns().get(key) != epoch}
    unsent = {key: epoch for kind, key, epoch in twice if kind == "lane" and lanes().get(key) != epoch}
    if forgotten or unsent:
        async with database.transaction() as session:
            await free(session, instance.instance_id, died=False, conversations=forgotten, lanes=unsent)
        log.warning("freed leases that nobody worked on", conversations=len(forgotten), lanes=len(unsent))
    await database.execute(_RECOUNT_LANES)
    return found - before
