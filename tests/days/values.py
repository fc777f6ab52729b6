"""What a town holds, as plain values: people with their phones, trips with their offers, rides for later."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

# What the services are started with by default; a test that sets other numbers sets these too.
OFFER_LASTS = timedelta(minutes=2)
REQUEST_LASTS = timedelta(minutes=10)
LOCATION_FRESH = timedelta(minutes=30)
SILENT_AFTER = timedelta(hours=2)
REMIND_BEFORE = timedelta(minutes=30)
MATCH_BEFORE = timedelta(minutes=15)
LATE_AFTER = timedelta(minutes=10)
PLAN_GRACE = timedelta(minutes=30)
# WhatsApp lets a business write for so long after a person's last message.
WINDOW = timedelta(hours=24)
DAY = timedelta(hours=24)
MOST_ASKED = 9
MOST_PHOTOS = 20
LEAST_SENT, MOST_SENT, MOST_SENT_A_DAY, CONFIRMED_ABOVE = 100, 100_000, 200_000, 5_000


class TripState(IntEnum):
    """As in the contract."""

    REQUESTED = 1
    OFFERED = 2
    ACCEPTED = 3
    ARRIVED = 4
    IN_PROGRESS = 5
    COMPLETED = 6
    CANCELLED = 7
    EXPIRED = 8


class OfferState(IntEnum):
    """As in the contract."""

    OPEN = 1
    ACCEPTED = 2
    DECLINED = 3
    EXPIRED = 4
    WITHDRAWN = 5


class PlanState(IntEnum):
    """As in the contract, of a schedule."""

    ACTIVE = 1
    CANCELLED = 2
    DONE = 3


OPEN = frozenset(TripState) - {TripState.COMPLETED, TripState.CANCELLED, TripState.EXPIRED}
WAITING = frozenset({TripState.REQUESTED, TripState.OFFERED})


@dataclass(frozen=True, slots=True)
class Told:
    """A message that somebody must have got: which key of the catalogue, in which language, with which numbers.

    `language` is empty before one is chosen. Numbers are `count` or sums of money in whole units. `said` is what
    somebody else has written and stands below.
    """

    key: str
    language: str
    numbers: tuple[tuple[str, int], ...] = ()
    said: str = ""


@dataclass(eq=False)
class Person:
    """Somebody with one phone, and all that is known of them."""

    name: str
    channel: Literal["whatsapp", "sms"]
    # What the provider tells of their name: whom they send money reads its first letter.
    called: str = ""
    language: str = ""
    silent: bool = False
    wrote_at: datetime | None = None
    heard: list[Told] = field(default_factory=list)
    # Where they drive, and with what, while they are online.
    online: bool = False
    vehicle: str = ""
    corner: int = 0
    located_at: datetime | None = None
    # The trips that their phone shows them as open requests.
    shown: list["Trip"] = field(default_factory=list)
    # Their wallet, once they have looked at it.
    opened_at: datetime | None = None
    balance: int = 0
    sent: list[tuple[datetime, int]] = field(default_factory=list)
    photos: int = 0
    # Certificates of insurance that they handed in, and the newest.
    certificates: list["Certificate"] = field(default_factory=list)
    certificate: "Certificate | None" = None


class CertificateState(IntEnum):
    """As in the contract."""

    SUBMITTED = 1
    APPROVED = 2
    REJECTED = 3
    EXPIRED = 4


@dataclass(eq=False)
class Certificate:
    """A certificate of insurance with so many pages, and what an operator said of it."""

    pages: int = 0
    state: CertificateState = CertificateState.SUBMITTED


@dataclass(eq=False)
class Trip:
    """A trip and whom it was offered to."""

    number: int
    passenger: Person
    corner: int
    vehicle: str
    offered_at: datetime
    expires_at: datetime
    planned: bool = False
    state: TripState = TripState.OFFERED
    driver: Person | None = None
    offers: dict[Person, OfferState] = field(default_factory=dict)
    cancelled_by: Person | None = None
    reason: str = ""
    stars: dict[Person, int] = field(default_factory=dict)
    # Who has written to the other side, and who would tell them their number.
    talked: set[Person] = field(default_factory=set)
    agreed: set[Person] = field(default_factory=set)

    @property
    def asked(self) -> list[Person]:
        """Who may still answer."""
        return [driver for driver, state in self.offers.items() if state is OfferState.OPEN]


@dataclass(eq=False)
class Plan:
    """A ride for later: the next time, and what was done about that one."""

    passenger: Person
    corner: int
    vehicle: str
    at: datetime
    daily: bool
    state: PlanState = PlanState.ACTIVE
    reminded: bool = False
    nobody_told: bool = False
    trip: Trip | None = None
