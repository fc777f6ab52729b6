"""The whole run before it begins: who writes what at which moment, what comes twice, when statuses come."""

import heapq
import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from loadtest import mix, people, schedule
from loadtest.mix import Content
from loadtest.people import Person
from loadtest.settings import LoadTestSettings, Profile

# Meta repeats what it got no answer for at once, and sometimes what it got one for.
_AGAIN_SECONDS = 2.0


@dataclass(eq=False, slots=True)
class Message:
    """One message; everything below `again_at` is noted while the run lasts, in seconds since its start."""

    at: float
    number: int
    ident: str
    person: Person
    content: Content
    # The driver whom a request for a ride is meant for.
    driver: Person | None = None
    driver_id: int = 0
    place: tuple[float, float] = (0.0, 0.0)
    again_at: float | None = None
    # Its bytes, kept for as long as they are to be posted again.
    raw: bytes = b""
    posts: int = 0
    statuses: list[int] = field(default_factory=list)
    known: int = 0
    taken_at: float | None = None

    @property
    def taken(self) -> bool:
        """Whether a webhook with it was answered 200."""
        return self.taken_at is not None

    @property
    def refused(self) -> bool:
        """Whether each of its webhooks was refused, so that nobody waits for an answer."""
        return len(self.statuses) == self.posts and all(status not in {0, 200} for status in self.statuses)

    @property
    def rate_limited(self) -> bool:
        """Whether it was refused because there was too much."""
        return self.refused and any(status in {429, 503} for status in self.statuses)


What: TypeAlias = Literal["message", "again", "statuses"]
# When, and what: a message, the same once more, or so many statuses.
Event: TypeAlias = tuple[float, int, What, Message | None]


@dataclass(frozen=True)
class Plan:
    """Messages in order of time; `people` is how many live in town."""

    load: Profile
    run: str
    people: int
    messages: list[Message]
    status_batch: int

    def events(self) -> Iterator[Event]:
        """Everything in order of time."""
        first: Iterator[Event] = ((one.at, 0, "message", one) for one in self.messages)
        repeated = sorted((one.again_at, one.number, one) for one in self.messages if one.again_at is not None)
        second: Iterator[Event] = ((at, 1, "again", one) for at, _, one in repeated)
        if not self.load.status_rate:
            return heapq.merge(first, second, key=lambda event: event[0])
        due = schedule.evenly(self.load.status_rate, self.load.duration, self.status_batch)
        third: Iterator[Event] = ((at, 2, "statuses", None) for at in due)
        return heapq.merge(first, second, third, key=lambda event: event[0])

    @property
    def drivers(self) -> list[Person]:
        """Those who are asked."""
        return [one.driver for one in self.messages if one.driver is not None]

    @property
    def requests(self) -> list[Message]:
        """Those that ask for a ride."""
        return [one for one in self.messages if one.driver is not None]


def make(load: Profile, settings: LoadTestSettings, *, first_stranger: int, bursts: bool = True) -> Plan:
    """The same plan for the same seed, but for ids; passengers and drivers are numbered from `first_stranger` on."""
    dice = random.Random(settings.seed if bursts else f"warm-up {settings.seed}")  # noqa: S311 - no secret
    run = secrets.token_hex(8)
    town = people.town_size(load.rate)
    senders = people.Senders(town, dice)
    moments = schedule.moments(load.rate, load.duration, settings.concurrency if bursts else 0, dice)
    files = people.Seldom(people.MOST_FILES_AN_HOUR, 3600)
    messages = []
    for number, at in enumerate(moments):
        if number % mix.TRIP_EVERY == mix.TRIP_EVERY // 2:
            stranger = first_stranger + number // mix.TRIP_EVERY
            content = Content("ride", {})
            message = Message(at, number, f"wamid.{run}.{number}", people.passenger(stranger), content)
            message.driver, message.place = people.driver(stranger), mix.spot(dice)
        else:
            person = people.chatter(senders.draw(at))
            content = mix.written(person.channel, dice)
            while content.kind in mix.FILES and not files.may(person.number, at):
                content = mix.written(person.channel, dice)
            message = Message(at, number, _ident(run, number, content.kind), person, content)
        if dice.random() < settings.duplicates:
            message.again_at = at + dice.uniform(0, _AGAIN_SECONDS)
        messages.append(message)
    return Plan(load, run, town, messages, settings.status_batch)


def hellos(persons: Sequence[Person], rate: float) -> Plan:
    """Each of these people writes once, so that there is a conversation in which they can be told something."""
    run = secrets.token_hex(8)
    content = Content("text", {"type": "text", "text": {"body": "hello"}})
    messages = [
        Message(number / rate, number, _ident(run, number, content.kind), person, content)
        for number, person in enumerate(persons)
    ]
    return Plan(Profile(rate, len(messages) / rate), run, len(persons), messages, 1)


def _ident(run: str, number: int, kind: str) -> str:
    if kind in {"sms", "mms"}:
        return f"{'MM' if kind == 'mms' else 'SM'}{run}{number:016x}"
    return f"wamid.{run}.{number}"
