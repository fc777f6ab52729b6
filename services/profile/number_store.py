"""Numbers as rows: what is being proved, what was, and how often somebody asked. Each change is one transaction."""

import datetime
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from google.rpc import status_pb2

from chassis import changes, errors
from chassis.database import Database, Session
from chassis.records import record
from hailwire.profile.v1 import numbers_pb2 as pb
from services.profile import number_people, verification
from services.profile import number_statements as statements
from services.profile import statements as people_statements
from services.profile.person import Channel, Identity, IdentityKind, PersonNotFound
from services.profile.rows import PeopleRows
from services.profile.sealed_ledger import SealedLedger
from services.profile.sealing import Sealer
from services.profile.store import prove
from services.profile.verification import Asked, Linked, Number, Pending

# So many rows of each kind are forgotten in one step.
_STEP = 1000
_REFUSED, _DONE = b"\x00", b"\x01"


@record
class Owner:
    """Who wants a number: a user of an outside app by a keyed hash, or one of our people by id as well."""

    hashed: bytes
    person_id: int = 0


@record
class Start:
    """A code that is about to be sent."""

    owner: Owner
    number: str = field(repr=False)
    code: str = field(repr=False)


@record
class Check:
    """A code that was typed; `number` is empty where none was named."""

    owner: Owner
    number: str = field(repr=False)
    code: str = field(repr=False)


