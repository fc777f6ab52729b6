"""Phones that play in a town: they write, tap, type numbers where there is nothing to tap, and keep what they receive.

Every turn is played twice, as if the process had died before the commit, and must end the same both times.
"""

import itertools
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import events_pb2
from services.gateway.conversations import dispatch, routing, taps
from services.gateway.conversations.papers import Papers
from services.gateway.conversations.turn import SILENT_REASONS, EventTurn, Outcome, State, Turn, World
from services.gateway.messages import (
    Button,
    Buttons,
    Channel,
    LocationRequest,
    Menu,
    Message,
    MessageKind,
    Reply,
    Row,
    Text,
    choices,
)


class Surroundings(Protocol):
    """What a phone needs of its town."""

    now: datetime
    ids: "itertools.count[int]"

    def pass_time(self, seconds: float) -> None: ...
    def person(self, person_id: int) -> profile_pb2.Person: ...
    def world(self, person_id: int, message_id: int) -> World: ...
    def take_papers(self, person_id: int, papers: Papers) -> None: ...
    async def deliver(self) -> None: ...


class Phone:
    """One person's phone: writes, taps, and keeps what it received."""

    def __init__(self, town: Surroundings, person_id: int, channel: Channel, *, plain: bool = False) -> None:
        self.town = town
        self.person_id = person_id
        self.channel: Channel = channel
        self.plain = plain
        self.ask_destination = False
        self.insurance_required = False
        self.chat_number = ""
        self.state = State()
        self.received: list[Reply] = []
        self.silences: list[str] = []
        self.erased = False

    @property
    def last(self) -> Reply:
        return self.received[-1]

    @property
    def kind(self) -> str:
        return type(self.last).__name__

    @property
    def number(self) -> str:
        """Its digits."""
        return self.person.identities[0].value.lstrip("+")

    @property
    def body(self) -> str:
        return self.last.body

    @property
    def person(self) -> profile_pb2.Person:
        return self.town.person(self.person_id)

    @property
    def numbered(self) -> bool:
        return self.channel == "sms" or self.plain

    async def say(self, text: str, age_seconds: float = 1) -> None:
        await self.send(Message(MessageKind.TEXT, text=text), age_seconds)

    async def share(self, latitude: float, longitude: float, age_seconds: float = 1) -> None:
        """Share a location; on a phone that only has words, type it."""
        if self.numbered:
            await self.say(f"{latitude:.6f}, {longitude:.6f}", age_seconds)
        else:
            await self.send(Message(MessageKind.LOCATION, latitude=latitude, longitude=longitude), age_seconds)

    async def choose(self, begins: str, age_seconds: float = 1) -> None:
        """Tap what begins so in the newest reply that has it; on a phone that only has words, type its number."""
        for reply in reversed(self.received):
            first = reply.first if isinstance(reply, Buttons | Menu) else 1
            for number, (ident, title) in enumerate(options(reply), first):
                if title.lower().startswith(begins.lower()):
                    if self.numbered:
                        await self.say(str(number), age_seconds)
                    else:
                        await self.tap(ident, age_seconds, title=title)
                    return
        raise AssertionError(f"nothing to choose begins with {begins!r}: {self.received[-3:]}")

    async def tap(self, ident: str, age_seconds: float = 1, title: str = "") -> None:
        await self.send(Message(MessageKind.TAP, tap=ident, title=title), age_seconds)

    async def send(self, message: Message, age_seconds: float = 1) -> None:
        """One turn, played twice, then everybody hears of it."""
        self.town.pass_time(1)
        message_id = next(self.town.ids)

        async def play() -> Outcome:
            turn = Turn(
                person=self.person,
                state=self.state,
                channel=self.channel,
                plain=self.plain,
                now=self.town.now,
                age_seconds=age_seconds,
                world=self.town.world(self.person_id, message_id),
                message=message,
                ask_destination=self.ask_destination,
                insurance_required=self.insurance_required,
                chat_number=self.chat_number,
            )
            return await dispatch.take_turn(turn)

        first = await play()
        assert await play() == first, "a rerun ended differently"
        self._take(first)
        await self.town.deliver()

    async def hear(self, event: events_pb2.Event) -> None:
        self._take(
            await dispatch.take_event(
                EventTurn(
                    person=self.person,
                    state=self.state,
                    channel=self.channel,
                    plain=self.plain,
                    now=self.town.now,
                    world=self.town.world(self.person_id, event.event_id),
                    insurance_required=self.insurance_required,
                    event=event,
                )
            )
        )

    def _take(self, outcome: Outcome) -> None:
        assert bool(outcome.replies) != bool(outcome.silent_reason), outcome
        if outcome.silent_reason:
            assert outcome.silent_reason in SILENT_REASONS
            self.silences.append(outcome.silent_reason)
        for reply in outcome.replies:
            check_fits(reply)
        self.received += outcome.replies
        self.state = outcome.state
        self.erased |= outcome.erase
        if outcome.papers is not None:
            self.town.take_papers(self.person_id, outcome.papers)


def options(reply: Reply) -> list[tuple[str, str]]:
    """(id, title) of everything that can be chosen."""
    match reply:
        case Buttons(buttons=buttons):
            return [(one.id, one.title) for one in buttons]
        case Menu(rows=rows):
            return [(one.id, one.title) for one in rows]
        case _:
            return []


def check_fits(reply: Reply) -> None:
    """A reply is inside every limit of both providers, and each of its taps leads somewhere."""
    for ident in choices(reply):
        assert taps.route_of(ident) in routing.TAPS, ident
    match reply:
        case Text(body):
            assert 0 < len(body) <= 1600
        case LocationRequest(body):
            assert 0 < len(body) <= 1024
        case Buttons(body, buttons):
            assert 0 < len(body) <= 1024
            assert len({one.title for one in buttons}) == len(buttons) <= 3
            for one in buttons:
                _check_choice(one, 20, 256)
        case Menu(body, label, rows):
            assert 0 < len(body) <= 1600 - 40 * len(rows)
            assert 0 < len(label) <= 20
            assert len(rows) <= 10
            for row in rows:
                _check_choice(row, 24, 200)
                assert len(row.description) <= 72


def _check_choice(one: Button | Row, title_limit: int, id_limit: int) -> None:
    assert 0 < len(one.title) <= title_limit, one
    assert 0 < len(one.id) <= id_limit, one


def older(state: State) -> State:
    """The same question as an older version of the code left it."""
    return replace(state, version=state.version - 1)
