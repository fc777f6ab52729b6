"""The request-id ledger: what a change answered the first time, kept with the change itself (AIP-155).

A caller that does not know whether its change took effect sends it again with the same request_id and gets the first
outcome word for word, refusals included. The rows live in a table `<schema>.request` that the service's own migration
creates:

    CREATE TABLE <schema>.request (
        request_id  text PRIMARY KEY,
        fingerprint bytea NOT NULL,
        outcome     bytea NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT chassis.now()
    );
    CREATE INDEX request_created_at ON <schema>.request (created_at);
"""

import hashlib
from collections.abc import Iterable, Sequence

from google.protobuf.message import Message

from chassis import errors
from chassis.database import Database, Session, Statement
from chassis.records import record

MAX_REQUEST_ID = 128


@record
class Entry:
    """One change: its id, a digest of what was asked and the serialized answer."""

    request_id: str
    fingerprint: bytes
    outcome: bytes


def fingerprint(request: Message) -> bytes:
    """A digest of what was asked; equal for equal requests of one version of the code and of later ones."""
    return hashlib.blake2b(request.SerializeToString(deterministic=True), digest_size=16).digest()


def check_request_id(request_id: str) -> None:
    """Raise InvalidArgument unless it can be stored."""
    if not request_id or len(request_id) > MAX_REQUEST_ID or "\0" in request_id:
        raise errors.InvalidArgument("request_id is required, at most 128 characters", reason="REQUEST_ID_INVALID")


class Ledger:
    """The ledger of one service."""

    def __init__(self, schema: str) -> None:
        self._recall = Statement(
            f"{schema}.ledger_recall",
            f"SELECT request_id, fingerprint, outcome FROM {schema}.request WHERE request_id = ANY($1::text[])",  # noqa: S608
        )
        # A concurrent first use of the same id waits here for the other's commit and then fails on the key: the whole
        # change is rolled back and, tried again, finds the other's outcome.
        self._record = Statement(
            f"{schema}.ledger_record",
            f"""
            INSERT INTO {schema}.request (request_id, fingerprint, outcome)
            SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS entry (request_id, fingerprint, outcome)
            ORDER BY request_id
            """,  # noqa: S608
        )
        self._expire = Statement(
            f"{schema}.ledger_expire",
            f"""
            DELETE FROM {schema}.request WHERE request_id = ANY(ARRAY(
                SELECT request_id FROM {schema}.request
                WHERE created_at < chassis.now() - make_interval(days => $1)
                ORDER BY created_at LIMIT $2))
            """,  # noqa: S608
        )

    @property
    def statements(self) -> tuple[Statement, ...]:
        """For `analyze`."""
        return (self._recall, self._record, self._expire)

    async def recall(self, session: Session, request_ids: Iterable[str]) -> dict[str, Entry]:
        """What is known of these ids."""
        rows = await session.fetch(self._recall, list(request_ids))
        return {row["request_id"]: Entry(row["request_id"], row["fingerprint"], row["outcome"]) for row in rows}

    async def record(self, session: Session, entries: Sequence[Entry]) -> None:
        """Keep the outcomes; asyncpg.UniqueViolationError when another transaction was first with one of the ids."""
        if entries:
            await session.execute(
                self._record,
                [entry.request_id for entry in entries],
                [entry.fingerprint for entry in entries],
                [entry.outcome for entry in entries],
            )

    async def expire(self, database: Database, *, days: int = 40, limit: int = 1000) -> int:
        """Remove up to `limit` entries that nothing can repeat any more; answers how many went."""
        return await database.execute(self._expire, days, limit)


def recalled(entry: Entry, asked: bytes) -> bytes:
    """The first outcome; raises InvalidArgument REQUEST_ID_REUSED when something else was asked under this id."""
    if entry.fingerprint != asked:
        raise errors.InvalidArgument("this request_id named another request before", reason="REQUEST_ID_REUSED")
    return entry.outcome
