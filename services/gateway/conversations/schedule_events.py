"""What passengers are told about rides for later without having written. An event interrupts, it does not answer."""

from services.gateway.conversations import schedule_card, schedule_words, taps, wording
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import EVENT_OUTDATED, EventTurn, Outcome
from services.gateway.messages import Button, Buttons, Reply, Text


async def reminder(turn: EventTurn) -> Outcome:
    """A ride comes near; one whose time is over is not worth a word."""
    schedule = turn.event.schedule
    if wording.utc(schedule.occurrence.pickup_time) <= turn.now:
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)
    vehicle = wording.vehicle_name(turn.language, schedule.vehicle)
    words = turn.say("told-reminder", vehicle=vehicle, when=schedule_card.ride_told(turn, schedule))
    return _tell(turn, Buttons(words, schedule_card.actions(turn, schedule)))


async def nobody_yet(turn: EventTurn) -> Outcome:
    """Nobody is free; we look on."""
    schedule = turn.event.schedule
    until = wording.utc(schedule.occurrence.expire_time)
    if until <= turn.now:
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)
    return _tell(
        turn,
        Text(
            turn.say(
                "told-nobody-yet",
                when=schedule_card.ride_told(turn, schedule),
                until=schedule_words.hour(turn.language, until, turn.zone),
            )
        ),
    )


async def missed(turn: EventTurn) -> Outcome:
    """Nobody was free in time."""
    return _regret(turn, "told-missed")


async def late(turn: EventTurn) -> Outcome:
    """We were away when it was time."""
    return _regret(turn, "told-late")


async def busy(turn: EventTurn) -> Outcome:
    """The passenger is on another trip."""
    schedule = turn.event.schedule
    return _tell(turn, Text(turn.say("told-busy", when=schedule_card.ride_told(turn, schedule))))


async def refused_ride(turn: EventTurn) -> Outcome:
    """Drivers waited for the passenger in vain too often."""
    until = wording.moment(turn.language, wording.utc(turn.event.refused_until), turn.zone)
    when = schedule_card.ride_told(turn, turn.event.schedule)
    return _tell(turn, Text(turn.say("told-ride-refused", when=when, until=until)))


def _regret(turn: EventTurn, key: str) -> Outcome:
    words = turn.say(key, when=schedule_card.ride_told(turn, turn.event.schedule))
    buttons = (
        Button(taps.GO_RIDE, turn.say("button-ride")),
        Button(taps.GO_SCHEDULE, turn.say("button-later")),
        Button(taps.GO_MENU, turn.say("button-menu")),
    )
    return _tell(turn, Buttons(words, buttons))


def _tell(turn: EventTurn, reply: Reply) -> Outcome:
    return Outcome(remembered(turn).keeping(turn.state), (reply,))
