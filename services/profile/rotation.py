"""Seals anew, with the first of NUMBER_KEYS, whatever an older key has sealed: in small steps, beside the running mesh.

Each table is walked once along its key. A row that somebody changes meanwhile is left alone: the services seal with the
first key too, once they were told of it.
"""

from collections.abc import AsyncGenerator
from typing import Any

import asyncpg

from chassis.database import Statement
from chassis.records import record
from services.profile.sealing import Sealer

# So many rows are read, sealed and written in one step: milliseconds, and no lock is held longer.
STEP = 500


@record
class _Table:
    """Where sealed values lie. `walk` answers rows of (key..., bound, sealed or NULL); `write` replaces one."""

    name: str
    walk: Statement
    write: Statement
    # The place before the first row.
    start: tuple[Any, ...]


WALK_IDENTITIES = Statement(
    "profile.rotate_walk_identities",
    """
SELECT kind, value_hash, value_hash AS bound, value_sealed AS sealed
FROM profile.identity WHERE (kind, value_hash) > ($1::smallint, $2::bytea) ORDER BY kind, value_hash LIMIT $3
""",
)
WRITE_IDENTITY = Statement(
    "profile.rotate_identity",
    """
UPDATE profile.identity SET value_sealed = $4::bytea
WHERE kind = $1::smallint AND value_hash = $2::bytea AND value_sealed = $3::bytea
""",
)
WALK_NUMBERS = Statement(
    "profile.rotate_walk_numbers",
    """
SELECT owner, number_hash AS bound, number_sealed AS sealed
FROM profile.user_number WHERE owner > $1::bytea ORDER BY owner LIMIT $2
""",
)
WRITE_NUMBER = Statement(
    "profile.rotate_number",
    "UPDATE profile.user_number SET number_sealed = $3::bytea WHERE owner = $1::bytea AND number_sealed = $2::bytea",
)
WALK_VERIFICATIONS = Statement(
    "profile.rotate_walk_verifications",
    """
SELECT owner, number_hash AS bound, number_sealed AS sealed
FROM profile.verification WHERE owner > $1::bytea ORDER BY owner LIMIT $2
""",
)
WRITE_VERIFICATION = Statement(
    "profile.rotate_verification",
    "UPDATE profile.verification SET number_sealed = $3::bytea WHERE owner = $1::bytea AND number_sealed = $2::bytea",
)
# Only those that are marked are sealed (sealed_ledger.py); the others are walked over, so that a step stays a step.
WALK_REQUESTS = Statement(
    "profile.rotate_walk_requests",
    """
SELECT request_id, convert_to(request_id, 'UTF8') AS bound,
       CASE WHEN substring(outcome FOR 1) = '\\x00'::bytea THEN substring(outcome FROM 2) END AS sealed
FROM profile.request WHERE request_id > $1::text ORDER BY request_id LIMIT $2
""",
)
WRITE_REQUEST = Statement(
    "profile.rotate_request",
    """
UPDATE profile.request SET outcome = '\\x00'::bytea || $3::bytea
WHERE request_id = $1::text AND outcome = '\\x00'::bytea || $2::bytea
""",
)

TABLES = (
    _Table("identities", WALK_IDENTITIES, WRITE_IDENTITY, (-32768, b"")),
    _Table("linked numbers", WALK_NUMBERS, WRITE_NUMBER, (b"",)),
    _Table("verifications", WALK_VERIFICATIONS, WRITE_VERIFICATION, (b"",)),
    _Table("kept answers", WALK_REQUESTS, WRITE_REQUEST, ("",)),
)


@record
class Progress:
    """After a step: rows looked at in this table so far, and rows sealed anew."""

    table: str
    seen: int
    sealed: int
    done: bool


async def rotate(connection: asyncpg.Connection, sealer: Sealer, *, step: int = STEP) -> AsyncGenerator[Progress, None]:
    """Walk through everything, a step at a time; raises SealBroken at a row that no key of ours opens."""
    for table in TABLES:
        place, seen, sealed = table.start, 0, 0
        while True:
            rows = await connection.fetch(table.walk.sql, *place, step)
            old = [row for row in rows if row["sealed"] and not row["sealed"].startswith(sealer.current)]
            async with connection.transaction():
                for row in old:
                    anew = sealer.seal(sealer.open(row["sealed"], row["bound"]), row["bound"])
                    key = tuple(row)[: len(table.start)]
                    done = await connection.execute(table.write.sql, *key, row["sealed"], anew)
                    sealed += done == "UPDATE 1"
            seen += len(rows)
            yield Progress(table.name, seen, sealed, done=len(rows) < step)
            if len(rows) < step:
                break
            place = tuple(rows[-1])[: len(table.start)]
