"""Tells a number to somebody whom its person agreed to show it to, and the audit log of it, in one transaction."""

from chassis.database import Database
from hailwire.profile.v1 import disclosure_pb2 as pb
from hailwire.profile.v1 import disclosure_pb2_grpc
from services.profile import audit, statements
from services.profile.person import IdentityKind, Person, PersonNotFound
from services.profile.rows import PeopleRows
from services.profile.sealing import Sealer

# The best first: whoever is on WhatsApp is called there, too.
_NUMBERS = (IdentityKind.WHATSAPP_NUMBER, IdentityKind.SMS_NUMBER)


class DisclosureServicer(disclosure_pb2_grpc.DisclosureServiceServicer):
    """DisclosureService over the database: no cache knows an entry of the audit log."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._rows = PeopleRows(sealer)

    async def DiscloseNumber(self, request: pb.DiscloseNumberRequest, context: object) -> pb.DiscloseNumberResponse:
        """One number for one other person."""
        async with self._database.transaction() as session:
            found = await session.fetch(statements.FIND, [request.person_id])
            if not found:
                raise PersonNotFound
            person = self._rows.person(found[0])
            number = _number(person)
            if number:
                detail = {"to": request.to_person_id, "trip": request.trip_id}
                await audit.write(session, [audit.Entry("number.disclosed", person.person_id, audit.PERSON, detail)])
        return pb.DiscloseNumberResponse(number=number)


def _number(person: Person) -> str:
    known = {identity.kind: identity.value for identity in reversed(person.identities)}
    return next((known[kind] for kind in _NUMBERS if kind in known), "")
