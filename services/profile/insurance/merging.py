"""Two people who are one: certificates, claims and documents of both are the survivor's, in the merging transaction."""

from collections.abc import Mapping

from chassis.database import Session
from services.profile.insurance import statements


async def merge_insurance(session: Session, absorbed: Mapping[int, int]) -> None:
    """From each absorbed person to their survivor; the people are locked.

    Of both, everything is kept: whoever was covered stays covered, and an operator sees what each has handed in.
    """
    arrays = [list(absorbed), list(absorbed.values())]
    for statement in (statements.MERGE_CERTIFICATES, statements.MERGE_CLAIMS, statements.MERGE_DOCUMENTS):
        await session.execute(statement, *arrays)
