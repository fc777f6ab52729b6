"""Carries out what people ask for, in one transaction with its audit entries and events. Their rows are locked."""

import datetime
from collections.abc import Sequence
from dataclasses import replace

from chassis import changes, errors
from chassis.database import Session
from hailwire.trips.v1 import events_pb2
from services.profile import audit, events
from services.profile import statements as people_statements
from services.profile.audit import Entry
from services.profile.insurance import messages, rows, statements
from services.profile.insurance.certificate import Certificate, CertificateState, RejectionReason
from services.profile.insurance.claim import (
    MOST_OPEN_CLAIMS,
    OPEN_STATES,
    Claim,
    ClaimClosed,
    ClaimNotFound,
    ClaimState,
    ClaimsTooMany,
)
from services.profile.insurance.document import (
    MOST_DOCUMENTS,
    PART_BYTES,
    Document,
    DocumentIncomplete,
    DocumentsTooMany,
)
from services.profile.insurance.orders import MoreDocuments, NewClaim, Order, Submission
from services.profile.person import PersonNotFound

# What is an outcome, to be kept and answered to every repeat. Anything else concerns the call, not the order.
_REFUSALS = (errors.NotFound, errors.Refused, errors.InvalidArgument)


class Ordering:
    """Orders inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._survivors: dict[int, int] = {}
        self._entries: list[Entry] = []
        self._events: list[events_pb2.Event] = []

    async def lock(self, items: Sequence[Order], *, wait: bool) -> set[int]:
        """The people, or those they were merged into."""
        rows_found = await self._session.fetch(people_statements.SURVIVORS, [item.person_id for item in items])
        self._survivors = {row["person_id"]: row["survivor_id"] for row in rows_found}
        statement = people_statements.LOCK_PEOPLE if wait else people_statements.LOCK_FREE_PEOPLE
        locked_rows = await self._session.fetch(statement, sorted(set(self._survivors.values())))
        locked = {row["person_id"] for row in locked_rows}
        concerned = [
            {self._survivors[item.person_id]} if item.person_id in self._survivors else set() for item in items
        ]
        late = changes.behind(concerned, locked)
        if late and wait:
            raise errors.Conflict("the person was merged meanwhile")
        return late

    async def decide(self, items: Sequence[Order]) -> list[bytes | errors.HailwireError]:
        """Each in order; a refusal is an outcome like any other, but that there is nobody is not kept."""
        now = await self._session.fetchval(statements.NOW)
        outcomes: list[bytes | errors.HailwireError] = []
        for item in items:
            person_id = self._survivors.get(item.person_id)
            outcomes.append(PersonNotFound() if person_id is None else await self._one(person_id, item, now))
        await audit.write(self._session, self._entries)
        await events.write(self._session, self._events)
        return outcomes

    async def _one(self, person_id: int, order: Order, now: datetime.datetime) -> bytes:
        if isinstance(order, Submission):
            try:
                kept = messages.certificate_result(await self._submit(person_id, order, now))
            except _REFUSALS as refusal:
                kept = messages.certificate_result(refusal)
            return kept.SerializeToString(deterministic=True)
        try:
            told = messages.claim_result(
                await (
                    self._claim(person_id, order, now)
                    if isinstance(order, NewClaim)
                    else self._add(person_id, order, now)
                )
            )
        except _REFUSALS as refusal:
            told = messages.claim_result(refusal)
        return told.SerializeToString(deterministic=True)

    async def _submit(self, person_id: int, order: Submission, now: datetime.datetime) -> Certificate:
        waiting = await self._session.fetchrow(statements.WAITING, person_id)
        before = 0 if waiting is None else waiting["document_count"]
        ids = await self._whole(person_id, order.documents, before)
        if waiting is None:
            certificate_id = await self._session.fetchval(statements.INSERT_CERTIFICATE, person_id, now)
            found = Certificate(certificate_id, person_id, CertificateState.SUBMITTED, RejectionReason.NONE, 0, now)
        else:
            found = rows.certificate(waiting)
        await self._attach(ids, order.documents, certificate_id=found.certificate_id)
        done = replace(found, document_count=before + len(ids))
        detail = {"certificate": done.certificate_id, "documents": len(ids)}
        self._entries.append(Entry("insurance.submitted", person_id, audit.PERSON, detail))
        self._events.append(messages.of_certificate(events_pb2.EVENT_KIND_CERTIFICATE_RECEIVED, done, now))
        return done

    async def _claim(self, person_id: int, order: NewClaim, now: datetime.datetime) -> Claim:
        if await self._session.fetchval(statements.OPEN_CLAIMS, person_id) >= MOST_OPEN_CLAIMS:
            raise ClaimsTooMany
        claim_id = await self._session.fetchval(statements.INSERT_CLAIM, person_id, order.description, now)
        self._entries.append(Entry("claim.made", person_id, audit.PERSON, {"claim": claim_id}))
        return Claim(claim_id, person_id, ClaimState.SUBMITTED, 0, now)

    async def _add(self, person_id: int, order: MoreDocuments, now: datetime.datetime) -> Claim:
        row = await self._session.fetchrow(statements.GET_CLAIM, order.claim_id)
        if row is None or row["person_id"] != person_id:
            raise ClaimNotFound
        found = rows.claim(row)
        if found.state not in OPEN_STATES:
            raise ClaimClosed
        ids = await self._whole(person_id, order.documents, found.document_count)
        await self._attach(ids, order.documents, claim_id=found.claim_id)
        done = replace(found, document_count=found.document_count + len(ids))
        detail = {"claim": done.claim_id, "documents": len(ids)}
        self._entries.append(Entry("claim.documented", person_id, audit.PERSON, detail))
        self._events.append(messages.of_claim(events_pb2.EVENT_KIND_CLAIM_DOCUMENTS_RECEIVED, done, now))
        return done

    async def _whole(self, person_id: int, documents: Sequence[Document], before: int) -> list[int]:
        """The ids of documents whose parts are all there and are what was told of them."""
        if before + len(documents) > MOST_DOCUMENTS:
            raise DocumentsTooMany
        found = await self._session.fetch(statements.STORED, [one.key for one in documents], person_id)
        stored = {row["document_key"]: row for row in found}
        ids = []
        for one in documents:
            row = stored.get(one.key)
            parts = -(-one.size // PART_BYTES)
            if (
                row is None
                or (row["parts"], row["last_position"]) != (parts, parts - 1)
                or (row["size"], row["sha256"]) != (one.size, one.sha256)
            ):
                raise DocumentIncomplete
            ids.append(row["document_id"])
        return ids

    async def _attach(
        self,
        ids: Sequence[int],
        documents: Sequence[Document],
        *,
        certificate_id: int | None = None,
        claim_id: int | None = None,
    ) -> None:
        await self._session.execute(
            statements.ATTACH,
            list(ids),
            [one.mime_type for one in documents],
            certificate_id,
            claim_id,
            [one.size for one in documents],
        )
