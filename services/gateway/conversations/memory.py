"""What a conversation remembers between turns, kept in the data of its state.

Hints only: the trips service knows the truth, and each hint that leads to a change is checked there. Whatever an older
version or a stray hand has left in the data is ignored, never an error.
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal, Self

from chassis.records import record
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations.flows import HOME, QUESTIONS
from services.gateway.conversations.turn import JSON, Moment, State

Role = Literal["passenger", "driver"]

# Offers that are remembered as shown; a driver with more open at once reads the newest anyway.
MAX_OFFERS = 20

# A completed trip is remembered for so long (seconds): the longest that its sides may be allowed to go on writing.
_TALKED_ABOUT = 3600

# Trip states in which somebody is on the way or waits.
OPEN_TRIP_STATES = frozenset(
    {
        trips_pb2.TRIP_STATE_REQUESTED,
        trips_pb2.TRIP_STATE_OFFERED,
        trips_pb2.TRIP_STATE_ACCEPTED,
        trips_pb2.TRIP_STATE_ARRIVED,
        trips_pb2.TRIP_STATE_IN_PROGRESS,
    }
)


@record
class TripHint:
    """The trip that the person was on when we last heard of it."""

    trip_id: int
    role: Role


@record
class OfferHint:
    """A request that a driver was shown: how far its pickup is, and until when an answer counts (Unix seconds)."""

    offer_id: int
    meters: int
    until: int


@record
class Memory:
    """The remembered part of a state."""

    # What the question has gathered so far, such as the vehicle.
    gathered: dict[str, str]
    # (tap id, title) of what was last offered, in the order in which words-only phones number them.
    choices: tuple[tuple[str, str], ...] = ()
    # Offers that were shown and not yet answered or closed, oldest first.
    offers: tuple[OfferHint, ...] = ()
    trip: TripHint | None = None
    # Whether the person asked for silence here. Told by the state, not by the profile, so that a rerun of the STOP
    # that already reached the profile still confirms it.
    silenced: bool = False
    # The vehicle's word while the driver is online; empty when not.
    online: str = ""
    # The trip in which the person was told that their words go to the other side; 0: none.
    told: int = 0
    # The last trip that was completed, and until when it is remembered (Unix seconds).
    ended: tuple[int, int] | None = None

    @classmethod
    def of(cls, state: State) -> "Memory":
        """Read what is readable."""
        # A turn asks for the memory of the same state again and again; both are values that nobody changes.
        global _last_read
        read, memory = _last_read
        if read is not state or memory is None:
            memory = cls._read(state.data)
            _last_read = state, memory
        return memory

    @classmethod
    def _read(cls, data: dict[str, JSON]) -> "Memory":
        if not data:
            return cls(gathered={})
        gathered = _mapping(data.get("gathered"))
        trip = _mapping(data.get("trip"))
        trip_id, role = trip.get("id"), trip.get("role")
        hint = None
        if isinstance(trip_id, int) and role == "driver":
            hint = TripHint(trip_id, "driver")
        elif isinstance(trip_id, int) and role == "passenger":
            hint = TripHint(trip_id, "passenger")
        online, told, ended = data.get("online"), data.get("told"), _list(data.get("ended"))
        return cls(
            gathered={key: value for key, value in gathered.items() if isinstance(value, str)},
            choices=tuple(
                (pair[0], pair[1])
                for pair in _list(data.get("choices"))
                if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str)
            ),
            offers=tuple(offer for stored in _list(data.get("offers")) if (offer := _offer(stored)) is not None),
            trip=hint,
            silenced=data.get("silenced") is True,
            online=online if isinstance(online, str) else "",
            told=told if isinstance(told, int) else 0,
            ended=(ended[0], ended[1])
            if len(ended) == 2 and isinstance(ended[0], int) and isinstance(ended[1], int)
            else None,
        )

    def on_trip(self, trip: trips_pb2.Trip, person_id: int) -> Self:
        """Remember where this trip is now; forget it when it is over."""
        if trip.state in OPEN_TRIP_STATES:
            role: Role = "driver" if trip.driver_id == person_id else "passenger"
            return replace(self, trip=TripHint(trip.trip_id, role), ended=None)
        off = self.off_trip(trip.trip_id)
        if trip.state != trips_pb2.TRIP_STATE_COMPLETED:
            return off
        return replace(off, ended=(trip.trip_id, trip.end_time.seconds + _TALKED_ABOUT))

    def talking(self, now: datetime) -> int:
        """The trip whose other side may still be written to, as far as one knows here; 0 when there is none."""
        if self.trip is not None:
            return self.trip.trip_id
        return self.ended[0] if self.ended is not None and self.ended[1] > now.timestamp() else 0

    def off_trip(self, trip_id: int) -> Self:
        """Forget this trip, and no other."""
        if self.trip is not None and self.trip.trip_id == trip_id:
            return replace(self, trip=None)
        return self

    def shown(self, offer: OfferHint) -> Self:
        """Remember that this offer was shown."""
        return replace(self, offers=(*self.answered(offer.offer_id).offers, offer)[-MAX_OFFERS:])

    def answered(self, offer_id: int) -> Self:
        """Forget an offer that is answered or closed."""
        return replace(self, offers=tuple(offer for offer in self.offers if offer.offer_id != offer_id))

    def open_offers(self, now: datetime) -> tuple[OfferHint, ...]:
        """The requests that still wait for an answer."""
        return tuple(offer for offer in self.offers if offer.until > now.timestamp())

    def data(self) -> dict[str, JSON]:
        """As a state keeps it; what is empty is left out."""
        data: dict[str, JSON] = {}
        if self.gathered:
            data["gathered"] = dict(self.gathered)
        if self.choices:
            data["choices"] = [[tap, title] for tap, title in self.choices]
        if self.offers:
            data["offers"] = [[offer.offer_id, offer.meters, offer.until] for offer in self.offers]
        if self.trip is not None:
            data["trip"] = {"id": self.trip.trip_id, "role": self.trip.role}
        if self.silenced:
            data["silenced"] = True
        if self.online:
            data["online"] = self.online
        if self.told:
            data["told"] = self.told
        if self.ended is not None:
            data["ended"] = list(self.ended)
        return data

    def home(self) -> State:
        """Nothing is asked any more."""
        return _written(replace(self, gathered={}), HOME, QUESTIONS[HOME].version, None)

    def asking(self, name: str, now: datetime, **gathered: str) -> State:
        """The question of this name is open, with what has been gathered for it."""
        question = QUESTIONS[name]
        lapses = None if question.lifetime is None else now + question.lifetime
        return _written(replace(self, gathered=gathered), name, question.version, lapses)

    def keeping(self, state: State) -> State:
        """The same question as before, with this memory."""
        return _written(self, state.name, state.version, state.expires_at)


# The last state that was read or written, and its memory.
_last_read: tuple[State | None, Memory | None] = (None, None)


def _written(memory: Memory, name: str, version: int, expires_at: datetime | None) -> State:
    global _last_read
    state = State(name, version, memory.data(), expires_at)
    _last_read = state, memory  # who asks next what this state remembers would read the very same
    return state


def remembered(moment: Moment) -> Memory:
    """What the conversation remembers."""
    return Memory.of(moment.state)


def _mapping(value: JSON) -> dict[str, JSON]:
    return value if isinstance(value, dict) else {}


def _list(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else []


def _offer(stored: JSON) -> OfferHint | None:
    if not isinstance(stored, list) or len(stored) != 3:
        return None
    offer_id, meters, until = stored
    if isinstance(offer_id, int) and isinstance(meters, int) and isinstance(until, int):
        return OfferHint(offer_id, meters, until)
    return None
