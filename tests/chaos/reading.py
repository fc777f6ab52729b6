"""Reads the tables of a run, each once, and what providers accepted, into the rows of a snapshot."""

from collections.abc import Mapping
from typing import Any

import orjson

from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import events_pb2, trips_pb2
from services.profile.sealed_ledger import open_outcome
from tests.chaos.snapshot import Change, Conversation, Item, Offer, Reply, Send, Told, Trip
from tests.mesh.audit import IN_FLIGHT, Connection
from tests.mesh.deliveries import Delivered
from tests.profile import seals


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
            seals.opened(row): row["person_id"]
            for row in await fetch("SELECT value_hash, value_sealed, person_id FROM profile.identity")
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
    return {"message_id": message["id"], "says": words_of(message)}


def words_of(message: Mapping[str, Any]) -> str:
    """What a WhatsApp message says: its text or what was tapped; empty for a place."""
    interactive = message.get("interactive")
    if interactive:
        return str(interactive[interactive["type"]]["id"])
    return str((message.get("text") or {}).get("body", ""))


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
    outcome = open_outcome(seals.SEALER, row["request_id"], row["outcome"])
    if outcome is None:  # of a place: it tells nothing of a person
        return Change("profile", cause, step, refused=False)
    result = profile_pb2.PersonResult.FromString(outcome)
    return Change("profile", cause, step, result.HasField("error"))


def _request(request_id: str) -> tuple[bytes, str]:
    """`<key of the message>:<step>`, or `merge:<from>:<to>`."""
    cause, _, step = request_id.partition(":")
    return (b"", request_id) if cause == "merge" else (bytes.fromhex(cause), step)
