"""What operators do with certificates and claims, on the database itself: looking, reading documents, deciding.

No RPC leads here: whoever may call the service approves nothing, and reads nobody's papers.
"""

import contextlib
import datetime
from collections.abc import AsyncIterator, Mapping

from chassis import errors
from chassis.database import Database, DatabaseSettings, Session, open_database
from chassis.records import record
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from hailwire.trips.v1 import events_pb2
from services.profile import audit, events
from services.profile import statements as people_statements
from services.profile.audit import Entry
from services.profile.insurance import listing, messages, rows, statements
from services.profile.insurance.certificate import (
    Certificate,
    CertificateNotFound,
    CertificateState,
    RejectionReason,
    approved,
    next_due,
    rejected,
)
from services.profile.insurance.claim import Claim, ClaimNotFound, ClaimState, moved
from services.profile.insurance.settings import InsuranceSettings
from services.profile.insurance.terms import Terms


class DocumentNotFound(errors.NotFound):
    """There is no document with that id, or its parts are still coming in."""

    reason = "DOCUMENT_NOT_FOUND"


@record
class Paper:
    """A document of a certificate or claim, without its content."""

    document_id: int
    mime_type: str
    size: int


class Operator:
    """Somebody at the keyboard, by the name that the audit log has."""

    def __init__(self, database: Database, terms: Terms, actor: str) -> None:
        self._database = database
        self._terms = terms
        self._actor = actor

    async def certificates(self, state: CertificateState | None, most: int) -> list[Certificate]:
        """Those in one state, the oldest first; without one all, the newest first."""
        page = await listing.certificates(state).limit(most).execute(self._database)
        return [rows.certificate(row) for row in page.rows]

    async def claims(self, state: ClaimState | None, most: int) -> list[Claim]:
        """Those in one state, the oldest first; without one all, the newest first."""
        page = await listing.claims(state).limit(most).execute(self._database)
        return [rows.claim(row) for row in page.rows]

    async def certificate(self, certificate_id: int) -> tuple[Certificate, list[Paper]]:
        """One with its documents; raises CertificateNotFound."""
        row = await self._database.fetchrow(statements.GET_CERTIFICATE, certificate_id)
        if row is None:
            raise CertificateNotFound
        papers = await self._database.fetch(statements.DOCUMENTS_OF, certificate_id)
        return rows.certificate(row), [Paper(**paper) for paper in papers]

    async def claim(self, claim_id: int) -> tuple[Claim, str, list[Paper]]:
        """One with what its person wrote and its documents; raises ClaimNotFound."""
        row = await self._database.fetchrow(statements.GET_CLAIM, claim_id)
        if row is None:
            raise ClaimNotFound
        described = await self._database.fetchval(statements.DESCRIPTION, claim_id)
        papers = await self._database.fetch(statements.DOCUMENTS_OF_CLAIM, claim_id)
        return rows.claim(row), described or "", [Paper(**paper) for paper in papers]

    async def content(self, document_id: int) -> AsyncIterator[bytes]:
        """A document part by part; raises DocumentNotFound. That somebody read it goes into the audit log first."""
        async with self._database.transaction() as session:
            row = await session.fetchrow(statements.GET_DOCUMENT, document_id)
            if row is None or not row["mime_type"]:
                raise DocumentNotFound
            entry = Entry("insurance.document_read", row["person_id"], self._actor, {"document": document_id})
            await audit.write(session, [entry])
        position = 0
        while (part := await self._database.fetchval(statements.READ_PART, document_id, position)) is not None:
            yield part
            position += 1

    async def approve(self, certificate_id: int, last_day: datetime.date) -> Certificate:
        """Take a certificate, good until that day is over; raises what stands against it."""
        async with self._database.transaction() as session:
            found = await self._locked_certificate(session, certificate_id)
            now = await session.fetchval(statements.NOW)
            expires_at = self._terms.end_of(last_day)
            done = approved(found, expires_at, now)
            due_at = next_due(expires_at, now, self._terms.reminder_days)
            await self._reviewed(session, done, now, due_at, "insurance.approved", {})
        return done

    async def reject(self, certificate_id: int, reason: RejectionReason) -> Certificate:
        """Do not take a certificate, or no longer; raises what stands against it."""
        async with self._database.transaction() as session:
            found = await self._locked_certificate(session, certificate_id)
            now = await session.fetchval(statements.NOW)
            done = rejected(found, reason)
            await self._reviewed(session, done, now, None, "insurance.rejected", {"reason": reason.name.lower()})
        return done

    async def move(self, claim_id: int, state: ClaimState) -> Claim:
        """Move a claim on; raises what stands against it."""
        async with self._database.transaction() as session:
            row = await session.fetchrow(statements.GET_CLAIM, claim_id)
            if row is None:
                raise ClaimNotFound
            await self._lock_person(session, row["person_id"])
            row = await session.fetchrow(statements.LOCK_CLAIM, claim_id)
            if row is None:
                raise ClaimNotFound
            done = moved(rows.claim(row), state)
            now = await session.fetchval(statements.NOW)
            await session.execute(statements.MOVE_CLAIM, claim_id, state.value)
            entry = Entry("claim.moved", done.person_id, self._actor, {"claim": claim_id, "state": state.name.lower()})
            await audit.write(session, [entry])
            await events.write(session, [messages.of_claim(events_pb2.EVENT_KIND_CLAIM_MOVED, done, now)])
        return done

    async def _locked_certificate(self, session: Session, certificate_id: int) -> Certificate:
        row = await session.fetchrow(statements.GET_CERTIFICATE, certificate_id)
        if row is None:
            raise CertificateNotFound
        await self._lock_person(session, row["person_id"])
        row = await session.fetchrow(statements.LOCK_CERTIFICATE, certificate_id)
        if row is None:
            raise CertificateNotFound
        return rows.certificate(row)

    @staticmethod
    async def _lock_person(session: Session, person_id: int) -> None:
        """People first, as everywhere; whoever was merged or erased meanwhile is found out by the operator's repeat."""
        if not await session.fetch(people_statements.LOCK_PEOPLE, [person_id]):
            raise errors.Conflict("the person was merged meanwhile")

    async def _reviewed(
        self,
        session: Session,
        done: Certificate,
        now: datetime.datetime,
        due_at: datetime.datetime | None,
        action: str,
        detail: Mapping[str, str],
    ) -> None:
        await session.execute(
            statements.UPDATE_CERTIFICATES,
            [done.certificate_id],
            [done.state.value],
            [done.reason.value],
            [done.expires_at],
            [due_at],
        )
        entry = Entry(action, done.person_id, self._actor, {"certificate": done.certificate_id, **detail})
        await audit.write(session, [entry])
        told = messages.of_certificate(events_pb2.EVENT_KIND_CERTIFICATE_REVIEWED, done, now)
        await events.write(session, [told])


@contextlib.asynccontextmanager
async def open_operator(dsn: str, environ: Mapping[str, str], actor: str) -> AsyncIterator[Operator]:
    """For one command; raises SettingsError."""
    terms = load(InsuranceSettings, environ).insurance_terms()
    # One connection is all that it takes, and nobody collects the telemetry of a command.
    given = {"DATABASE_URL": dsn, "DATABASE_POOL_MIN": "0", "DATABASE_POOL_MAX": "1"}
    async with (
        open_telemetry("operator", load(TelemetrySettings, {})) as telemetry,
        open_database(load(DatabaseSettings, given), application="hailwire-insurance", telemetry=telemetry) as database,
    ):
        yield Operator(database, terms, audit.operator(actor))
