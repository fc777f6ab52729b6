"""One message from its transaction to its replies: the statements of a turn, one after the other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import orjson

from benchmarks.peer import statements as sql
from chassis.settings import Secret
from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import trips_pb2
from launcher.credentials import DEVELOPMENT_SECRETS
from services.gateway.conversations.dispatch import take_turn
from services.gateway.conversations.turn import Outcome, State, Turn, World
from services.gateway.messages import Address, Item, ItemKind, Outgoing
from services.gateway.providers.whatsapp.reading import read_message
from services.profile.rows import identity_hash
from services.profile.sealing import Sealer
from services.trips.geo import Location, location, metres_from, windows
from services.trips.search import first_candidates

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_RADIUS_METERS = 10_000.0
_STALE_AFTER_SECONDS = 600.0
# Identities are found as the services find them.
_SEALER = Sealer.of(Secret(DEVELOPMENT_SECRETS["NUMBER_KEYS"]), Secret(DEVELOPMENT_SECRETS["NUMBER_HASH_KEY"]))


async def store(connection: "Connection", item: Item) -> bool:
    """Make one item durable and put it in its sender's queue; False when it is known already."""
    if await connection.fetchval(sql.INSERT_KEY, item.key) is None:
        return False
    if item.kind is ItemKind.MESSAGE:
        conversation_id = await connection.fetchval(sql.FIND_CONVERSATION, item.addresses[0].key)
        row = await _one(connection, sql.LOCK_CONVERSATION, conversation_id)
        await connection.execute(sql.ENQUEUE, conversation_id, item.addresses[0].key, item.sent_at)
        inbox = await _insert(connection, item, conversation_id, row)
        await connection.execute(
            sql.INSERT_PENDING, conversation_id, row["next_seq"], inbox["inbox_id"], inbox["stored_on"]
        )
    return True


async def answer(connection: "Connection", item: Item, *, sending: bool) -> list[Outgoing] | None:
    """Make one message durable, run its turn and store the replies; None when it is known already."""
    if await connection.fetchval(sql.INSERT_KEY, item.key) is None:
        return None
    address = item.addresses[0]
    conversation_id = await connection.fetchval(sql.FIND_CONVERSATION, address.key)
    row = await _one(connection, sql.LOCK_CONVERSATION, conversation_id)
    await _insert(connection, item, conversation_id, row)
    person = await _person(connection, address)
    outcome = await take_turn(_turn(connection, item, address, person, row))
    state = outcome.state
    await connection.execute(
        sql.SAVE_STATE,
        conversation_id,
        address.key,
        item.sent_at,
        person.person_id,
        outcome.language or person.language,
        state.name,
        state.version,
        orjson.dumps(state.data),
        state.expires_at,
    )
    return await _replies(connection, item, conversation_id, outcome, sending=sending)


async def _one(connection: "Connection", statement: str, *args: object) -> "asyncpg.Record":
    row = await connection.fetchrow(statement, *args)
    if row is None:
        raise LookupError("the peer knows only who was there before it")
    return row


async def _insert(connection: "Connection", item: Item, conversation_id: int, row: Any) -> Any:
    return await connection.fetchrow(
        sql.INSERT_INBOX,
        item.key,
        str(item.kind),
        str(item.provider),
        conversation_id,
        [address.key for address in item.addresses],
        item.raw,
        item.sent_at,
        row["now"],
    )


async def _person(connection: "Connection", address: Address) -> profile_pb2.Person:
    kind = int(profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER)
    row = await _one(connection, sql.FIND_PERSON, kind, identity_hash(_SEALER, kind, address.value))
    return profile_pb2.Person(
        person_id=row["person_id"], name=row["name"], language=row["language"], opt_outs=row["opt_outs"]
    )


def _turn(connection: "Connection", item: Item, address: Address, person: profile_pb2.Person, row: Any) -> Turn:
    return Turn(
        person=person,
        state=State(row["state_name"], row["state_version"], orjson.loads(row["state_data"]), row["state_expires_at"]),
        channel=address.channel,
        plain=address.plain,
        now=row["now"],
        age_seconds=max(0.0, (row["now"] - item.sent_at).total_seconds()) if item.sent_at else 0.0,
        # The message that is measured leads to a search and to nothing else.
        world=cast("World", _Search(connection, person.person_id)),
        stale_after_seconds=_STALE_AFTER_SECONDS,
        message=read_message(item.raw),
    )


class _Search:
    """The one call of the trips service that the measured message leads to, made in its transaction."""

    def __init__(self, connection: "Connection", person_id: int) -> None:
        self._connection = connection
        self._person_id = person_id

    async def search_drivers(
        self, vehicle: trips_pb2.Vehicle.ValueType, pickup: trips_pb2.Location, limit: int = 9
    ) -> list[trips_pb2.NearbyDriver]:
        """Find available drivers, nearest first."""
        here = location(pickup.latitude, pickup.longitude)
        (window,) = windows(here, _RADIUS_METERS)  # nobody here lives at 180 degrees
        rows = await self._connection.fetch(
            sql.NEAREST_DRIVERS, self._person_id, int(vehicle), *window, first_candidates(limit)
        )
        return _nearest(here, rows, limit)


def _nearest(here: Location, rows: Sequence[Any], limit: int) -> list[trips_pb2.NearbyDriver]:
    away = metres_from(here)
    measured = sorted(
        (away(latitude, longitude), person_id, age_seconds) for person_id, latitude, longitude, age_seconds in rows
    )
    return [
        trips_pb2.NearbyDriver(
            person_id=person_id, distance_meters=distance, location_age_seconds=max(0.0, age_seconds)
        )
        for distance, person_id, age_seconds in measured[:limit]
        if distance <= _RADIUS_METERS
    ]


async def _replies(
    connection: "Connection", item: Item, conversation_id: int, outcome: Outcome, *, sending: bool
) -> list[Outgoing]:
    """Store what is to be said; the attempt to send it is recorded with it."""
    sent = []
    for position, reply in enumerate(outcome.replies):
        outbox_id = await connection.fetchval(
            sql.INSERT_REPLY,
            conversation_id,
            item.key,
            position,
            item.addresses[0].key,
            orjson.dumps(reply.to_dict()),
            item.sent_at,
            sending,
        )
        sent.append(Outgoing(outbox_id=outbox_id, address=item.addresses[0], reply=reply))
    return sent
