"""An item on its way: understood, confirmed or rejected, applied. Plain values in, plain values or an error out."""

import datetime
from dataclasses import replace
from enum import IntEnum

from chassis import errors
from chassis.records import record
from services.profile.enrichments.value import Value

# Of one person. Whoever answers none of our questions shall not fill a table with them.
MOST_PENDING = 20


class ItemNotFound(errors.NotFound):
    """The person has no such item."""

    reason = "ITEM_NOT_FOUND"


class ItemApplied(errors.Refused):
    """It counts already."""

    reason = "ITEM_APPLIED"


class ItemNotConfirmed(errors.Refused):
    """Its person has not said yes to it."""

    reason = "ITEM_NOT_CONFIRMED"


class Status(IntEnum):
    """As in the contract."""

    PENDING = 1
    CONFIRMED = 2
    REJECTED = 3
    APPLIED = 4


# What a person may say about an item.
DECISIONS = frozenset({Status.CONFIRMED, Status.REJECTED})


class Source(IntEnum):
    """As in the contract."""

    TEXT = 1
    CAPTION = 2


@record
class Item:
    """Something that was understood, and what became of it."""

    item_id: int
    person_id: int
    status: Status
    source: Source
    value: Value
    created_at: datetime.datetime
    decided_at: datetime.datetime | None = None
    applied_at: datetime.datetime | None = None


def decided(item: Item, status: Status, now: datetime.datetime) -> Item:
    """The item after its person's word; the same object if they said so before. Raises ItemApplied."""
    if item.status is Status.APPLIED:
        raise ItemApplied
    return item if item.status is status else replace(item, status=status, decided_at=now)


def applied(item: Item, now: datetime.datetime) -> Item:
    """The item once it counts; raises ItemApplied or ItemNotConfirmed."""
    if item.status is Status.APPLIED:
        raise ItemApplied
    if item.status is not Status.CONFIRMED:
        raise ItemNotConfirmed
    return replace(item, status=Status.APPLIED, applied_at=now)
