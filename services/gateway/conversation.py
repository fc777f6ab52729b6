"""From a claimed item to a decision: who the person is, what their conversation says, what is to be written."""

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

import orjson

from chassis import logs
from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import events_pb2
from services.gateway.claims import EVENT, Claim
from services.gateway.clients.merged import as_survivor
from services.gateway.clients.profile import Profile, identity
from services.gateway.clients.trips import Trips
from services.gateway.clients.world import PersonalWorld
from services.gateway.conversations import catalogue, limited
from services.gateway.conversations.dispatch import take_event, take_turn
from services.gateway.conversations.memory import Memory
from services.gateway.conversations.turn import (
    NO_ADDRESS,
    OPTED_OUT,
    RATE_LIMITED,
    SYSTEM_NOTICE,
    EventTurn,
    Outcome,
    State,
    Turn,
)
from services.gateway.decision import Decision, Ending
from services.gateway.limiting import Admission, Limiting
from services.gateway.limits import Counts
from services.gateway.messages import Address, ItemKind, Message, MessageKind, Provider, Text
from services.gateway.providers.reading import IdentityChange, read_identity_change, read_message
from services.gateway.proving import Proving

log = logs.get(__name__)


class Conversations:
    """The handlers with the services behind them."""

    def __init__(
        self,
        profile: Profile,
        trips: Trips,
        proving: Proving,
        *,
        limiting: Limiting,
        stale_after_seconds: float,
        ask_destination: bool = False,
        insurance_required: bool = False,
        chat_number: str = "",
        zone: ZoneInfo,
    ) -> None:
        self._profile = profile
        self._trips = trips
        self._proving = proving
        self._limiting = limiting
        self._stale_after_seconds = stale_after_seconds
        self._ask_destination = ask_destination
        self._insurance_required = insurance_required
        self._chat_number = chat_number
        self._zone = zone

    async def decide(self, claim: Claim) -> Decision:
        """Run one item through its conversation. Raises what the handler or a service raised."""
        if claim.kind == EVENT:
            return await self._event(claim)
        provider = Provider(claim.provider)
        message = read_message(provider, claim.raw) if claim.kind == ItemKind.MESSAGE else None
        if message is None or message.kind is MessageKind.SYSTEM:
            change = read_identity_change(provider, claim.raw)
            if change is not None:
                return await self._renamed(claim, change)
        if message is None or not _address(claim):
            return _silent(claim, NO_ADDRESS)
        address = Address.from_key(_address(claim))
        admission = self._limiting.admit(claim.snapshot.counts, message, address.channel, claim.stored_at)
        return await self._message(claim, message, address, admission)

    async def _message(self, claim: Claim, message: Message, address: Address, admission: Admission) -> Decision:
        if admission.refused and not admission.first:
            # A flood costs no service anything.
            return replace(_silent(claim, RATE_LIMITED), counts=admission.counts)
        person = await self._person(claim, message)
        world = PersonalWorld(person, claim.key, self._profile, self._trips, self._proving, _address(claim))
        turn = self._turn(claim, person, world, message, address)
        if admission.refused and admission.until is not None:
            notice = limited.notice(turn, admission.refused, admission.until)
            return _decision(claim, person, world, notice, (), admission.counts)
        handed_over = await self._hand_over(claim, person, world)
        decision = _decision(claim, person, world, await take_turn(turn), handed_over, admission.counts)
        return replace(decision, replies=(), reason=decision.reason or RATE_LIMITED) if admission.mute else decision

    async def _person(self, claim: Claim, message: Message) -> profile_pb2.Person:
        if not claim.addresses and claim.snapshot.person_id is not None:
            # The number that it came from changed hands while it waited: it is still its former person's.
            return await self._as_left(claim, await self._profile.get(claim.snapshot.person_id))
        addresses = [Address.from_key(key) for key in claim.addresses or (claim.snapshot.reply_to,)]
        known = claim.snapshot.person_id
        return await self._as_left(claim, await self._profile.resolve(addresses, message.profile_name, person_id=known))

    async def _as_left(self, claim: Claim, person: profile_pb2.Person) -> profile_pb2.Person:
        """The person, no older than the last turn left them: that another replica hears of it takes a moment."""
        known = claim.snapshot
        if person.person_id == known.person_id and person.version < (known.person_version or 0):
            return await self._profile.get(person.person_id, fresh=True)
        return person

    async def _renamed(self, claim: Claim, change: IdentityChange) -> Decision:
        """The provider tells that a person we know has another number or user id."""
        if claim.snapshot.person_id is None:
            return _silent(claim, SYSTEM_NOTICE)
        former, current = ([identity(address) for address in side] for side in change)
        request = profile_pb2.UpdatePersonRequest(
            request_id=f"{claim.key.hex()}:identities",
            person=profile_pb2.Person(person_id=claim.snapshot.person_id, identities=current),
            former_identities=former,
        )
        request.update_mask.paths.append("identities")
        person = await self._profile.update(request)
        world = PersonalWorld(person, claim.key, self._profile, self._trips)
        handed_over = await self._hand_over(claim, person, world)
        return _decision(claim, person, world, Outcome(_state(claim), silent_reason=SYSTEM_NOTICE), handed_over)

    async def _event(self, claim: Claim) -> Decision:
        if not claim.snapshot.reply_to:
            return _silent(claim, NO_ADDRESS)
        event = events_pb2.Event.FromString(claim.raw)
        person = await self._as_left(claim, await self._profile.get(event.recipient_id))
        world = PersonalWorld(person, claim.key, self._profile, self._trips)
        if event.recipient_id != person.person_id:
            as_survivor(event.trip, {event.recipient_id, *person.merged_person_ids}, person.person_id)
            event.recipient_id = person.person_id
        address = Address.from_key(claim.snapshot.reply_to)
        outcome = await take_event(
            EventTurn(
                person=person,
                state=_state(claim),
                channel=address.channel,
                plain=address.plain,
                now=claim.stored_at,
                age_seconds=_age(claim),
                world=world,
                zone=self._zone,
                stale_after_seconds=self._stale_after_seconds,
                insurance_required=self._insurance_required,
                event=event,
            )
        )
        return _decision(claim, person, world, outcome, ())

    async def _hand_over(self, claim: Claim, person: profile_pb2.Person, world: PersonalWorld) -> tuple[int, ...]:
        """Tell the trips service once about everybody who turned out to be this person."""
        missing = sorted(set(person.merged_person_ids) - set(claim.snapshot.handed_over))
        for person_id in missing:
            await world.hand_over(person_id)
        return tuple(missing)

    def _turn(
        self, claim: Claim, person: profile_pb2.Person, world: PersonalWorld, message: Message, address: Address
    ) -> Turn:
        return Turn(
            person=person,
            state=_state(claim) if _is_same(claim, person) else State(),
            channel=address.channel,
            plain=address.plain,
            now=claim.stored_at,
            age_seconds=_age(claim),
            world=world,
            zone=self._zone,
            stale_after_seconds=self._stale_after_seconds,
            ask_destination=self._ask_destination,
            insurance_required=self._insurance_required,
            chat_number=self._chat_number,
            message=message,
        )

    def apologize(self, claim: Claim, reason: str) -> Decision:
        """The decision for a message that is given up: its sender is told, and may go on from where they were.

        Needs no service: what fails here would fail again. Events die without a word, because nobody waits for them.
        """
        language = catalogue.spoken(claim.snapshot.language)
        awaited = claim.kind == ItemKind.MESSAGE and _address(claim)
        if not awaited:
            return _unchanged(claim, Ending.DEAD, reason)
        apology = _unchanged(claim, Ending.DEAD, reason, (Text(catalogue.t(language, "apology")),))
        return replace(apology, counts=self._limiting.given_up(claim.snapshot.counts, claim.stored_at))


