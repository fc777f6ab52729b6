"""Everything that a run left behind, read once: what people wrote, what the database holds, what phones received."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import events_pb2, trips_pb2
from tests.mesh.audit import IN_FLIGHT, Connection
from tests.mesh.deliveries import Delivered


@dataclass(frozen=True)
class Person:
    """Who played. `addresses` are all their names on a channel, as providers write them."""

    name: str
    addresses: tuple[str, ...]
    role: str
    # Rides that they saw completed, and that they gave up.
    completed: int = 0
    gave_up: int = 0
    # What they still waited for when their patience ended.
    waits_for: str = ""


@dataclass(frozen=True)
class Written:
    """A message that a provider has taken from a person."""

    person: str
    message_id: str
    # The language that it chooses; empty for all others.
    language: str = ""
    # When the provider got it, and when a gateway first answered 200 to it (seconds of the provider's clock).
    at: float = 0.0
    taken_at: float | None = None
    # The provider gave it up before any gateway took it, as Twilio does after some tries.
    given_up: bool = False


@dataclass(frozen=True)
class Told:
    """An event as the inbox holds it."""

    event_id: int
    kind: int
    recipient_id: int
    trip_id: int
    offer_id: int
    trip_state: int


@dataclass(frozen=True)
class Item:
    """A row of the inbox."""

    inbox_id: int
    key: bytes
    kind: str
    provider: str
    conversation_id: int | None
    addresses: tuple[str, ...]
    message_id: str = ""
    # What was written, or the id that was tapped.
    says: str = ""
    # Of a status: about which message, how far it has come.
    outbox_id: int | None = None
    delivery: str = ""
    told: Told | None = None


@dataclass(frozen=True)
class Reply:
    """A row of the outbox."""

    outbox_id: int
    conversation_id: int
    cause: bytes
    position: int
    address: str
    words: str
    titles: tuple[str, ...]
    state: str
    delivery: str
    attempts: int
    provider_message_id: str | None


@dataclass(frozen=True)
class Send:
    """One send that a provider has accepted."""

    number: int
    to: str
    outbox_id: int
    message_id: str
    at: float
    words: str


@dataclass(frozen=True)
class Conversation:
    """A row of that name, with its lane."""

    conversation_id: int
    merged_into: int | None
    person_id: int | None
    addresses: tuple[str, ...]
    next_seq: int
    pending: int
    leased: bool
    queued: int
    held: bool


@dataclass(frozen=True)
class Trip:
    """A trip with its offers' states."""

    trip_id: int
    state: int
    passenger_id: int
    driver_id: int | None
    offers: tuple["Offer", ...]


@dataclass(frozen=True)
class Offer:
    """A driver was asked."""

    offer_id: int
    driver_id: int
    state: int


@dataclass(frozen=True)
class Change:
    """A row of a service's ledger: which message changed what, and what became of it."""

    service: str
    # The message or event that caused it; empty for what no message caused.
    cause: bytes
    step: str
    refused: bool
    trip_id: int = 0
    trip_state: int = 0
    driver_id: int = 0


@dataclass(frozen=True)
class Shock:
    """A fault as it was carried out."""

    kind: str
    mode: str
    targets: tuple[str, ...]
    began: float
    ended: float


@dataclass(frozen=True)
class Snapshot:
    """All of it. Tuples, so that a test plants a fault with `dataclasses.replace`."""

    people: tuple[Person, ...] = ()
    written: tuple[Written, ...] = ()
    # What providers did wrong, by kind and how often.
    deeds: dict[str, int] = field(default_factory=dict)
    # Posts of a stranger, and how many of them were not refused.
    forged: int = 0
    forged_taken: int = 0
    # Sends that a provider took without saying so, as it was told to misbehave.
    muffled: frozenset[str] = frozenset()
    shocks: tuple[Shock, ...] = ()
    crashed: tuple[str, ...] = ()
    keys: frozenset[bytes] = frozenset()
    items: tuple[Item, ...] = ()
    replies: tuple[Reply, ...] = ()
    sends: tuple[Send, ...] = ()
    conversations: tuple[Conversation, ...] = ()
    trips: tuple[Trip, ...] = ()
    changes: tuple[Change, ...] = ()
    # person id -> (survivor, language), and channel address -> person id
    persons: dict[int, tuple[int, str]] = field(default_factory=dict)
    identities: dict[str, int] = field(default_factory=dict)
    # (kind, reason) of each
    dead_letters: tuple[tuple[str, str], ...] = ()
    # What is still on its way, by kind.
    in_flight: dict[str, int] = field(default_factory=dict)


