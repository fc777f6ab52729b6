"""Finds and rewrites what the ledger of a service (chassis/ledger.py) keeps of a person who is being erased.

Outcomes are serialized messages, which no index knows from inside. An erasure is rare: it reads the ledger from end to
end in steps that take milliseconds each, and looks with the message's own parser at what a search of the bytes finds.
"""

from collections.abc import AsyncIterator, Callable, Sequence

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from chassis.database import Database, Statement
from chassis.ledger import Entry

_STEP = 2000


class LedgerSearch:
    """The ledger of one service, from end to end."""

    def __init__(self, schema: str) -> None:
        # The last id of the step comes along, also when nothing was found in it.
        self._look = Statement(
            f"{schema}.ledger_search",
            f"""
            WITH step AS MATERIALIZED (
                SELECT request_id, fingerprint, outcome FROM {schema}.request WHERE request_id > $1
                ORDER BY request_id LIMIT $2)
            SELECT last.request_id AS last, found.request_id, found.fingerprint, found.outcome
            FROM (SELECT max(request_id) AS request_id FROM step) AS last
            LEFT JOIN (
                SELECT * FROM step
                WHERE $3::bytea[] IS NULL
                   OR EXISTS (SELECT FROM unnest($3::bytea[]) AS wanted (part) WHERE position(part IN outcome) > 0)
            ) AS found ON true
            """,  # noqa: S608
        )
        # What came with another fingerprint is refused: nobody repeats for somebody who is gone.
        self._rewrite = Statement(
            f"{schema}.ledger_rewrite",
            f"""
            UPDATE {schema}.request SET fingerprint = entry.fingerprint, outcome = entry.outcome
            FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS entry (request_id, fingerprint, outcome)
            WHERE request.request_id = entry.request_id
            """,  # noqa: S608
        )

    @property
    def statements(self) -> tuple[Statement, ...]:
        """For `analyze`."""
        return (self._look, self._rewrite)

    async def rewrite(
        self, database: Database, anew: Callable[[Entry], Entry | None], parts: Sequence[bytes] | None = None
    ) -> int:
        """Ask `anew` about each entry, with `parts` only those with one of them; answers how many became another."""
        rewritten = 0
        async for found in self._found(database, parts):
            entries = [entry for one in found if (entry := anew(one)) is not None and entry != one]
            if entries:
                rewritten += await database.execute(
                    self._rewrite,
                    [entry.request_id for entry in entries],
                    [entry.fingerprint for entry in entries],
                    [entry.outcome for entry in entries],
                )
        return rewritten

    async def _found(self, database: Database, parts: Sequence[bytes] | None) -> AsyncIterator[list[Entry]]:
        last: str | None = ""
        while last is not None:
            rows = await database.fetch(self._look, last, _STEP, None if parts is None else list(parts))
            last = rows[0]["last"]
            yield [
                Entry(row["request_id"], row["fingerprint"], row["outcome"])
                for row in rows
                if row["request_id"] is not None
            ]


def field(number: int, value: int) -> bytes:
    """How a serialized message says that the whole number in a field is this one."""
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def is_exactly(message: Message, outcome: bytes, *within: Message) -> bool:
    """Whether an outcome is a message of this kind, with these in it: one of another kind leaves fields over."""
    left_over = any(len(UnknownFieldSet(one)) for one in (message, *within))
    return not left_over and message.SerializeToString(deterministic=True) == outcome
