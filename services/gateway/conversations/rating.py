"""Stars for the other side of a trip: asked for when it is complete, taken whenever they come."""

from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import guidance, menus, taps
from services.gateway.conversations.memory import Memory
from services.gateway.conversations.turn import Moment, Outcome, Turn
from services.gateway.messages import Menu, Row

MOST_STARS = 5


def card(moment: Moment, memory: Memory, trip: trips_pb2.Trip, words: str, extra: tuple[Row, ...] = ()) -> Menu:
    """A completed trip: what is to be told, the stars, and what else there is to do.

    A phone that only has words types as many stars as it means.
    """
    driving = trip.driver_id == moment.person.person_id
    stars = range(1, MOST_STARS + 1) if moment.words_only else range(MOST_STARS, 0, -1)
    rows = [Row(taps.stars(trip.trip_id, count), moment.say("row-stars", count=count)) for count in stars]
    rows += extra
    if memory.online:
        rows.append(Row(taps.GO_OFFLINE, moment.say("row-offline"), moment.say("row-offline-about")))
    rows.append(Row(taps.talk("block", trip.trip_id), moment.say("row-block"), moment.say("row-block-about")))
    rows.append(Row(taps.GO_MENU, moment.say("button-menu")))
    question = moment.say("rate-passenger" if driving else "rate-driver")
    return Menu(menus.body(words, question), moment.say("label-stars"), tuple(rows))


async def give(turn: Turn) -> Outcome:
    """So many stars were tapped; a second tap within a day changes them."""
    parts = taps.parts_of(turn.message.tap)
    trip_id, count = taps.number_of(turn.message.tap), taps.positive("".join(parts[1:2]))
    if count > MOST_STARS:
        raise taps.TapUnreadable(turn.message.tap)
    rating = await turn.world.rate_trip("rate", trip_id, count)
    return await guidance.guide(turn, turn.say("rated-anew" if rating.changed else "rated", count=count))
