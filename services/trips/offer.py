"""Asking one driver for one trip."""

import datetime
from enum import IntEnum

from chassis import errors
from chassis.records import record


class OfferNotFound(errors.NotFound):
    """No such offer, or not this driver's."""

    reason = "OFFER_NOT_FOUND"


class OfferExpired(errors.Refused):
    """The answer came too late, or the offer was taken back."""

    reason = "OFFER_EXPIRED"


class OfferDeclined(errors.Refused):
    """This driver said no before."""

    reason = "OFFER_DECLINED"


class OfferState(IntEnum):
    """As in the contract."""

    OPEN = 1
    ACCEPTED = 2
    DECLINED = 3
    EXPIRED = 4
    WITHDRAWN = 5


class Answer(IntEnum):
    """As in the contract."""

    ACCEPT = 1
    DECLINE = 2


@record
class Offer:
    """One driver asked for one trip; distance in metres when asked."""

    offer_id: int
    trip_id: int
    driver_id: int
    distance_meters: float
    expires_at: datetime.datetime
    state: OfferState = OfferState.OPEN

    def answerable(self, now: datetime.datetime) -> bool:
        """Whether an answer counts."""
        return self.state is OfferState.OPEN and now < self.expires_at
