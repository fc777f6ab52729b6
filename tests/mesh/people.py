"""Two hundred people of four sorts who write while the mesh is being killed, and what must come of it.

Whoever writes sends the next message only after the last was answered 200, but does not wait for the reply, unless
they need it: those who ride. Each lives in a corner of town of their own.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.gateway.conversations.catalogue import LANGUAGES, t
from tests.mesh.deliveries import Deliveries
from tests.mesh.phones import Phone
from tests.mesh.posting import Postman, location, tap, text

# Passengers find drivers within this many metres; corners are further apart.
RADIUS_METERS = 500
_CORNER_DEGREES = 0.02
_MOTO = ("list_reply", "ride:vehicle:moto", "Moto")
_CAB = ("list_reply", "drive:vehicle:cab", "Cab")
# Long enough for what a dead process held to be handed out again.
_PATIENCE_SECONDS = 90.0


@dataclass
class Expected:
    """What one person's messages must have done."""

    phone: Phone
    # The language that they chose last, and how often they chose one.
    language: str = ""
    chosen: int = 0
    # Where they said last that they drive.
    place: tuple[float, float] | None = None
    # Requests for a ride, and how many of those became trips.
    asked: int = 0
    trips: int = 0
    completed: int = 0


@dataclass
class Crowd:
    """Everybody. `closing` asks them to come to an end."""

    postman: Postman
    deliveries: Deliveries
    seed: int
    # Seconds between two messages of a person, on average.
    pace: float = 4.0
    people: list[Expected] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)
    _lives: list[asyncio.Task[None]] = field(default_factory=list)
    _pool_online: int = 0
    _pool: int = 0

    def begin(self, *, pairs: int, pool: int, askers: int, texters: int, talkers: int) -> None:
        """Start their lives; a pair are two people."""
        self._pool = pool
        sorts = [(self._ride, pairs), (self._pool_driver, pool), (self._asker, askers)]
        sorts += [(self._texter, texters), (self._talker, talkers)]
        for live, count in sorts:
            for _ in range(count):
                self._lives.append(asyncio.create_task(self._live(live, len(self._lives))))

    def rush(self) -> None:
        """Whoever thinks about what to write writes it now, all at once."""
        self._hurry.set()
        self._hurry = asyncio.Event()

    async def thinking(self, seconds: float) -> None:
        """That long, or until there is a rush or the end."""
        if not self.closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), seconds)

    async def end(self) -> None:
        """Let everybody finish what they are at; raises what went wrong for any of them."""
        self.closing.set()
        self.rush()
        await asyncio.gather(*self._lives)

    def failed(self) -> bool:
        """Whether somebody's life has ended badly already."""
        return any(life.done() and life.exception() is not None for life in self._lives)

    async def abandon(self) -> None:
        """End all lives at once."""
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)

    async def _live(self, live: Callable[["_Person"], Any], number: int) -> None:
        person = _Person(self, number)
        await person.pause()
        await live(person)

    async def _ride(self, driving: "_Person") -> None:
        """A driver and a passenger of a corner of their own; they ride again and again and read every word."""
        driver = driving.phone()
        french = driving.number % 3 == 0
        rider = driving.phone(sms=driving.number % 2 == 0, beside=True)
        await driving.introduced(driver, "en")
        await driving.introduced(rider, "fr" if french else "en")
        await driver.phone.say("drive")
        await driver.phone.choose("Moto", _PATIENCE_SECONDS)
        await driving.drives_at(driver, 0)
        await driver.phone.hear("You are online", _PATIENCE_SECONDS)
        while not self.closing.is_set():
            await driving.pause()
            await rider.phone.say("ride")
            await rider.phone.choose("Moto", _PATIENCE_SECONDS)
            await driving.pause(0.2)
            await rider.phone.share(driving.latitude + 0.0003, driving.longitude)
            await rider.phone.choose("Demander à tous" if french else "Ask all", _PATIENCE_SECONDS)
            rider.asked += 1
            rider.trips += 1
            for step in ("Accept", "Arrived", "Start trip", "Complete"):
                await driving.pause(0.2)
                await driver.phone.choose(step, _PATIENCE_SECONDS)
            await driver.phone.hear("The trip is complete", _PATIENCE_SECONDS)
            await rider.phone.hear("course est terminée" if french else "trip is complete", _PATIENCE_SECONDS)
            rider.completed += 1

    async def _pool_driver(self, person: "_Person") -> None:
        """One of several drivers in one place, who moves a little now and then and answers no request."""
        person.settle_at(0)
        driver = person.phone()
        await person.introduced(driver, "en")
        await driver.phone.say("drive")
        await driver.phone.choose("Moto", _PATIENCE_SECONDS)
        await person.drives_at(driver, 0)
        await driver.phone.hear("You are online", _PATIENCE_SECONDS)
        self._pool_online += 1
        for step in range(1, 1000):
            await person.pause(1.5)
            if self.closing.is_set():
                return
            await person.drives_at(driver, step)

    async def _asker(self, person: "_Person") -> None:
        """A passenger among the pool of drivers: asks all of them, and asks again in vain."""
        asker = person.phone()
        await person.introduced(asker, LANGUAGES[person.number % len(LANGUAGES)])
        while self._pool_online < self._pool:
            await person.chat(asker, riding=True)
        person.settle_at(0)
        while True:
            if not asker.asked or person.dice.random() < 0.5:
                spot = f"{person.latitude:.5f},{person.longitude:.5f},{int(datetime.now(UTC).timestamp())}"
                await asker.phone.send(tap("list_reply", f"ride:ask:moto:{spot}:all", "Ask all"))
                asker.asked += 1
                asker.trips = 1
            if self.closing.is_set():
                return
            await person.chat(asker, riding=True)

    async def _texter(self, person: "_Person") -> None:
        await self._chatter(person, person.phone(sms=True))

    async def _talker(self, person: "_Person") -> None:
        await self._chatter(person, person.phone(bsuid=person.number % 3 == 0, numbered=person.number % 6 != 0))

    async def _chatter(self, person: "_Person", one: Expected) -> None:
        """Somebody who writes whatever people write."""
        await person.introduced(one, person.dice.choice(LANGUAGES))
        while not self.closing.is_set():
            await person.chat(one)