async def stored(connection: Connection) -> dict[str, Any]:
    """The fields of a snapshot that the database knows."""
    fetch = connection.fetch
    aliases: dict[int, list[str]] = {}
    for row in await fetch("SELECT conversation_id, address FROM gateway.alias ORDER BY address"):
        aliases.setdefault(row["conversation_id"], []).append(row["address"])
    offers: dict[int, list[Offer]] = {}
    for row in await fetch("SELECT offer_id, trip_id, driver_id, state FROM trips.offer ORDER BY offer_id"):
        offers.setdefault(row["trip_id"], []).append(Offer(row["offer_id"], row["driver_id"], row["state"]))
    return {
        "keys": frozenset(row["key"] for row in await fetch("SELECT key FROM gateway.inbox_key")),
        "items": tuple(map(_item, await fetch("SELECT * FROM gateway.inbox ORDER BY inbox_id"))),
        "replies": tuple(map(_reply, await fetch("SELECT * FROM gateway.outbox ORDER BY outbox_id"))),
        "conversations": tuple(
            Conversation(
                row["conversation_id"],
                row["merged_into"],
                row["person_id"],
                tuple(aliases.get(row["conversation_id"], ())),
                row["next_seq"],
                row["pending"],
                row["instance_id"] is not None,
                row["queued"] or 0,
                row["lane_instance_id"] is not None,
            )
            for row in await fetch(
                "SELECT conversation.*, lane.queued, lane.instance_id AS lane_instance_id"
                " FROM gateway.conversation LEFT JOIN gateway.lane USING (conversation_id) ORDER BY conversation_id"
            )
        ),
        "trips": tuple(
            Trip(
                row["trip_id"],
                row["state"],
                row["passenger_id"],
                row["driver_id"],
                tuple(offers.get(row["trip_id"], ())),
            )
            for row in await fetch("SELECT * FROM trips.trip ORDER BY trip_id")
        ),
        "changes": (
            *map(_trip_change, await fetch("SELECT * FROM trips.request ORDER BY created_at, request_id")),
            *map(_profile_change, await fetch("SELECT * FROM profile.request ORDER BY created_at, request_id")),
        ),
        "persons": {
            row["person_id"]: (row["merged_into"] or row["person_id"], row["language"])
            for row in await fetch("SELECT person_id, merged_into, language FROM profile.person")
        },
        "identities": {
            row["value"]: row["person_id"] for row in await fetch("SELECT value, person_id FROM profile.identity")
        },
        "dead_letters": tuple(
            (row["kind"], row["reason"]) for row in await fetch("SELECT kind, reason FROM gateway.dead_letter")
        ),
        "in_flight": {what: count for what, sql in IN_FLIGHT.items() if (count := await connection.fetchval(sql)) != 0},
    }


def sent(delivered: Delivered) -> Send:
    """A send as the simulator tells it."""
    return Send(
        delivered.number, delivered.to, delivered.outbox_id, delivered.message_id, delivered.at, delivered.words
    )


def _item(row: Any) -> Item:
    item = Item(
        row["inbox_id"],
        row["key"],
        row["kind"],
        row["provider"],
        row["conversation_id"],
        tuple(row["addresses"]),
    )
    match row["kind"]:
        case "message":
            return _replaced(item, **_message(row))
        case "status":
            return _replaced(item, **_status(row))
        case "event":
            event = events_pb2.Event.FromString(row["raw"])
            told = Told(
                event.event_id,
                event.kind,
                event.recipient_id,
                event.trip.trip_id,
                event.offer_id,
                event.trip.state,
            )
            return _replaced(item, told=told)
        case _:
            return item


def _replaced(item: Item, **fields: Any) -> Item:
    return Item(**{**item.__dict__, **fields})


def _message(row: Any) -> dict[str, str]:
    raw = orjson.loads(row["raw"])
    if row["provider"] == "twilio":
        return {"message_id": raw["form"]["MessageSid"], "says": raw["form"].get("Body", "")}
    message = raw["message"]
    says = (message.get("text") or {}).get("body", "")
    interactive = message.get("interactive")
    if interactive:
        says = interactive[interactive["type"]]["id"]
    return {"message_id": message["id"], "says": says}


def _status(row: Any) -> dict[str, Any]:
    raw = orjson.loads(row["raw"])
    if row["provider"] == "twilio":
        form, outbox = raw["form"], raw["outbox"]
        return {
            "message_id": form["MessageSid"],
            "delivery": form["MessageStatus"],
            "outbox_id": int(outbox) if outbox else None,
        }
    status = raw["status"]
    outbox = status.get("biz_opaque_callback_data")
    return {
        "message_id": status["id"],
        "delivery": status["status"],
        "outbox_id": int(outbox) if outbox else None,
    }


def _reply(row: Any) -> Reply:
    reply = orjson.loads(row["reply"])
    titles = [title for _, title in reply.get("buttons", [])] + [one[1] for one in reply.get("rows", [])]
    return Reply(
        row["outbox_id"],
        row["conversation_id"],
        row["cause"],
        row["position"],
        row["address"],
        reply["body"],
        tuple(titles),
        row["state"],
        row["delivery"],
        row["attempts"],
        row["provider_message_id"],
    )


def _trip_change(row: Any) -> Change:
    cause, step = _request(row["request_id"])
    if step in {"create", "accept", "decline", "advance", "drop", "retry", "opt-out-trip"}:
        result = trips_pb2.TripResult.FromString(row["outcome"])
        trip = result.trip
        return Change("trips", cause, step, result.HasField("error"), trip.trip_id, trip.state, trip.driver_id)
    return Change("trips", cause, step, refused=False)


def _profile_change(row: Any) -> Change:
    cause, step = _request(row["request_id"])
    result = profile_pb2.PersonResult.FromString(row["outcome"])
    return Change("profile", cause, step, result.HasField("error"))


def _request(request_id: str) -> tuple[bytes, str]:
    """`<key of the message>:<step>`, or `merge:<from>:<to>`."""
    cause, _, step = request_id.partition(":")
    return (b"", request_id) if cause == "merge" else (bytes.fromhex(cause), step)
