"""STOP, START and HELP as the carriers mean them: silence until the person wants us back.

On SMS, and wherever the provider says that it has acted on the word, the carrier answers; here it is only remembered.
"""

from dataclasses import replace

from chassis.errors import HailwireError
from hailwire.profile.v1 import profile_pb2
from services.gateway.conversations import guidance, questions
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.trip import STOPPED
from services.gateway.conversations.turn import CARRIER_ANSWERS, OPTED_OUT, Moment, Outcome, Turn
from services.gateway.messages import Text

_CHANNELS = {"whatsapp": profile_pb2.CHANNEL_WHATSAPP, "sms": profile_pb2.CHANNEL_SMS}


def opted_out(moment: Moment) -> bool:
    """Whether the person asked for silence on this channel."""
    return _CHANNELS[moment.channel] in moment.person.opt_outs


def carrier_answers(turn: Turn) -> bool:
    """Whether somebody else answers these words."""
    return turn.channel == "sms" or bool(turn.message.opt_out_type)


async def stop(turn: Turn) -> Outcome:
    """Fall silent; whoever is waiting at the other end of a trip is told by its cancellation."""
    memory = remembered(turn)
    silent = replace(memory, trip=None, online="", offers=(), choices=(), silenced=True).home()
    if memory.silenced:
        return Outcome(silent, silent_reason=CARRIER_ANSWERS if carrier_answers(turn) else OPTED_OUT)
    opt_outs = sorted({*turn.person.opt_outs, _CHANNELS[turn.channel]})
    await turn.world.update_person("opt-out", opt_outs=opt_outs)
    await _leave_everything(turn)
    if carrier_answers(turn):
        return Outcome(silent, silent_reason=CARRIER_ANSWERS)
    return Outcome(silent, (Text(_in_known_language(turn, "stopped")),))


async def start(turn: Turn) -> Outcome:
    """Speak again."""
    memory = remembered(turn)
    if memory.silenced or opted_out(turn):
        opt_outs = sorted(set(turn.person.opt_outs) - {_CHANNELS[turn.channel]})
        person = await turn.world.update_person("opt-in", opt_outs=opt_outs)
        turn = replace(turn, person=person, state=replace(memory, silenced=False).keeping(turn.state))
    if carrier_answers(turn):
        return Outcome(turn.state, silent_reason=CARRIER_ANSWERS)
    if not turn.person.language:
        return questions.ask_language(turn)
    return await guidance.guide(turn, turn.say("started" if memory.silenced else "started-already"))


async def carrier_help(turn: Turn) -> Outcome:
    """HELP where the carrier answers it."""
    return Outcome(turn.state, silent_reason=CARRIER_ANSWERS)


async def _leave_everything(turn: Turn) -> None:
    presence = await turn.world.presence(fresh=True)
    if presence is not None and presence.online:
        await turn.world.update_presence("opt-out-offline", online=False)
    await _plan_nothing(turn)
    trip = await turn.world.open_trip(fresh=True)
    if trip is None:
        return
    try:
        await turn.world.cancel_trip("opt-out-trip", trip.trip_id, STOPPED)
    except HailwireError as error:
        # It ended between the two calls: nobody is left to be told.
        if error.reason not in {"TRIP_STEP_ILLEGAL", "TRIP_NOT_FOUND"}:
            raise


async def _plan_nothing(turn: Turn) -> None:
    """No driver is sent to somebody who could not be told of it."""
    for schedule in await turn.world.schedules.active():
        try:
            await turn.world.schedules.cancel(f"opt-out-schedule-{schedule.schedule_id}", schedule.schedule_id)
        except HailwireError as error:
            # Over by now, or a trip with a driver already, which is given up like any other.
            if error.reason not in {"SCHEDULE_CLOSED", "SCHEDULE_NOT_FOUND", "SCHEDULE_UNDER_WAY"}:
                raise


def _in_known_language(turn: Turn, key: str) -> str:
    # Somebody who stops before having chosen a language reads it in each.
    if turn.person.language:
        return turn.say(key)
    return "\n".join(t(code, key) for code in LANGUAGES)
