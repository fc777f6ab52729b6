"""Drivers, passengers and talkers: the lives of a crowd."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable

from services.gateway.conversations.catalogue import LANGUAGES, t
from tests.chaos.people import Choice, Clock, OutOfPatience, Post, Somebody
from tests.mesh.deliveries import Delivered, Deliveries
from tests.mesh.posting import location, tap

# Corners of town are further apart than drivers are looked for.
_CORNER_DEGREES = 0.02
_FIRST = asyncio.FIRST_COMPLETED


class Crowd:
    """Everybody; `live` ends when all have finished what they were at."""

    def __init__(self, post: Post, deliveries: Deliveries, seed: int, size: int) -> None:
        self.clock = Clock()
        self.people: list[Somebody] = []
        self._post = post
        self._deliveries = deliveries
        self._dice = random.Random(f"people of {seed}")
        self._riding = 0
        self._home = asyncio.Event()
        self._lives: list[Callable[[], Awaitable[None]]] = []
        self._fill(size)

    async def live(self) -> None:
        """Let everybody live their lives; whoever runs out of patience says so in `waits_for`."""
        async with asyncio.TaskGroup() as group:
            for life in self._lives:
                group.create_task(self._lived(life))

    async def settle(self, seconds: float) -> None:
        """Wait until everybody could ride now, at most so long: faults are to meet rides, not greetings."""
        end = time.monotonic() + seconds
        while self.clock.settled < len(self.people) and time.monotonic() < end:
            await asyncio.sleep(0.05)

    async def _lived(self, life: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(self._dice.uniform(0, 1.5))
        with contextlib.suppress(OutOfPatience):
            await life()

    def _fill(self, size: int) -> None:
        """Half of them in pairs, the most of the rest in fives who compete, and a few who only talk."""
        corner = 0
        while size - len(self.people) > size // 2:
            self._driver(corner, sms=corner % 5 == 3)
            self._passenger(corner, sms=corner % 2 == 0, alone=True)
            corner += 1
        while size - len(self.people) >= 7:
            for _ in range(2):
                self._driver(corner)
            for _ in range(3):
                self._passenger(corner)
            corner += 1
        self._joined()
        while len(self.people) < size:
            self._talker()

    def _somebody(self, role: str, *, sms: bool = False, kind: str = "") -> Somebody:
        number = len(self.people)
        kind = kind or ("sms" if sms else self._dice.choice(("number", "number", "bsuid", "both")))
        somebody = Somebody(
            self._post,
            self._deliveries,
            self.clock,
            random.Random(self._dice.random()),
            role=role,
            number="" if kind == "bsuid" else f"+25078{number:07}",
            bsuid=f"RW.{number + 1:020}" if kind in {"bsuid", "both"} else "",
            sms=sms,
            language=self._dice.choice(LANGUAGES),
        )
        self.people.append(somebody)
        return somebody

    def _driver(self, corner: int, *, sms: bool = False) -> None:
        self._lives.append(_Driver(self._somebody("driver", sms=sms), corner, self._home).live)

    def _passenger(self, corner: int, *, sms: bool = False, alone: bool = False) -> None:
        self._riding += 1
        passenger = _Passenger(self._somebody("passenger", sms=sms), corner, alone=alone)

        async def ride() -> None:
            try:
                await passenger.live()
            finally:
                self._riding -= 1
                if not self._riding:
                    self._home.set()

        self._lives.append(ride)

    def _talker(self) -> None:
        self._lives.append(_Talker(self._somebody("talker", sms=len(self.people) % 2 == 0)).live)

    def _joined(self) -> None:
        self._lives.append(_Joined(self._somebody("stranger to themselves", kind="both")).live)


def _place(corner: int, dice: random.Random) -> tuple[float, float]:
    """Somewhere within a few steps of the corner."""
    latitude = -1.5 - _CORNER_DEGREES * (corner % 20)
    return round(latitude + dice.uniform(0, 0.001), 6), round(30.0 + _CORNER_DEGREES * (corner // 20), 6)


class _Driver:
    """Goes online, accepts what comes, declines now and then, and drives to the end."""

    def __init__(self, me: Somebody, corner: int, everybody_is_home: asyncio.Event) -> None:
        self._me = me
        self._place = _place(corner, me.dice)
        self._home = everybody_is_home
        self._online = False
        # How to accept and how to decline each request that was not answered yet.
        self._asked: list[tuple[Choice, Choice]] = []

    async def live(self) -> None:
        me = self._me
        await me.introduce()
        await me.say("drive")
        going_home = asyncio.create_task(self._home.wait())
        while not (going_home.done() and not me.unread()):
            reading = asyncio.create_task(me.news("" if self._online else "the way online"))
            await asyncio.wait({going_home, reading} if self._online else {reading}, return_when=_FIRST)
            if not reading.done():
                reading.cancel()
                break
            await self._work(reading.result())
        me.waits_for = ""

    async def _work(self, news: list[Delivered]) -> None:
        me = self._me
        if not self._online and any(me.reads(message, "online") for message in news):
            self._online = True
            me.clock.settled += 1
        for message in news:
            if offer := me.offered(message, "button-accept", "row-accept"):
                self._asked.append((offer, me.offered(message, "button-decline", "row-decline") or offer))
        for message in reversed(news):
            if step := me.offered(message, "button-complete", "button-start", "button-arrived"):
                self._asked.clear()  # whom we accepted is who we drive; the others were told
                await me.think(0.3)
                await me.choose(step)
                return
            if not self._online and (choice := me.offered(message, "vehicle-moto")):
                await me.choose(choice)
                return
            if not self._online and me.asks_for_place(message):
                await me.share(*self._place)
                return
        if self._asked:
            accept, decline = self._asked.pop()
            await me.think(0.3)
            await me.choose(decline if me.dice.random() < 0.1 else accept)


class _Passenger:
    """Rides again and again; among others, gives a trip up now and then."""

    def __init__(self, me: Somebody, corner: int, *, alone: bool) -> None:
        self._me = me
        self._place = _place(corner, me.dice)
        self._gives_up = 0.0 if me.sms or alone else 0.2
        # Two drivers have to listen to the requests of three passengers.
        self._most_rides = 4 if alone else 2

    async def live(self) -> None:
        """At least one ride, however long that takes; then as many as there is time for, and patience of phones."""
        me = self._me
        await me.introduce()
        me.clock.settled += 1
        while not (rides := me.completed + me.gave_up) or self._rides_on(rides):
            await me.think(0.5)
            await self._ride()

    def _rides_on(self, rides: int) -> bool:
        return not self._me.clock.closing.is_set() and rides < self._most_rides and not self._me.has_heard_enough

    async def _ride(self) -> None:
        me = self._me
        leaves = me.dice.random() < self._gives_up
        searches = 0
        await me.say("ride")
        while True:
            news = await me.news("the next step of the ride")
            completed = sum(me.reads(message, "told-completed") for message in news)
            gave_up = sum(me.reads(message, "given-up") for message in news)
            me.completed += completed
            me.gave_up += gave_up
            if completed or gave_up:
                return
            for message in reversed(news):
                if leaves and (choice := me.offered(message, "row-reason-plans", "button-leave")):
                    await me.think(0.2)
                    await me.choose(choice)
                    break
                if choice := me.offered(message, "row-ask-all", "vehicle-moto"):
                    await me.think(0.2)
                    await me.choose(choice)
                    break
                if choice := me.offered(message, "button-search-again"):
                    searches += 1
                    # Ever more patiently: a phone that gets too many messages gets one in six seconds.
                    await me.think(min(0.5 + searches, 6.0))
                    await me.choose(choice)
                    break
                if me.asks_for_place(message):
                    await me.share(*self._place)
                    break
                if me.offered(message, "button-ride"):
                    await me.say("ride")
                    break


class _Talker:
    """Writes whatever people write, several messages at a breath now and then."""

    def __init__(self, me: Somebody) -> None:
        self._me = me
        self._notes = 0

    async def live(self) -> None:
        me = self._me
        await me.introduce()
        me.clock.settled += 1
        while not me.clock.closing.is_set() and not me.has_heard_enough:
            await me.think(0.6)
            answers = me.dice.choice((1, 1, 2, 3))
            for _ in range(answers):
                await self._write()
            while answers > 0:
                answers -= len(await me.news("answers to what they wrote"))

    async def _write(self) -> None:
        me = self._me
        self._notes += 1
        kind = me.dice.choice(("note", "word", "place", "language", "odd"))
        if kind == "note":
            await me.say(f"note {self._notes}")
        elif kind == "word":
            words = me.dice.choice(("menu", "trips", "back", "hello", "ride"))
            await me.say(words)
        elif kind == "language":
            me.language = me.dice.choice(LANGUAGES)
            await me.say(t(me.language, "language-name"), language=me.language)
        elif me.sms:
            await me.say("1" if kind == "odd" else "-1.95, 30.06")
        elif kind == "place":
            await me.send(location(-1.95, 30.06))
        else:
            # A button of another day, and one that never was ours.
            ident, title = me.dice.choice((("ride:vehicle:moto", "Moto"), ("lottery:win", "Win")))
            await me.send(tap("list_reply", ident, title))


class _Joined:
    """Two strangers, one with a number and one with a BSUID, until a message shows that they are one."""

    def __init__(self, me: Somebody) -> None:
        self._me = me

    async def live(self) -> None:
        me = self._me
        for shown in ("bsuid", "number"):
            me.shows = shown
            await me.introduce()
        me.clock.settled += 1
        me.shows = "both"
        while True:
            await me.say(me.dice.choice(("menu", "trips", "hello")))
            await me.news("an answer as one person")
            if me.clock.closing.is_set() or me.has_heard_enough:
                return
            await me.think(0.6)
