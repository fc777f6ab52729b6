"""Enrichments between the contract's messages and our own values."""

import datetime
from collections.abc import Iterable

from chassis import errors
from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import places_pb2
from services.profile.enrichments.effects import Note
from services.profile.enrichments.item import DECISIONS, Item, Source, Status
from services.profile.enrichments.value import Contact, ItemInvalid, Moment, Place, Value, Weekly, kind_of
from services.profile.places.place import Called, Spot


def value(message: pb.Understood) -> Value:
    """What somebody is said to have said; raises ItemInvalid, LocationInvalid or PlaceNameInvalid."""
    match message.WhichOneof("value"):
        case "place":
            place = message.place
            spot = Spot.checked(place.latitude, place.longitude)
            return Place(Called.checked(place.kind, place.name), spot)
        case "time":
            return _time(message.time)
        case "contact":
            return Contact.checked(message.contact.name, message.contact.wallet_code)
    raise ItemInvalid


def _time(message: pb.UnderstoodTime) -> Value:
    if message.WhichOneof("when") == "weekly":
        return Weekly.checked(message.weekly.minute_of_day, message.weekly.weekdays)
    if message.WhichOneof("when") is None:
        raise ItemInvalid
    try:
        return Moment.checked(message.moment.ToDatetime(tzinfo=datetime.UTC))
    except (ValueError, OverflowError):
        raise ItemInvalid from None


def source(number: int) -> Source:
    """Raises ItemInvalid."""
    if number not in set(Source):
        raise ItemInvalid
    return Source(number)


def status(number: int) -> Status:
    """Raises ItemInvalid."""
    if number not in set(Status):
        raise ItemInvalid
    return Status(number)


def decision(number: int) -> Status:
    """Raises ItemInvalid."""
    if number not in DECISIONS:
        raise ItemInvalid
    return Status(number)


def understood(one: Value) -> pb.Understood:
    """As the contract says it."""
    if isinstance(one, Place):
        place = pb.UnderstoodPlace(
            kind=places_pb2.PlaceKind.ValueType(one.called.kind),
            name=one.called.name,
            latitude=one.spot.latitude,
            longitude=one.spot.longitude,
        )
        return pb.Understood(place=place)
    if isinstance(one, Contact):
        return pb.Understood(contact=pb.UnderstoodContact(name=one.name, wallet_code=one.code))
    time = pb.UnderstoodTime()
    if isinstance(one, Moment):
        time.moment.FromDatetime(one.at)
    else:
        time.weekly.minute_of_day = one.minute_of_day
        time.weekly.weekdays.extend(one.days)
        time.weekly.SetInParent()  # midnight on every day has no field set
    return pb.Understood(time=time)


def item(one: Item) -> pb.EnrichmentItem:
    """As the contract says it."""
    message = pb.EnrichmentItem(
        item_id=one.item_id,
        status=pb.ItemStatus.ValueType(one.status),
        source=pb.ItemSource.ValueType(one.source),
        understood=understood(one.value),
    )
    message.create_time.FromDatetime(one.created_at)
    if one.decided_at is not None:
        message.decide_time.FromDatetime(one.decided_at)
    if one.applied_at is not None:
        message.apply_time.FromDatetime(one.applied_at)
    return message


def item_result(outcome: Item | errors.HailwireError) -> pb.ItemResult:
    """A value or an error."""
    if isinstance(outcome, errors.HailwireError):
        return pb.ItemResult(error=errors.to_status(outcome))
    return pb.ItemResult(item=item(outcome))


def notes_result(notes: Iterable[Note]) -> pb.NotesResult:
    """What a person let us keep."""
    messages = [pb.Note(note_id=one.note_id, understood=understood(one.value)) for one in notes]
    return pb.NotesResult(notes=pb.Notes(notes=messages))


def change(one: Item, *, place_id: int = 0, note_id: int = 0) -> bytes:
    """What became of an item, as the ledger of request ids keeps it: it tells nothing of what was said."""
    told = pb.ItemChange(
        item_id=one.item_id,
        kind=pb.ItemKind.ValueType(kind_of(one.value)),
        status=pb.ItemStatus.ValueType(one.status),
    )
    if place_id:
        told.place_id = place_id
    if note_id:
        told.note_id = note_id
    return pb.ItemChangeResult(change=told).SerializeToString(deterministic=True)


def forgotten(note: Note) -> bytes:
    """That a note went, as the ledger keeps it."""
    return pb.ForgetNoteResult(forgotten=pb.ForgottenNote(note_id=note.note_id)).SerializeToString(deterministic=True)


def refused(refusal: errors.HailwireError) -> bytes:
    """A refusal as the ledger keeps it; every result has its error in the same field. Raises what will pass."""
    if errors.is_transient(refusal):
        raise refusal
    return pb.ItemChangeResult(error=errors.to_status(refusal)).SerializeToString(deterministic=True)
