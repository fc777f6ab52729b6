"""Makes one conversation of two whose person proved that both are theirs: what was said by SMS goes on on WhatsApp.

Only what nobody else writes in is merged. A conversation that has a WhatsApp address of its own is somebody else's, to
whom the number belonged before: then the number alone moves.
"""

from chassis import errors
from chassis.database import Database, Session, Statement
from services.gateway import aliases
from services.gateway.messages import Address

_TRIES = 3

_LOCK = Statement(
    "gateway.link_lock",
    """
    SELECT conversation_id, merged_into FROM gateway.conversation
    WHERE conversation_id = ANY($1::bigint[]) ORDER BY conversation_id FOR UPDATE
    """,
)

_ADDRESSES = Statement("gateway.link_addresses", "SELECT address FROM gateway.alias WHERE conversation_id = $1")

# The older conversation stays, the question that is open is the one in which the proof was given.
_GO_ON = Statement(
    "gateway.link_go_on",
    """
    UPDATE gateway.conversation AS kept
    SET state_name = own.state_name, state_version = own.state_version, state_data = own.state_data,
        state_expires_at = own.state_expires_at, reply_to = own.reply_to,
        language = CASE WHEN own.language = '' THEN kept.language ELSE own.language END
    FROM gateway.conversation AS own
    WHERE kept.conversation_id = $1 AND own.conversation_id = $2
    """,
)


class Linking:
    """Joins conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def join(self, own: str, proved: str) -> None:
        """Let the address `proved` write in the conversation of `own`, for good.

        Both conversations' leases end with it: whoever is at work on either, the caller's turn included, is fenced off,
        and the message is run again in the one that stays. Done already, it changes nothing.
        """
        for tries_left in reversed(range(_TRIES)):
            try:
                async with self._database.transaction() as session:
                    await _join(session, own, proved)
            except errors.Conflict:
                if not tries_left:
                    raise
            else:
                return


async def _join(session: Session, own: str, proved: str) -> None:
    places = await aliases.resolve(session, [aliases.Naming((own,)), aliases.Naming((proved,))])
    ours, theirs = places.conversations
    if ours == theirs:
        return
    rows = await session.fetch(_LOCK, sorted((ours, theirs)))
    if len(rows) < 2 or any(row["merged_into"] is not None for row in rows):
        raise errors.Conflict("merged meanwhile", reason="CONVERSATION_MERGED")
    known = [row["address"] for row in await session.fetch(_ADDRESSES, theirs)]
    if proved not in known:
        raise errors.Conflict("left meanwhile", reason="CONVERSATION_MERGED")
    if any(Address.from_key(address).channel != "sms" for address in known):
        await aliases.apply(session, aliases.Places([ours], {}, [(proved, theirs, ours)], {}))
        return
    kept, lost = sorted((ours, theirs))
    if lost == ours:
        await session.execute(_GO_ON, kept, ours)
    await aliases.apply(session, aliases.Places([kept], {lost: kept}, [], {}))
