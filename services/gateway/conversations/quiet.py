"""Hours in which somebody wants to be left alone: asked for, written behind the word, or ended.

The profile service keeps them with the person; the trips service passes over drivers then and holds reminders back.
"""

from dataclasses import replace

from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import guidance, menus, quiet_words, taps
from services.gateway.conversations.flows.quiet import QUIET_HOURS
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.quiet_words import Span
from services.gateway.conversations.turn import Moment, Outcome, Turn
from services.gateway.messages import Menu, Row

NONE: Span = (0, 0)
_USUAL: tuple[Span, ...] = ((20 * 60, 6 * 60), (21 * 60, 5 * 60), (22 * 60, 6 * 60), (23 * 60, 7 * 60))


async def begin(turn: Turn) -> Outcome:
    """`quiet`: ask from when to when."""
    return await ask(turn)


async def ask(moment: Moment, lead: str = "") -> Outcome:
    """From when to when, with what is usual, and a way to end those that there are."""
    quiet = quiet_words.of(moment.person)
    rows = [Row(taps.quiet(*span), quiet_words.title(span)) for span in _USUAL]
    standing = ""
    if quiet is not None:
        rows.append(Row(taps.quiet(*NONE), moment.say("row-quiet-none")))
        standing = moment.say("quiet-are", **quiet_words.told(moment, quiet))
    question = Menu(menus.body(lead, standing, moment.say("quiet-ask")), moment.say("label-quiet"), tuple(rows))
    return Outcome(remembered(moment).asking(QUIET_HOURS, moment.now), (question,))


async def take(turn: Turn) -> Outcome:
    """The hours were written."""
    span = quiet_words.said(turn.message.text) or quiet_words.read(turn.message.text)
    if span is None:
        return await ask(turn, turn.say("quiet-unread"))
    return await _keep(turn, span)


async def choose(turn: Turn) -> Outcome:
    """The hours were tapped."""
    parts = taps.parts_of(turn.message.tap)
    if len(parts) != 2:
        raise taps.TapUnreadable(turn.message.tap)
    return await _keep(turn, (taps.minute_of_day(parts[0]), taps.minute_of_day(parts[1])))


async def end(turn: Turn) -> Outcome:
    """`quiet off`: none any more."""
    return await _keep(turn, NONE)


async def _keep(turn: Turn, span: Span) -> Outcome:
    first, last = span
    # Both answer a rerun as the first time; the person first, because what they read is made of it.
    person = await turn.world.update_person(
        "quiet", quiet_hours=profile_pb2.QuietHours(from_minute=first, to_minute=last)
    )
    await turn.world.update_presence(
        "quiet-presence", quiet_hours=trips_pb2.QuietHours(from_minute=first, to_minute=last)
    )
    turn = replace(turn, person=person)
    if turn.state.name == QUIET_HOURS:
        turn = replace(turn, state=remembered(turn).home())
    quiet = quiet_words.of(person)
    if quiet is None:
        return await guidance.guide(turn, turn.say("quiet-ended"))
    # Whoever is on the map and is quiet from now on reads that nobody asks them.
    at_once = quiet_words.now(turn) if remembered(turn).online else ""
    return await guidance.guide(turn, menus.body(turn.say("quiet-set", **quiet_words.told(turn, quiet)), at_once))
