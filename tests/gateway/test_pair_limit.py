"""Which replies may go at once, as the database decides it, beside the rule written out in Python."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.gateway import lanes
from services.gateway.lane import PAIR_BURST, PAIR_SECONDS, NewReply

Run = asyncio.Runner

LANE = """
    INSERT INTO gateway.lane (conversation_id, queued, instance_id, epoch, due_at, pair_at)
    VALUES ($1, $2, $3, 5, chassis.now() + make_interval(secs => $4), chassis.now() + make_interval(secs => $5))
"""

lane = st.fixed_dictionaries(
    {
        "queued": st.sampled_from([0, 0, 0, 2]),
        "held_by": st.sampled_from([None, None, None, 8]),
        "due_in": st.sampled_from([-5.0, -5.0, -5.0, 30.0]),
        "pair_in": st.floats(-400, 400),
        "prefix": st.sampled_from(["wa:+", "wau:RW.", "sms:+", "twa:+", "twau:RW."]),
        "replies": st.integers(1, 3),
    }
)


class Fetching:
    """What `lanes` needs of a session."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, statement: Any, *arguments: Any) -> Any:
        return await self._connection.fetch(statement.sql, *arguments)


@pytest.fixture(scope="module")
def connected(shared_database_url: str) -> Iterator[tuple[Run, Any]]:
    """A loop, and a connection that lives in it."""
    with asyncio.Runner() as run:
        connection = run.run(asyncpg.connect(shared_database_url))
        yield run, connection
        run.run(connection.close())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lane, min_size=1, max_size=4), st.sampled_from([7, 7, 7, 0]), st.integers(0, 4))
def test_the_first_reply_of_each_free_lane_goes_when_the_pair_limit_lets_it(
    connected: tuple[Run, Any], before: list[dict[str, Any]], instance_id: int, room: int
) -> None:
    """What is claimed, when a lane is due and how far it has borrowed are what the rule says, whatever was there."""
    run, connection = connected
    run.run(_compared(connection, before, instance_id, room))


async def _compared(connection: Any, before: list[dict[str, Any]], instance_id: int, room: int) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        replies = []
        for number, one in enumerate(before, 1):
            values = (one["queued"], one["held_by"], one["due_in"], one["pair_in"])
            await connection.execute(LANE, number, *values)
            replies += [_reply(number, place, one["prefix"]) for place in range(one["replies"])]
        was = {row["conversation_id"]: row for row in await connection.fetch("SELECT * FROM gateway.lane")}
        session: Any = Fetching(connection)
        claims = await lanes.enqueue(session, replies, instance_id=instance_id, room=room)
        now = await connection.fetchval("SELECT max(created_at) FROM gateway.outbox")
        lanes_now = {row["conversation_id"]: row for row in await connection.fetch("SELECT * FROM gateway.lane")}
        left = room
        for number, one in enumerate(before, 1):
            lane_was, lane_is = was[number], lanes_now[number]
            goes, due_at, pair_at = _rule(lane_was, one["prefix"], now)
            if goes:
                goes = instance_id != 0 and left > 0
                pair_at = pair_at if goes else lane_was["pair_at"]
                left -= goes
            elif instance_id == 0:
                due_at = lane_was["due_at"]
            assert (lane_is["instance_id"] == instance_id and lane_is["epoch"] == 6) == goes
            assert lane_is["instance_id"] == (instance_id if goes else one["held_by"])
            assert (lane_is["due_at"], lane_is["pair_at"]) == (due_at, pair_at)
            assert lane_is["queued"] == one["queued"] + one["replies"]
            mine = [claim for claim in claims if claim.conversation_id == number]
            assert [(claim.reply, claim.epoch, claim.attempts) for claim in mine] == [(b"0", 6, 1)] * goes
            states = (
                "SELECT array_agg((state, attempts) ORDER BY position) FROM gateway.outbox WHERE conversation_id = $1"
            )
            expected = [("sending", 1)] * goes + [("queued", 0)] * (one["replies"] - goes)
            assert await connection.fetchval(states, number) == expected
    finally:
        await transaction.rollback()


def _rule(lane: Any, prefix: str, now: Any) -> tuple[bool, Any, Any]:
    """Whether the lane's first new reply may go now, and when the lane is due and how far it has borrowed then."""
    if lane["queued"] or lane["instance_id"] is not None or lane["due_at"] > now:
        return False, lane["due_at"], lane["pair_at"]
    if prefix not in {"wa:+", "wau:RW."}:
        return True, lane["due_at"], lane["pair_at"]
    following = max(lane["pair_at"], now) + timedelta(seconds=PAIR_SECONDS)
    allowed_at = following - timedelta(seconds=PAIR_SECONDS * PAIR_BURST)
    if allowed_at > now:
        return False, allowed_at, lane["pair_at"]
    return True, lane["due_at"], following


def _reply(conversation_id: int, position: int, prefix: str) -> NewReply:
    return NewReply(
        conversation_id=conversation_id,
        cause=b"%d" % conversation_id,
        position=position,
        address=f"{prefix}250788000001",
        reply=b"%d" % position,
        traceparent="",
        last_inbound_at=None,
    )
