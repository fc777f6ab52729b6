"""The gate before going online, where the operator wants one: a certificate of insurance that is good now.

The profile service is asked each time, never a memory of ours; the trips service knows nothing of insurance.
"""

from dataclasses import replace

from hailwire.profile.v1 import insurance_pb2
from services.gateway.conversations import menus, taps
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Moment, Outcome
from services.gateway.messages import Button, Buttons


async def missing(moment: Moment) -> Outcome | None:
    """What somebody without a good certificate reads instead of going online; None for who may."""
    if not moment.insurance_required:
        return None
    insurance = await moment.world.insurance.status()
    if insurance.covered:
        return None
    waits = insurance.latest.state == insurance_pb2.CERTIFICATE_STATE_SUBMITTED
    words = menus.body(moment.say("cover-needed"), moment.say("cover-waits" if waits else "cover-send"))
    first = (
        Button(taps.GO_INSURANCE, moment.say("button-insurance"))
        if waits
        else Button(taps.INSURANCE_SEND, moment.say("button-certificate"))
    )
    buttons = (first, Button(taps.GO_MENU, moment.say("button-menu")))
    return Outcome(remembered(moment).home(), (Buttons(words, buttons),))


async def taken_offline(moment: Moment) -> bool:
    """Take a driver without a good certificate off the map; whether they were on it, as far as they know.

    By what the conversation remembers: a rerun finds the presence changed already, and must say the same.
    """
    if not moment.insurance_required or (await moment.world.insurance.status()).covered:
        return False
    if await moment.world.presence(fresh=True) is None:
        return False
    await moment.world.update_presence("uninsured", online=False)
    return bool(remembered(moment).online)


def off_the_map(moment: Moment) -> Moment:
    """The moment with what the conversation remembers of being online forgotten."""
    memory = replace(remembered(moment), online="")
    return replace(moment, state=memory.keeping(moment.state))
