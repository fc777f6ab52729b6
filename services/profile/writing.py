"""Writes what was decided about people, and tells every replica's cache."""

import datetime
from collections.abc import Sequence

from chassis.database import Session
from services.profile import audit, audited, statements
from services.profile.directory import Directory
from services.profile.enrichments.merging import merge_enrichments
from services.profile.insurance.merging import merge_insurance
from services.profile.person import Person
from services.profile.places.merging import merge_places
from services.profile.referral.merging import merge_referrals
from services.profile.rows import PeopleRows
from services.profile.wallet.merging import merge_accounts

# A notification's payload holds at most 8000 bytes; an id has at most 19 digits and a comma.
_IDS_PER_NOTIFICATION = 300


async def write_directory(
    session: Session, directory: Directory, now: datetime.datetime, rows: PeopleRows, actor: str = audit.SYSTEM
) -> None:
    """Everything that a directory decided, in an order in which no identity has two owners, and the audit of it.

    What a provider signed or told of is by SYSTEM: nobody asked for it by a command.
    """
    absorbed = directory.absorbed
    if created := directory.created:
        await session.execute(
            statements.INSERT_PEOPLE,
            [person.person_id for person in created],
            [person.name for person in created],
            now,
        )
    if absorbed:
        arrays = [list(absorbed), list(absorbed.values())]
        await session.execute(statements.MOVE_IDENTITIES, *arrays)
        await session.execute(statements.ABSORB_PEOPLE, *arrays, now)
        await merge_accounts(session, absorbed, now)
        await merge_insurance(session, absorbed)
        await merge_places(session, absorbed)
        await merge_enrichments(session, absorbed)
        await merge_referrals(session, absorbed, now)
    if moved := directory.moved_identities:
        await session.execute(
            statements.MOVE_SOME_IDENTITIES,
            *rows.names([identity for identity, _ in moved]),
            [person_id for _, person_id in moved],
        )
    if dropped := directory.dropped_identities:
        await session.execute(statements.DROP_IDENTITIES, *rows.names(dropped))
    if new := directory.new_identities:
        await session.execute(
            statements.INSERT_IDENTITIES,
            *rows.contents([identity for identity, _ in new]),
            [person_id for _, person_id in new],
        )
    if changed := directory.changed:
        await write_people(session, changed)
    await audit.write(session, audited.decided(directory, actor))
    await notify_people(session, [*(person.person_id for person in changed), *absorbed])


async def write_people(session: Session, people: Sequence[Person]) -> None:
    """Write the new values of people; their identities are written apart."""
    await session.execute(
        statements.UPDATE_PEOPLE,
        [person.person_id for person in people],
        [person.name for person in people],
        [person.language for person in people],
        ["{" + ",".join(str(channel.value) for channel in person.opt_outs) + "}" for person in people],
        [person.version for person in people],
        [person.updated_at for person in people],
        [person.quiet.from_minute if person.quiet else None for person in people],
        [person.quiet.to_minute if person.quiet else None for person in people],
    )


async def notify_people(session: Session, person_ids: Sequence[int]) -> None:
    """Let the caches of every replica forget these people when the transaction commits."""
    texts = [str(person_id) for person_id in person_ids]
    chunks = [
        ",".join(texts[start : start + _IDS_PER_NOTIFICATION]) for start in range(0, len(texts), _IDS_PER_NOTIFICATION)
    ]
    if chunks:
        await session.fetch(statements.NOTIFY, chunks)