class NumberStore:
    """The numbers of the database."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._ledger = SealedLedger(sealer)

    async def start(self, request: changes.Request[Start]) -> pb.StartVerificationResponse:
        """Remember a code; raises what refuses it."""
        outcome = await self._once(lambda session: _Starting(session, self._sealer), request)
        return pb.StartVerificationResponse.FromString(_accepted(outcome))

    async def check(self, request: changes.Request[Check]) -> pb.CheckVerificationResponse:
        """Count an attempt, and give the number to whoever typed the right code; raises VerificationFailed."""
        outcome = await self._once(lambda session: _Checking(session, self._sealer), request)
        return pb.CheckVerificationResponse.FromString(_accepted(outcome))

    async def unlink(self, request: changes.Request[Owner]) -> None:
        """Take the number from its user; raises NumberNotFound."""
        _accepted(await self._once(lambda session: _Unlinking(session, self._sealer), request))

    async def find(self, owners: Sequence[bytes]) -> dict[bytes, Number]:
        """What these users have proved to be theirs."""
        rows = await self._database.fetch(statements.FIND, list(owners))
        return {row["owner"]: Number(self._number(row), verified_at=row["verified_at"]) for row in rows}

    async def person_of(self, owner: bytes) -> int:
        """Who writes SMS from the number that this user has proved; raises NumberNotFound or PersonNotFound."""
        linked = (await self.find([owner])).get(owner)
        if linked is None:
            raise verification.NumberNotFound
        writer = await number_people.writer(self._database, self._sealer, linked.number)
        if writer is None:
            raise PersonNotFound
        return int(writer["person_id"])

    async def pending(self, owner: bytes) -> Number | None:
        """What an owner is proving, while its code counts."""
        row = await self._database.fetchrow(statements.PENDING, owner)
        return Number(self._number(row), expires_at=row["expires_at"]) if row is not None and row["open"] else None

    async def expire(self) -> int:
        """Forget what no limit counts and nobody can prove any more, a step at a time; answers how much."""
        asked = await self._database.execute(statements.FORGET_ASKED, _STEP)
        return asked + await self._database.execute(statements.FORGET_PENDING, _STEP)

    def _number(self, row: Any) -> str:
        return self._sealer.open(row["number_sealed"], row["number_hash"]).decode()

    async def _once(
        self, begin: changes.Begin[changes.Item, bytes], request: changes.Request[changes.Item]
    ) -> bytes | errors.HailwireError:
        (outcome,) = await changes.carry_out_once(self._database, self._ledger, begin, [request])
        return outcome


class _Locked:
    """What all three have in common: they wait for whoever is at the same owner, then at the same number."""

    def __init__(self, session: Session, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    async def _lock(self, space: str, hashed: bytes) -> None:
        await self._session.fetch(statements.LOCK, space, hashed)

    async def _now(self) -> datetime.datetime:
        now: datetime.datetime = await self._session.fetchval(people_statements.NOW)
        return now

    async def _changed(self, owner: Owner) -> None:
        await self._session.fetch(statements.NOTIFY, owner.hashed.hex())


class _Starting(_Locked):
    """Starts inside one transaction."""

    async def lock(self, items: Sequence[Start], *, wait: bool) -> set[int]:  # noqa: ARG002 - it always waits
        for item in items:
            await self._lock(statements.OWNERS, item.owner.hashed)
            await self._lock(statements.NUMBERS, number_hash(self._sealer, item.number))
        return set()

    async def decide(self, items: Sequence[Start]) -> list[bytes | errors.HailwireError]:
        return [await self._decided(item) for item in items]

    async def _decided(self, item: Start) -> bytes | errors.HailwireError:
        try:
            return _DONE + (await self._started(item)).SerializeToString()
        except (verification.CodeTooSoon, verification.CodeLimitReached) as refusal:
            return refusal  # later the same request may well pass: it is not kept
        except errors.HailwireError as refusal:
            return _refused(refusal)

    async def _started(self, item: Start) -> pb.StartVerificationResponse:
        owner, now = item.owner, await self._now()
        hashed = number_hash(self._sealer, item.number)
        linked = await _linked(self._session, owner, hashed)
        # What somebody has themselves is told at once; to learn of a stranger's costs one of the day's questions.
        verification.check_links([link for link in linked if link.by_owner])
        rows = await self._session.fetch(statements.ASKED, owner.hashed, hashed, now - verification.DAY)
        asked = [Asked(row["asked_at"], row["by_owner"], row["to_number"], row["sent"]) for row in rows]
        verification.check_limits(asked, now)
        writer = await number_people.writer(self._session, self._sealer, item.number)
        try:
            verification.check_links(linked)
            if writer is not None and owner.person_id and writer["person_id"] == owner.person_id:
                raise verification.NumberTaken
            if writer is not None and Channel.SMS in writer["opt_outs"]:
                raise verification.NumberOptedOut
        except errors.HailwireError:
            await self._session.execute(statements.ASK, owner.hashed, hashed, now, False)
            raise
        await self._session.execute(statements.ASK, owner.hashed, hashed, now, True)
        salt, expires_at = secrets.token_bytes(16), now + verification.CODE_LIFE
        await self._session.execute(
            statements.BEGIN,
            owner.hashed,
            hashed,
            self._sealer.seal(item.number.encode(), hashed),
            salt,
            _code_hash(self._sealer, salt, item.code),
            expires_at,
        )
        await self._changed(owner)
        response = pb.StartVerificationResponse(language=writer["language"] if writer is not None else "")
        response.expire_time.FromDatetime(expires_at)
        response.resend_time.FromDatetime(now + verification.RESEND_COOLDOWN)
        return response


class _Checking(_Locked):
    """Attempts inside one transaction."""

    def __init__(self, session: Session, sealer: Sealer) -> None:
        super().__init__(session, sealer)
        self._pending: dict[bytes, Any] = {}

    async def lock(self, items: Sequence[Check], *, wait: bool) -> set[int]:  # noqa: ARG002 - it always waits
        for item in items:
            await self._lock(statements.OWNERS, item.owner.hashed)
            row = await self._session.fetchrow(statements.PENDING, item.owner.hashed)
            if row is not None:
                self._pending[item.owner.hashed] = row
                await self._lock(statements.NUMBERS, row["number_hash"])
        return set()

    async def decide(self, items: Sequence[Check]) -> list[bytes | errors.HailwireError]:
        return [await self._decided(item) for item in items]

    async def _decided(self, item: Check) -> bytes:
        try:
            return _DONE + (await self._checked(item)).SerializeToString()
        except errors.HailwireError as refusal:
            return _refused(refusal)

    async def _checked(self, item: Check) -> pb.CheckVerificationResponse:
        owner, now = item.owner, await self._now()
        row = self._pending.get(owner.hashed)
        if row is None or not self._proves(row, item, now):
            await self._session.execute(statements.COUNT, owner.hashed)
            raise verification.VerificationFailed
        # Used, whatever comes now.
        await self._session.execute(statements.END, owner.hashed)
        await self._changed(owner)
        number = self._sealer.open(row["number_sealed"], row["number_hash"]).decode()
        if owner.person_id:
            identity = Identity(IdentityKind.SMS_NUMBER, number)
            former = await number_people.writer(self._session, self._sealer, number)
            await prove(self._session, PeopleRows(self._sealer), owner.person_id, identity)
            await number_people.hand_over(self._session, former, row["number_hash"], owner.person_id)
        else:
            verification.check_links(await _linked(self._session, owner, row["number_hash"]))
            sealed = row["number_sealed"]
            await self._session.execute(statements.LINK, owner.hashed, row["number_hash"], sealed, now)
            await number_people.tell(self._session, self._sealer, number_people.LINKED, number)
        response = pb.CheckVerificationResponse(number=number)
        response.verify_time.FromDatetime(now)
        return response

    def _proves(self, row: Any, item: Check, now: datetime.datetime) -> bool:
        right = hmac.compare_digest(_code_hash(self._sealer, row["salt"], item.code), row["code_hash"])
        named = number_hash(self._sealer, item.number) if item.number else None
        pending = Pending(row["number_hash"], row["attempts"], row["expires_at"])
        return verification.proves(pending, named, now, right_code=right)


class _Unlinking(_Locked):
    """Unlinking inside one transaction."""

    async def lock(self, items: Sequence[Owner], *, wait: bool) -> set[int]:  # noqa: ARG002 - it always waits
        for owner in items:
            await self._lock(statements.OWNERS, owner.hashed)
        return set()

    async def decide(self, items: Sequence[Owner]) -> list[bytes | errors.HailwireError]:
        return [await self._decided(owner) for owner in items]

    async def _decided(self, owner: Owner) -> bytes:
        gone = await self._session.fetchrow(statements.UNLINK, owner.hashed)
        ended = await self._session.execute(statements.END, owner.hashed)
        if gone is None and not ended:
            return _refused(verification.NumberNotFound())
        if gone is not None:
            number = self._sealer.open(gone["number_sealed"], gone["number_hash"]).decode()
            await number_people.tell(self._session, self._sealer, number_people.UNLINKED, number)
        await self._changed(owner)
        return _DONE


def number_hash(sealer: Sealer, number: str) -> bytes:
    """By which a number is found among those that are linked or being proved."""
    return sealer.hashed("number", number.encode())


def _code_hash(sealer: Sealer, salt: bytes, code: str) -> bytes:
    return sealer.hashed("code", salt, code.encode())


async def _linked(session: Session, owner: Owner, hashed: bytes) -> list[Linked]:
    """Persons have identities instead, and whether a user of an app has the same number is no matter of theirs."""
    if owner.person_id:
        return []
    rows = await session.fetch(statements.LINKED, owner.hashed, hashed)
    return [Linked(row["by_owner"], row["to_number"]) for row in rows]


def _refused(refusal: errors.HailwireError) -> bytes:
    """An outcome to keep; raises what will pass by itself."""
    if errors.is_transient(refusal):
        raise refusal
    status: bytes = errors.to_status(refusal).SerializeToString(deterministic=True)
    return _REFUSED + status


def _accepted(outcome: bytes | errors.HailwireError) -> bytes:
    """What a change answered; raises what it refused."""
    if isinstance(outcome, errors.HailwireError):
        raise outcome
    if outcome[:1] == _REFUSED:
        raise errors.from_status(status_pb2.Status.FromString(outcome[1:]))
    return outcome[1:]
