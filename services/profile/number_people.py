"""The people behind numbers that users of outside apps have: whose a number is, and what their audit log says of it.

Through a number the app sees and decides what its person is asked to confirm, so the person's log tells since when and
until when. A number from which nobody has written is nobody's, and leaves no entry.
"""

from typing import Any

from chassis.database import Database, Session
from services.profile import audit, number_statements
from services.profile import statements as people_statements
from services.profile.audit import Entry
from services.profile.person import IdentityKind
from services.profile.rows import identity_hash
from services.profile.sealing import Sealer

LINKED = "number.linked"
UNLINKED = "number.unlinked"


async def writer(reader: Database | Session, sealer: Sealer, number: str) -> Any:
    """Who writes SMS from the number (person_id, language, opt_outs); None when nobody does."""
    return await reader.fetchrow(number_statements.WRITER, identity_hash(sealer, IdentityKind.SMS_NUMBER, number))


async def tell(session: Session, sealer: Sealer, action: str, number: str) -> None:
    """Write it down for whoever writes from the number: they had its code, so it is their doing."""
    found = await writer(session, sealer, number)
    if found is not None:
        await audit.write(session, [Entry(action, found["person_id"], audit.PERSON)])


async def hand_over(session: Session, former: Any, number_hash: bytes, person_id: int) -> None:
    """After a proof: when the number left its former writer for somebody else, the former one's app has it no more.

    It would see what another person is asked to confirm. Who only became one with who proved it keeps their app.
    """
    if former is None:
        return
    ids = [former["person_id"], person_id]
    rows = await session.fetch(people_statements.SURVIVORS, ids)
    survivors = {row["person_id"]: row["survivor_id"] for row in rows}
    if survivors.get(ids[0]) == survivors.get(ids[1]):
        return
    freed = await session.fetchrow(number_statements.FREE, number_hash)
    if freed is not None:
        await session.fetch(number_statements.NOTIFY, freed["owner"].hex())
        await audit.write(session, [Entry(UNLINKED, former["person_id"], audit.SYSTEM)])
