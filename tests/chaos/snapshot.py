"""Everything that a run left behind: what people wrote, what the database holds, what phones received."""

from dataclasses import dataclass, field


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
    # The text, or what was tapped; empty for a place.
    says: str = ""


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
