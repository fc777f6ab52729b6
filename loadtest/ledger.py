"""What became of every message: its webhook's answers, and the answer that its sender got, matched by person and order.

The provider's stand-in says when it accepted an answer; a message's latency runs from the moment at which it was due
until then, whatever was in the way, the generator included.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadtest.histogram import Histogram
from loadtest.people import Person
from loadtest.plan import Message
from loadtest.wire import Answer

# Replies whose statuses may be told; more would only be memory.
_MOST_REPLIES = 20_000
# Two readings of the same clock, one after the other, on a machine that is busy.
_CLOCK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Accepted:
    """A send that the stand-in took: when (seconds since the epoch), for whom, under which ids of theirs and ours."""

    at: float
    provider: str
    to: str
    message_id: str
    outbox_id: int


class Ledger:
    """Of one run, which began at `began` (seconds since the epoch)."""

    def __init__(self, began: float, drivers: Sequence[Person]) -> None:
        self.began = began
        self.webhooks = Histogram()  # from the moment due until the webhook was answered 200
        self.status_webhooks = Histogram()
        self.statuses_posted = 0
        self.statuses_taken = 0
        self.status_posts = 0
        self.posts = 0
        self.unanswered_posts = 0
        self.sent = 0
        self.refused = 0
        self.copies = 0
        self.strangers = 0  # sends to people who are not ours
        self.replies: deque[Accepted] = deque(maxlen=_MOST_REPLIES)
        self.soon = Histogram()  # what the progress shows
        self.answered = 0
        self.accepted = 0
        self._written: dict[str, list[Message]] = defaultdict(list)
        self._received: dict[str, list[float]] = defaultdict(list)
        self._drivers = {driver.number for driver in drivers}
        self._requests: list[Message] = []
        self.told: dict[str, float] = {}  # the first word to each driver
        self._seen: set[tuple[str, int]] = set()

    def wrote(self, message: Message) -> None:
        """A webhook with this message goes out, perhaps not for the first time."""
        message.posts += 1
        self.posts += 1
        if message.posts == 1:
            self.sent += 1
            self._written[message.person.number].append(message)
            if message.driver is not None:
                self._requests.append(message)

    def heard(self, message: Message, answer: Answer, at: float, *, again: bool) -> None:
        """The webhook was answered, `at` seconds after the beginning."""
        message.statuses.append(answer.status)
        message.known += answer.duplicate
        self.unanswered_posts += answer.status == 0
        if answer.status == 200:
            if message.taken_at is None:
                message.taken_at = at
            self.webhooks.record(at - (message.again_at if again and message.again_at is not None else message.at))
        elif message.refused:
            self.refused += 1

    def told_statuses(self, count: int) -> None:
        """A webhook with so many statuses goes out."""
        self.status_posts += 1
        self.statuses_posted += count

    def heard_statuses(self, count: int, answer: Answer, late: float) -> None:
        """It was answered so many seconds after it was due."""
        self.unanswered_posts += answer.status == 0
        if answer.status == 200:
            self.statuses_taken += count
            self.status_webhooks.record(late)

    def arrived(self, one: Accepted) -> None:
        """The stand-in has accepted a send."""
        key = one.provider, one.outbox_id
        if key in self._seen:
            self.copies += 1
            return
        self._seen.add(key)
        self.accepted += 1
        if one.provider == "whatsapp":
            self.replies.append(one)
        if one.to in self._written:
            self._received[one.to].append(one.at - self.began)
            self._note(one.to)
        elif one.to in self._drivers:
            self.told.setdefault(one.to, one.at - self.began)
        else:
            self.strangers += 1

    def _note(self, number: str) -> None:
        """For the progress: what the newest answer most likely belongs to. The report looks at everything again."""
        place = len(self._received[number]) - 1
        expected = self._expected(number)
        if place < len(expected):
            self.answered += 1
            self.soon.record(self._received[number][place] - expected[place].at)

    @property
    def waiting(self) -> int:
        """Messages on their way: sent, neither refused nor answered."""
        return self.sent - self.refused - self.answered

    @property
    def untold(self) -> int:
        """Drivers who were asked for by a webhook that was taken, and have not heard of it."""
        asked = (one.driver for one in self._requests if one.taken)
        return sum(driver is not None and driver.number not in self.told for driver in asked)

    def answers(self) -> Iterator[tuple[Message, float]]:
        """Each message that was answered, with the seconds from when it was due until its answer was accepted."""
        for number in self._written:
            for message, at in zip(self._expected(number), self._received.get(number, ()), strict=False):
                yield message, at - message.at

    def latencies(self) -> Histogram:
        """Of all that were answered."""
        found = Histogram()
        for _, seconds in self.answers():
            found.record(seconds)
        return found

    def early(self) -> int:
        """Answers that were accepted before their messages were due: two clocks disagree, and no latency is true."""
        return sum(seconds < -_CLOCK_SECONDS for _, seconds in self.answers())

    def lost(self) -> int:
        """Messages whose webhook was answered 200 and whose senders got fewer answers."""
        return sum(
            max(0, sum(message.taken for message in messages) - len(self._received.get(number, ())))
            for number, messages in self._written.items()
        )

    def surplus(self) -> int:
        """Answers beyond one for each message; whoever asked for a ride is told of it later, too."""
        return sum(
            max(0, len(self._received.get(number, ())) - len(self._expected(number)))
            for number, messages in self._written.items()
            if messages[0].driver is None
        )

    def messages(self) -> Iterator[Message]:
        """All that were sent."""
        for written in self._written.values():
            yield from written

    def rate_limited(self) -> int:
        """Messages that were refused because there was too much."""
        return sum(message.rate_limited for message in self.messages())

    def failed(self) -> int:
        """Messages without an answer to their sender that were not refused for being too much."""
        return self.sent - sum(1 for _ in self.answers()) - self.rate_limited()

    def twice(self) -> list[Message]:
        """Messages whose first and second webhook were both answered 200."""
        return [message for message in self.messages() if message.statuses.count(200) > 1]

    def _expected(self, number: str) -> list[Message]:
        """The messages of a person that may have an answer; one without any answer to its webhook may."""
        return [message for message in self._written[number] if not message.refused]
