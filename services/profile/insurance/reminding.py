"""Looks on the database's clock for certificates that expire soon or have: their people hear of it, once.

Replicas share the work by passing over each other's rows; what is written is written with the event and the audit.
"""

from chassis.database import Database
from hailwire.trips.v1 import events_pb2
from services.profile import audit, events
from services.profile.audit import Entry
from services.profile.insurance import messages, rows, statements
from services.profile.insurance.certificate import CertificateState, Reminding, reminded
from services.profile.insurance.terms import Terms

# Between looks: nobody minds a reminder half a minute late, and who is not insured any more drives on no longer.
LOOK_SECONDS = 30.0
_STEP = 200


async def remind(database: Database, terms: Terms) -> int:
    """Do what is due, up to a step of it; answers how many certificates it was."""
    async with database.transaction() as session:
        due = await session.fetch(statements.DUE, _STEP, terms.zone.key)
        if not due:
            return 0
        now = due[0]["now"]
        done = [reminded(rows.certificate(row), row["other_until"], now, terms.reminder_days) for row in due]
        await session.execute(
            statements.UPDATE_CERTIFICATES,
            [one.certificate.certificate_id for one in done],
            [one.certificate.state.value for one in done],
            [one.certificate.reason.value for one in done],
            [one.certificate.expires_at for one in done],
            [one.due_at for one in done],
        )
        expired = [one.certificate for one in done if one.certificate.state is CertificateState.EXPIRED]
        await audit.write(
            session,
            [
                Entry("insurance.expired", one.person_id, audit.SYSTEM, {"certificate": one.certificate_id})
                for one in expired
            ],
        )
        told = [messages.of_certificate(_kind(one), one.certificate, now) for one in done if one.told]
        await events.write(session, told)
    return len(due)


def _kind(one: Reminding) -> events_pb2.EventKind.ValueType:
    if one.certificate.state is CertificateState.EXPIRED:
        return events_pb2.EVENT_KIND_CERTIFICATE_EXPIRED
    return events_pb2.EVENT_KIND_CERTIFICATE_EXPIRES_SOON
