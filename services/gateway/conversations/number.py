"""Somebody on WhatsApp proves that an SMS number is theirs, so that both are one person in one conversation."""

import re

from hailwire.profile.v1 import profile_pb2
from services.gateway.conversations import guidance, menus
from services.gateway.conversations.flows.number import NUMBER_CODE, NUMBER_WHICH
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Moment, Outcome, Turn
from services.gateway.messages import Text
from services.gateway.mobile_numbers import mobile

_CODE = re.compile(r"[0-9]{6}", re.ASCII)


async def begin(turn: Turn) -> Outcome:
    """`number`: which one."""
    if turn.channel != "whatsapp":
        return await guidance.guide(turn, turn.say("number-by-whatsapp"))
    return await ask_number(turn)


async def ask_number(moment: Moment, lead: str = "") -> Outcome:
    """Ask for the number, again."""
    words = menus.body(lead, moment.say("number-which"))
    return Outcome(remembered(moment).asking(NUMBER_WHICH, moment.now), (Text(words),))


async def ask_code(moment: Moment, lead: str = "") -> Outcome:
    """Ask for the code, again. The number is not remembered here: the profile service knows what is being proved."""
    words = menus.body(lead, moment.say("number-type-code"))
    return Outcome(remembered(moment).asking(NUMBER_CODE, moment.now), (Text(words),))


async def take_number(turn: Turn) -> Outcome:
    """A number was written: a code goes there."""
    number = mobile(turn.message.text, like=_own(turn.person))
    if number is None:
        return await ask_number(turn, turn.say("number-unreadable"))
    await turn.world.prove_number("number", number)
    return await ask_code(turn, turn.say("number-sent"))


async def take_code(turn: Turn) -> Outcome:
    """A code was written: the right one makes one person of both."""
    code = re.sub(r"[\s.-]", "", turn.message.text)
    if not _CODE.fullmatch(code):
        return await ask_code(turn, turn.say("number-six-digits"))
    await turn.world.check_number("code", code)
    return await guidance.ground(turn, turn.say("number-proved"))


def _own(person: profile_pb2.Person) -> str:
    """The WhatsApp number of the person, whose country code they may leave out; empty when there is none."""
    kind = profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER
    return next((one.value for one in person.identities if one.kind == kind), "")
