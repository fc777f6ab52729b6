"""What a handler gets and gives: a turn goes in, an outcome with the new state and the replies comes out.

Handlers are pure apart from the world: the same turn with the same answers of the world gives the same outcome, so that
a turn whose process died can be run again. Their clock is the time at which the message was stored.
"""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

from chassis.records import record
from hailwire.profile.v1 import profile_pb2, wallet_pb2
from hailwire.trips.v1 import blocks_pb2, events_pb2, fares_pb2, matches_pb2, ratings_pb2, relay_pb2, trips_pb2
from services.gateway.conversations import catalogue, wording
from services.gateway.conversations.enrichments_world import Enrichments
from services.gateway.conversations.flows.declaration import HOME
from services.gateway.conversations.insurance_world import Insurance
from services.gateway.conversations.invitations_world import Invitations
from services.gateway.conversations.papers import Papers
from services.gateway.conversations.places_world import Places
from services.gateway.conversations.schedule_world import Schedules
from services.gateway.messages import Channel, Message, Reply

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

# Why a turn may end without a word; each is counted.
CARRIER_ANSWERS = "carrier_answers"
OPTED_OUT = "opted_out"
REACTION = "reaction"
REVOKED = "revoked"
SYSTEM_NOTICE = "system_notice"
ALREADY_TOLD = "already_told"
EVENT_OUTDATED = "event_outdated"
NO_ADDRESS = "no_address"
RATE_LIMITED = "rate_limited"
# Handed on to the other side of a trip, by somebody who knows that it is.
RELAYED = "relayed"
SILENT_REASONS = frozenset(
    {
        CARRIER_ANSWERS,
        OPTED_OUT,
        REACTION,
        REVOKED,
        SYSTEM_NOTICE,
        ALREADY_TOLD,
        EVENT_OUTDATED,
        NO_ADDRESS,
        RATE_LIMITED,
        RELAYED,
    }
)

STALE_AFTER_SECONDS = 600.0


@record
class State:
    """Where a conversation is.

    `name` is what was asked last ("home": nothing), `version` that of the question's code, `data` what has been
    gathered and what is remembered (see memory.py), `expires_at` when the question lapses (None: never).
    """

    name: str = HOME
    version: int = 1
    data: dict[str, JSON] = field(default_factory=dict)
    expires_at: datetime | None = None


@record
class Outcome:
    """What a turn leaves behind: the new state and what the person is told.

    Without replies there is a `silent_reason`, one of SILENT_REASONS. `language` is set when the person chose one,
    `erase` when they want to be forgotten: the last reply is then the last that they hear. `papers` are files of the
    message that are wanted: they are fetched after the turn, and what became of them comes as an event.
    """

    state: State
    replies: tuple[Reply, ...] = ()
    silent_reason: str = ""
    language: str | None = None
    erase: bool = False
    papers: Papers | None = None