def _address(claim: Claim) -> str:
    """Where an answer goes; empty when the only number of a conversation changed hands."""
    return claim.addresses[0] if claim.addresses else claim.snapshot.reply_to


def _is_same(claim: Claim, person: profile_pb2.Person) -> bool:
    """Whether it is the person whom the conversation was with: nobody goes on from where a stranger was."""
    return claim.snapshot.person_id in {None, person.person_id, *person.merged_person_ids}


def _silent(claim: Claim, reason: str) -> Decision:
    return _unchanged(claim, Ending.DONE, reason)


def _unchanged(claim: Claim, ending: Ending, reason: str, replies: tuple[Text, ...] = ()) -> Decision:
    snapshot = claim.snapshot
    return Decision(
        claim,
        ending,
        replies=replies,
        state_name=snapshot.state_name,
        state_version=snapshot.state_version,
        state_data=snapshot.state_data,
        state_expires_at=snapshot.state_expires_at,
        reason=reason,
    )


def _age(claim: Claim) -> float:
    if claim.sent_at is None:
        return 0.0
    return max(0.0, (claim.stored_at - claim.sent_at).total_seconds())


def _state(claim: Claim) -> State:
    snapshot = claim.snapshot
    if not snapshot.state_name:
        return State()
    data = orjson.loads(snapshot.state_data)
    return State(
        name=snapshot.state_name,
        version=snapshot.state_version,
        data=dict(data) if isinstance(data, Mapping) else {},
        expires_at=snapshot.state_expires_at,
    )


def _silenced(outcome: Outcome) -> bool | None:
    """Whether the person asked for silence, as far as this turn knows; None: it did not look."""
    if Memory.of(outcome.state).silenced or outcome.silent_reason == OPTED_OUT:
        return True
    return None if outcome.silent_reason else False


def _decision(
    claim: Claim,
    person: profile_pb2.Person,
    world: PersonalWorld,
    outcome: Outcome,
    handed_over: tuple[int, ...],
    counts: Counts | None = None,
) -> Decision:
    return Decision(
        claim,
        Ending.DONE,
        replies=outcome.replies,
        person_id=person.person_id,
        person_version=world.person_version,
        language=outcome.language or person.language,
        handed_over=handed_over,
        state_name=outcome.state.name,
        state_version=outcome.state.version,
        state_data=orjson.dumps(outcome.state.data),
        state_expires_at=outcome.state.expires_at,
        silenced=_silenced(outcome),
        erase=outcome.erase,
        papers=outcome.papers,
        counts=counts,
        reason=outcome.silent_reason,
    )
