"""Enrichment items as the REST API tells them (enrichment_items.py)."""

from typing import Any

from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import places_pb2
from services.gateway.user_api import stamp

STATUSES: dict[str, pb.ItemStatus.ValueType] = {
    "pending": pb.ITEM_STATUS_PENDING,
    "confirmed": pb.ITEM_STATUS_CONFIRMED,
    "rejected": pb.ITEM_STATUS_REJECTED,
    "applied": pb.ITEM_STATUS_APPLIED,
}
SOURCES: dict[str, pb.ItemSource.ValueType] = {"text": pb.ITEM_SOURCE_TEXT, "caption": pb.ITEM_SOURCE_CAPTION}

_STATUS_WORDS = {status: word for word, status in STATUSES.items()}
_SOURCE_WORDS = {source: word for word, source in SOURCES.items()}
_KIND_WORDS = {
    pb.ITEM_KIND_PLACE: "place",
    pb.ITEM_KIND_TIME: "time",
    pb.ITEM_KIND_CONTACT: "contact",
}
_PLACE_WORDS = {
    places_pb2.PLACE_KIND_HOME: "home",
    places_pb2.PLACE_KIND_WORK: "work",
    places_pb2.PLACE_KIND_SCHOOL: "school",
}


def item(one: pb.EnrichmentItem) -> dict[str, Any]:
    """All of it."""
    kind = one.understood.WhichOneof("value") or ""
    shown: dict[str, Any] = {
        "id": one.item_id,
        "kind": kind,
        "status": _STATUS_WORDS.get(one.status, ""),
        "source": _SOURCE_WORDS.get(one.source, ""),
        "created_at": stamp(one.create_time),
        kind: _value(one.understood),
    }
    if one.HasField("decide_time"):
        shown["decided_at"] = stamp(one.decide_time)
    if one.HasField("apply_time"):
        shown["applied_at"] = stamp(one.apply_time)
    return shown


def change(one: pb.ItemChange) -> dict[str, Any]:
    """What became of an item, and what an application made or changed."""
    shown: dict[str, Any] = {
        "id": one.item_id,
        "kind": _KIND_WORDS.get(one.kind, ""),
        "status": _STATUS_WORDS.get(one.status, ""),
    }
    became = one.WhichOneof("became")
    if became is not None:
        shown["became"] = {became: getattr(one, became)}
    return shown


def _value(understood: pb.Understood) -> dict[str, Any]:
    match understood.WhichOneof("value"):
        case "place":
            place = understood.place
            called = _PLACE_WORDS.get(place.kind)
            where = {"latitude": place.latitude, "longitude": place.longitude}
            return {"kind": called, **where} if called else {"kind": "named", "name": place.name, **where}
        case "contact":
            return {"name": understood.contact.name, "wallet_code": understood.contact.wallet_code}
        case _:
            return _time(understood.time)


def _time(time: pb.UnderstoodTime) -> dict[str, Any]:
    """One moment, or a time of day by the clocks of the service area on days from 1 (Monday) to 7."""
    if not time.HasField("weekly"):
        return {"at": stamp(time.moment)}
    hours, minutes = divmod(time.weekly.minute_of_day, 60)
    return {"time_of_day": f"{hours:02}:{minutes:02}", "weekdays": list(time.weekly.weekdays) or list(range(1, 8))}
