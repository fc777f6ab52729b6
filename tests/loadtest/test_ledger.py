"""Each answer belongs to the message that it answers: by person and order, whatever was refused, lost or sent twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import people
from loadtest.ledger import Accepted, Ledger
from loadtest.mix import Content
from loadtest.plan import Message
from loadtest.wire import Answer

BEGAN = 1_700_000_000.0
ADA = people.chatter(0)
BOB = people.chatter(1)


class Story:
    """A ledger that is told what happens, at seconds since the beginning."""

    def __init__(self) -> None:
        self.ledger = Ledger(BEGAN, [people.driver(1)])
        self._outbox = 0

    def writes(self, at: float, *statuses: int, person: people.Person = ADA, duplicate: bool = False) -> Message:
        """A message whose webhooks were answered so, a moment later."""
        message = Message(at, 0, "", person, Content("text", {}))
        for number, status in enumerate(statuses):
            self.ledger.wrote(message)
            self.ledger.heard(message, Answer(status, duplicate and number > 0), at + 0.01, again=number > 0)
        return message

    def accepted(self, at: float, person: people.Person = ADA, outbox_id: int = 0) -> None:
        """The stand-in takes a send."""
        self._outbox += 1
        ident = outbox_id or self._outbox
        self.ledger.arrived(Accepted(BEGAN + at, "whatsapp", person.number, f"id{self._outbox}", ident))

    def told(self) -> list[tuple[float, float]]:
        """(when due, how long until the answer), of all that were answered."""
        return sorted((message.at, round(seconds, 6)) for message, seconds in self.ledger.answers())


@pytest.fixture
def story() -> Story:
    return Story()


def test_from_the_moment_due(story: Story) -> None:
    """The n-th answer to a person belongs to their n-th message, and its time runs from when that was due."""
    story.writes(1, 200)
    story.writes(2, 200, person=BOB)
    story.writes(3, 200)
    story.accepted(4)
    story.accepted(4.5, BOB)
    story.accepted(6)
    assert story.told() == [(1, 3), (2, 2.5), (3, 3)]
    assert story.ledger.lost() == story.ledger.surplus() == story.ledger.failed() == 0
    assert story.ledger.latencies().mean == pytest.approx(8.5 / 3)


@pytest.mark.parametrize(("status", "limited"), [(503, 1), (429, 1), (500, 0), (403, 0)])
def test_who_was_refused_is_not_answered(story: Story, status: int, limited: int) -> None:
    """A refused message takes nobody's answer; too much is told apart from what failed."""
    story.writes(1, 200)
    story.writes(2, status)
    story.writes(3, 200)
    story.accepted(1.5)
    story.accepted(3.5)
    assert story.told() == [(1, 0.5), (3, 0.5)]
    assert story.ledger.rate_limited() == limited
    assert story.ledger.failed() == 1 - limited
    assert story.ledger.lost() == 0


def test_a_second_delivery_may_be_the_one_that_counts(story: Story) -> None:
    """What was refused first and taken when it came again is a message like any other."""
    story.writes(1, 503, 200)
    story.accepted(4)
    assert story.told() == [(1, 3)]
    assert story.ledger.rate_limited() == story.ledger.failed() == 0


def test_taken_and_never_answered_is_lost(story: Story) -> None:
    """A 200 without an answer at the far end is no success."""
    story.writes(1, 200)
    story.writes(2, 200)
    story.accepted(3)
    assert story.ledger.lost() == 1
    assert story.ledger.failed() == 1
    assert story.ledger.waiting == 1


def test_no_answer_to_the_webhook_may_still_have_an_effect(story: Story) -> None:
    """A webhook without an answer may have been stored: answered it is a success, unanswered failed, never lost."""
    story.writes(1, 0)
    assert story.ledger.failed() == 1
    assert story.ledger.lost() == 0
    story.accepted(2)
    assert story.told() == [(1, 1)]
    assert story.ledger.failed() == 0


def test_copies_and_second_effects(story: Story) -> None:
    """A reply that is sent twice is a copy; another reply is a second effect; messages to strangers are nobody's."""
    story.writes(1, 200, 200, duplicate=True)
    story.accepted(2, outbox_id=77)
    story.accepted(3, outbox_id=77)
    assert (story.ledger.copies, story.ledger.surplus()) == (1, 0)
    story.accepted(4)
    assert story.ledger.surplus() == 1
    story.accepted(5, people.passenger(5))
    assert story.ledger.strangers == 1
    (message,) = story.ledger.twice()
    assert message.known == 1


def test_rides(story: Story) -> None:
    """Who asks for a ride is told more than one answer later on, and their driver hears of it."""
    message = Message(1, 0, "", people.passenger(1), Content("ride", {}), driver=people.driver(1))
    story.ledger.wrote(message)
    assert story.ledger.untold == 0
    story.ledger.heard(message, Answer(200), 1.1, again=False)
    assert story.ledger.untold == 1
    for at, person in ((2, people.passenger(1)), (2.5, people.driver(1)), (120, people.passenger(1))):
        story.accepted(at, person)
    assert story.told() == [(1, 1)]
    assert story.ledger.untold == story.ledger.surplus() == 0
    assert story.ledger.told == {people.driver(1).number: 2.5}


def test_clocks_that_disagree(story: Story) -> None:
    """An answer before its message was due is told: no latency of such a run is true."""
    story.writes(10, 200)
    story.accepted(9)
    assert story.ledger.early() == 1


@given(st.lists(st.tuples(st.sampled_from([200, 503, 0]), st.booleans()), max_size=30))
def test_every_message_is_counted_once(course: list[tuple[int, bool]]) -> None:
    """Whatever happens, success, failed and rate limited add up to what was sent, and nobody is answered twice."""
    story = Story()
    for at, (status, answered) in enumerate(course):
        story.writes(at, status)
        if answered and status != 503:
            story.accepted(at + 0.5)
    ledger = story.ledger
    success = sum(1 for _ in ledger.answers())
    assert success + ledger.failed() + ledger.rate_limited() == len(course)
    assert success == sum(answered and status != 503 for status, answered in course)
    assert ledger.surplus() == 0
