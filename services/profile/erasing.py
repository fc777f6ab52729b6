"""Takes out everything that the profile service knows about a person. The id stays; it names nobody from then on.

Whatever else the service comes to keep about people joins in by a statement in `_EVERYTHING`.
"""

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from chassis import changes, errors
from chassis.database import Database, Session, Statement
from chassis.ledger import Entry as Kept
from chassis.ledger_search import LedgerSearch, is_exactly
from chassis.records import record
from hailwire.profile.v1 import erasure_pb2 as pb
from hailwire.profile.v1 import profile_pb2
from services.profile import audit, number_statements
from services.profile.audit import Entry
from services.profile.number_store import number_hash
from services.profile.person import PersonNotFound
from services.profile.sealed_ledger import SealedLedger, open_outcome, seal_outcome
from services.profile.sealing import Sealer
from services.profile.writing import notify_people

# The person and everybody who was merged into them, by the id of any of them; erased already or not.
_WHOLE = Statement(
    "profile.erase_whole",
    """
SELECT asked.person_id AS asked_id, whole.person_id
FROM profile.person asked
JOIN profile.person whole ON whole.person_id = coalesce(asked.merged_into, asked.person_id)
                          OR whole.merged_into = coalesce(asked.merged_into, asked.person_id)
WHERE asked.person_id = ANY($1::bigint[])
""",
)

_LOCK = Statement(
    "profile.erase_lock",
    "SELECT person_id FROM profile.person WHERE person_id = ANY($1::bigint[]) ORDER BY person_id FOR UPDATE",
)

_OTHERS = """
DELETE FROM profile.{} WHERE code = ANY(ARRAY(SELECT code FROM profile.account WHERE person_id = ANY($1::bigint[])))
"""

_EVERYTHING = (
    Statement(
        "profile.erase_person",
        """
UPDATE profile.person
SET name = '', language = '', opt_outs = '{}', quiet_from = NULL, quiet_to = NULL, version = version + 1,
    updated_at = chassis.now(), erased_at = coalesce(erased_at, chassis.now())
WHERE person_id = ANY($1::bigint[])
""",
    ),
    Statement("profile.erase_identities", "DELETE FROM profile.identity WHERE person_id = ANY($1::bigint[])"),
    Statement(
        "profile.erase_events",
        "DELETE FROM profile.event WHERE recipient_id = ANY($1::bigint[])",
        scans="events wait for moments only",
    ),
    # With their parts.
    Statement("profile.erase_documents", "DELETE FROM profile.document WHERE person_id = ANY($1::bigint[])"),
    Statement("profile.erase_certificates", "DELETE FROM profile.certificate WHERE person_id = ANY($1::bigint[])"),
    Statement("profile.erase_claims", "DELETE FROM profile.claim WHERE person_id = ANY($1::bigint[])"),
    Statement("profile.erase_enrichments", "DELETE FROM profile.enrichment_item WHERE person_id = ANY($1::bigint[])"),
    Statement("profile.erase_notes", "DELETE FROM profile.note WHERE person_id = ANY($1::bigint[])"),
    # What others call them, who know them by their wallet's code, as long as it is one.
    Statement("profile.erase_named_enrichments", _OTHERS.format("enrichment_item")),
    Statement("profile.erase_named_notes", _OTHERS.format("note")),
    # Money entries are kept, as the law has it; nobody pays into such a wallet any more.
    Statement(
        "profile.erase_wallet_codes",
        "UPDATE profile.account SET code = 'erased ' || account_id WHERE person_id = ANY($1::bigint[])",
    ),
    # Nobody comes by their invitation any more, and theirs comes to nothing. What was earned stays as ids: it is money.
    Statement("profile.erase_referral_codes", "DELETE FROM profile.referral_code WHERE person_id = ANY($1::bigint[])"),
    Statement(
        "profile.erase_referrals",
        "DELETE FROM profile.referral WHERE referred_id = ANY($1::bigint[]) AND state IN (1, 4)",
    ),
    Statement("profile.erase_saved_places", "DELETE FROM profile.saved_place WHERE person_id = ANY($1::bigint[])"),
    Statement("profile.erase_recent_places", "DELETE FROM profile.recent_place WHERE person_id = ANY($1::bigint[])"),
    Statement("profile.erase_audit", "SELECT profile.erase_audit($1)"),
)

_IDENTITIES = Statement(
    "profile.erase_known_by",
    "SELECT value_hash, value_sealed FROM profile.identity WHERE person_id = ANY($1::bigint[])",
)

