"""Whose a number is that a user of an outside app has, and what the audit log says when that changes.

Through such a number the app sees and decides what its person is asked to confirm, so the person's log tells since when
and until when. A number from which nobody has written is nobody's, and leaves no entry.
"""

from typing import Any

from chassis.database import Database, Session
from services.profile import audit, number_statements
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