class _Person:
    """One life: where it is lived, its own dice, and what it does again and again."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        self.crowd = crowd
        self.number = number
        self.dice = random.Random(crowd.seed * 1000 + number)
        self.settle_at(number + 1)
        self._notes = 0

    def settle_at(self, corner: int) -> None:
        self.latitude = -1.5 - _CORNER_DEGREES * (corner % 20)
        self.longitude = 30.0 + _CORNER_DEGREES * (corner // 20)

    def phone(self, *, sms: bool = False, bsuid: bool = False, numbered: bool = True, beside: bool = False) -> Expected:
        """A new phone; `beside` is a second one in the same life."""
        number = f"+25078{int(beside)}{self.number:06}" if numbered else ""
        user = f"RW.{self.number:020}" if bsuid or not numbered else ""
        phone = Phone(self.crowd.postman, self.crowd.deliveries, number, bsuid=user, sms=sms)
        expected = Expected(phone)
        self.crowd.people.append(expected)
        return expected

    async def pause(self, share: float = 1.0) -> None:
        """A moment's thought."""
        seconds = self.dice.uniform(0.2, 1.8) * self.crowd.pace * share
        await self.crowd.thinking(seconds)

    async def introduced(self, one: Expected, language: str) -> None:
        await one.phone.say("hello")
        await self.speaks(one, language)

    async def speaks(self, one: Expected, language: str) -> None:
        """Choose a language, by a tap or in words."""
        if not one.phone.sms and self.dice.random() < 0.5:
            await one.phone.send(tap("list_reply", f"lang:set:{language}", "Language"))
        else:
            await one.phone.say(t(language, "language-name"))
        one.language = language
        one.chosen += 1

    async def drives_at(self, driver: Expected, step: int) -> None:
        """Share a place that is a little further with each step."""
        driver.place = (round(self.latitude + step * 0.00001, 6), round(self.longitude, 6))
        await driver.phone.share(*driver.place)

    async def chat(self, one: Expected, *, riding: bool = False) -> None:
        """Wait a little, then write something; `riding` people write nothing that leads them elsewhere."""
        await self.pause()
        self._notes += 1
        kind = self.dice.choice(
            ("note", "word", "language") if riding else ("note", "word", "place", "language", "odd")
        )
        match kind:
            case "note":
                await one.phone.say(f"note {self._notes} of {self.number}")
            case "word":
                words = ("menu", "trips", "back", "hello") if riding else ("menu", "trips", "back", "ride", "drive")
                await one.phone.say(self.dice.choice(words))
            case "place":
                await one.phone.share(self.latitude, self.longitude)
            case "language":
                await self.speaks(one, self.dice.choice(LANGUAGES))
            case _:
                await self._odd(one)

    async def _odd(self, one: Expected) -> None:
        if one.phone.sms:
            # Carriers answer HELP themselves; a number chooses what was offered last.
            silent = self.dice.random() < 0.5
            await one.phone.send(text("help" if silent else "1"), silent=silent)
            return
        image = {"type": "image", "image": {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}}
        reaction = {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "+"}}
        content = self.dice.choice(
            [image, reaction, tap(*_MOTO), tap(*_CAB), {"type": "hologram", "hologram": {"x": 1}}, location(91, 0)]
        )
        await one.phone.send(content, silent=content is reaction)