# A number that they proved to a user of an outside app, or are proving: it is theirs all the same.
_NUMBERS = Statement(
    "profile.erase_numbers",
    """
WITH linked AS (
    DELETE FROM profile.user_number WHERE number_hash = ANY($1::bytea[]) RETURNING owner
), proving AS (
    DELETE FROM profile.verification WHERE number_hash = ANY($1::bytea[]) OR owner = ANY($2::bytea[]) RETURNING owner
), asked AS (
    DELETE FROM profile.code_request WHERE number_hash = ANY($1::bytea[]) OR owner = ANY($2::bytea[]) RETURNING owner
)
SELECT owner FROM linked UNION SELECT owner FROM proving UNION SELECT owner FROM asked
""",
    scans="of verifications, of which there are few: codes are good for minutes",
)

_SEARCH = LedgerSearch("profile")


@record
class Erasure:
    """Whom to erase, and at whose wish (an actor of the audit log)."""

    person_id: int
    actor: str


class _Erasing:
    """Erasures inside one transaction."""

    def __init__(self, session: Session, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer
        self._whole: dict[int, list[int]] = {}

    async def lock(self, items: Sequence[Erasure], *, wait: bool) -> set[int]:
        """The person and everybody who was merged into them, who may have become more until the lock was ours."""
        if not wait:
            return set(range(len(items)))  # each alone, and then it waits for the person
        await self._read(items)
        people = {person_id for whole in self._whole.values() for person_id in whole}
        await self._session.fetch(_LOCK, sorted(people))
        await self._read(items)
        if {person_id for whole in self._whole.values() for person_id in whole} != people:
            raise errors.Conflict("the person was merged meanwhile")
        return set()

    async def _read(self, items: Sequence[Erasure]) -> None:
        self._whole = {}
        for row in await self._session.fetch(_WHOLE, [item.person_id for item in items]):
            self._whole.setdefault(row["asked_id"], []).append(row["person_id"])

    async def decide(self, items: Sequence[Erasure]) -> list[bytes | errors.HailwireError]:
        """Take everything out, and write down that it was."""
        outcomes: list[bytes | errors.HailwireError] = []
        for item in items:
            people = sorted(self._whole.get(item.person_id, ()))
            if not people:
                # Not kept: nothing was decided about anybody.
                outcomes.append(PersonNotFound())
                continue
            await self._forget_numbers(people)
            for statement in _EVERYTHING:
                await self._session.fetch(statement, people)
            await audit.write(self._session, [Entry("person.erased", item.person_id, item.actor)])
            await notify_people(self._session, people)
            outcomes.append(pb.ErasePersonResponse(person_ids=people).SerializeToString(deterministic=True))
        return outcomes

    async def _forget_numbers(self, people: Sequence[int]) -> None:
        known = await self._session.fetch(_IDENTITIES, people)
        values = [self._sealer.open(row["value_sealed"], row["value_hash"]).decode() for row in known]
        hashes = [number_hash(self._sealer, value) for value in values]
        owners = [self._sealer.hashed("person", b"%d" % person_id) for person_id in people]
        for row in await self._session.fetch(_NUMBERS, hashes, owners):
            await self._session.fetch(number_statements.NOTIFY, row["owner"].hex())


async def erase(database: Database, sealer: Sealer, request: changes.Request[Erasure]) -> list[int]:
    """Erase a person; the ids of all that they were. Raises PersonNotFound, Conflict or InvalidArgument."""
    (outcome,) = await changes.carry_out_once(
        database, SealedLedger(sealer), lambda session: _Erasing(session, sealer), [request]
    )
    if isinstance(outcome, errors.HailwireError):
        raise outcome
    people = list(pb.ErasePersonResponse.FromString(outcome).person_ids)
    # After the change and again with each repeat: a process that dies in between leaves it to the next call.
    await _SEARCH.rewrite(database, lambda entry: _nobody(entry, set(people), sealer))
    return people


def _nobody(entry: Kept, people: set[int], sealer: Sealer) -> Kept | None:
    """What the ledger keeps of a change of one of these people: that there was one."""
    opened = open_outcome(sealer, entry.request_id, entry.outcome)
    # Money's outcomes are not sealed: they say nothing of what a person is known by.
    result = _read(opened) if opened is not None else None
    if result is None or result.person.person_id not in people:
        return None
    bare = profile_pb2.PersonResult(person=profile_pb2.Person(person_id=result.person.person_id))
    bare.person.create_time.CopyFrom(result.person.create_time)
    return Kept(
        entry.request_id, b"", seal_outcome(sealer, entry.request_id, bare.SerializeToString(deterministic=True))
    )


def _read(outcome: bytes) -> profile_pb2.PersonResult | None:
    """The outcome as a person, unless it is something else: the ledger has outcomes of every kind."""
    try:
        result = profile_pb2.PersonResult.FromString(outcome)
    except DecodeError:
        return None
    person = result.person
    whole = person.HasField("create_time") and person.HasField("update_time") and person.version > 0
    return result if whole and is_exactly(result, outcome, person) else None