class World(Protocol):
    """The profile and trips services as one person sees them.

    A changing call names its `step`, unique within a handler's run, so that a rerun finds the first run's outcome.
    Errors are chassis.errors with the reasons of the contracts; Unavailable and DeadlineExceeded mean: run again later.
    """

    async def update_person(
        self,
        step: str,
        *,
        name: str | None = None,
        language: str | None = None,
        opt_outs: Sequence[profile_pb2.Channel.ValueType] | None = None,
        quiet_hours: profile_pb2.QuietHours | None = None,
    ) -> profile_pb2.Person:
        """Change what is given, keep the rest; `opt_outs` replaces all of them, an empty span ends quiet hours."""

    async def prove_number(self, step: str, number: str) -> None:
        """Send a code by SMS to a number (E.164) that the person says is theirs, too."""

    async def check_number(self, step: str, code: str) -> None:
        """Make one person, and one conversation, of this one and the number's, if that is the code that was sent."""

    async def update_presence(
        self,
        step: str,
        *,
        online: bool | None = None,
        vehicle: trips_pb2.Vehicle.ValueType | None = None,
        location: trips_pb2.Location | None = None,
        quiet_hours: trips_pb2.QuietHours | None = None,
    ) -> trips_pb2.Presence:
        """Put the driver on the map or take them off; or let anybody's quiet hours count there."""

    # Reads are good enough to be shown and may be 100 ms old; `fresh`: what is true now, to decide by.

    async def presence(self, *, fresh: bool = False) -> trips_pb2.Presence | None:
        """Where the driver is; None when they never were online."""

    async def search_drivers(
        self, vehicle: trips_pb2.Vehicle.ValueType, location: trips_pb2.Location, limit: int = 9
    ) -> list[trips_pb2.NearbyDriver]:
        """Find available drivers, nearest first."""

    async def create_trip(
        self,
        step: str,
        *,
        vehicle: trips_pb2.Vehicle.ValueType,
        pickup: trips_pb2.Location,
        driver_ids: Sequence[int] = (),
        destination: trips_pb2.Location | None = None,
    ) -> trips_pb2.Trip:
        """Ask these drivers, or the nearest ones, for a ride."""

    async def open_trip(self, *, fresh: bool = False) -> trips_pb2.Trip | None:
        """Read the trip that the person is on or waits for, as passenger or driver."""

    async def trip(self, trip_id: int, *, fresh: bool = False) -> trips_pb2.Trip:
        """Read a trip; NotFound when there is none."""

    async def trips(self, page_token: str = "") -> list[trips_pb2.Trip]:
        """Read the person's trips, newest first."""

    async def answer_offer(self, step: str, offer_id: int, accept: bool) -> trips_pb2.Trip:  # noqa: FBT001
        """Accept or decline."""

    async def advance_trip(self, step: str, trip_id: int, state: trips_pb2.TripState.ValueType) -> trips_pb2.Trip:
        """Move a trip on, as its driver."""

    async def cancel_trip(self, step: str, trip_id: int, reason: str) -> trips_pb2.Trip:
        """Give a trip up, as either side."""

    async def estimate_fare(
        self, vehicle: trips_pb2.Vehicle.ValueType, pickup: trips_pb2.Location, destination: trips_pb2.Location
    ) -> fares_pb2.FareEstimate:
        """What a ride would cost, as far as one knows before."""

    async def rates(self) -> list[fares_pb2.Rate]:
        """Read the prices of every vehicle."""

    async def rate_trip(self, step: str, trip_id: int, stars: int) -> ratings_pb2.Rating:
        """Give the other side of a completed trip so many stars."""

    async def relay(
        self, step: str, trip_id: int, *, text: str = "", location: trips_pb2.Location | None = None
    ) -> relay_pb2.RelayedMessage:
        """Hand words or a place to the other side of a trip."""

    async def reaches(self, person_id: int) -> bool:
        """Whether somebody else reads what we write to them; False when they asked for silence everywhere."""

    async def share_number(self, step: str, trip_id: int, *, agreed: bool) -> relay_pb2.Exchange:
        """Agree that the other side of a trip learns the person's number, or take that back."""

    async def exchange(self, trip_id: int) -> relay_pb2.Exchange:
        """Read whether both sides of a trip agree now."""

    async def number_of(self, person_id: int, trip_id: int) -> str:
        """Read the number (E.164) of somebody who agreed to it in a trip; empty when they have none. It is audited."""

    async def block(self, step: str, trip_id: int, *, blocked: bool) -> None:
        """Keep the other side of a trip away from the person for ever, or no longer."""

    async def blocks(self) -> list[blocks_pb2.Block]:
        """Read whom the person has blocked, newest first."""

    async def missed_trips(self) -> list[matches_pb2.MissedTrip]:
        """Read the latest trips for which the driver was looked at and not asked, newest first."""

    async def wallet(self) -> wallet_pb2.Wallet:
        """Find or open the person's wallet; as it is now."""

    async def payee(self, code: str) -> wallet_pb2.Party:
        """Whom a code means, as far as the person may know; NotFound."""

    async def send_money(
        self, step: str, payee_code: str, amount: wallet_pb2.Money, *, confirmed: bool = False
    ) -> wallet_pb2.Transaction:
        """Send money. With `confirmed` the step names the transfer whatever message it comes with: it happens once."""

    async def entries(self, page_token: str, page_size: int) -> wallet_pb2.ListEntriesResponse:
        """A page of the person's statement, newest first."""

    @property
    def schedules(self) -> Schedules:
        """Rides for later."""

    @property
    def insurance(self) -> Insurance:
        """Certificates and claims."""

    @property
    def places(self) -> Places:
        """Places by name, and the person's own."""

    @property
    def enrichments(self) -> Enrichments:
        """What was understood from the person's words, and what they let us keep of it."""

    @property
    def invitations(self) -> Invitations:
        """Who came by whose invitation."""


@record(kw_only=True)
class Moment:
    """What messages and events have in common."""

    person: profile_pb2.Person
    state: State
    channel: Channel
    # When the message or event was stored.
    now: datetime
    # How old it was then, by the clock of the provider or of the trips service.
    age_seconds: float = 0.0
    world: World
    # WhatsApp that can only show words (carried by Twilio): choices are numbered as on SMS.
    plain: bool = False
    # Whose clocks people in the service area live by.
    zone: ZoneInfo = wording.LOCAL_TIME
    # A command older than this is not acted upon: whoever wrote it has long made other plans.
    stale_after_seconds: float = STALE_AFTER_SECONDS
    # Whether passengers are asked where they want to go.
    ask_destination: bool = False
    # Whether only drivers with a good certificate of insurance go online.
    insurance_required: bool = False
    # The WhatsApp number that links into a chat with us lead to; empty: no links are shown.
    chat_number: str = ""

    @property
    def language(self) -> str:
        """The person's language, or the default one while none is chosen."""
        return catalogue.spoken(self.person.language)

    @property
    def words_only(self) -> bool:
        """Whether choices are numbered and places typed."""
        return self.plain or self.channel == "sms"

    @property
    def stale(self) -> bool:
        """Whether this came too late to be acted upon."""
        return self.age_seconds > self.stale_after_seconds

    def outdated(self, told_at: datetime) -> bool:
        """Whether something told then, such as a place, is too old to be acted upon."""
        return (self.now - told_at).total_seconds() > self.stale_after_seconds

    def say(self, key: str, **arguments: str | int) -> str:
        """The words of a key in the person's language."""
        return catalogue.t(self.language, key, **arguments)


@record(kw_only=True)
class Turn(Moment):
    """One message of one person, and all that a handler may know."""

    message: Message


@record(kw_only=True)
class EventTurn(Moment):
    """Something that the person must hear of without having written."""

    event: events_pb2.Event
