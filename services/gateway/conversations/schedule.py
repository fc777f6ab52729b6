"""A passenger's way to a ride for later, and what can be done about those that there are."""

from datetime import UTC, datetime, time, timedelta

from chassis.errors import HailwireError
from hailwire.profile.v1 import enrichments_pb2
from services.gateway.conversations import (
    enrichments_words,
    guidance,
    menus,
    own_places,
    questions,
    schedule_card,
    taps,
    when,
    wording,
)
from services.gateway.conversations.flows.schedule import (
    SCHEDULE_CONFIRM,
    SCHEDULE_PLACE,
    SCHEDULE_VEHICLE,
    SCHEDULE_WHEN,
)
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.moments import Every, When, read_word, word_of
from services.gateway.conversations.schedule_taps import Target
from services.gateway.conversations.turn import Moment, Outcome, Turn

_AHEAD = {
    "m30": timedelta(minutes=30),
    "h1": timedelta(hours=1),
    "h2": timedelta(hours=2),
    "h5": timedelta(hours=5),
}
_TOMORROW = {"t0800": time(8), "t1800": time(18)}
_EVERY = {"e0800": Every(8, 0), "e1800": Every(18, 0)}


async def ask_vehicle(moment: Moment, lead: str = "") -> Outcome:
    """Which vehicle, again."""
    question = menus.vehicles(moment, "schedule", menus.body(lead, moment.say("schedule-vehicle")))
    return Outcome(remembered(moment).asking(SCHEDULE_VEHICLE, moment.now), (question,))


async def ask_place(moment: Moment, lead: str = "") -> Outcome:
    """Where, again."""
    return await _ask_place(moment, questions.gathered_vehicle(moment), lead)


async def ask_when(moment: Moment, lead: str = "") -> Outcome:
    """When, again."""
    target = _gathered_target(moment)
    return await ask_vehicle(moment, lead) if target is None else await _ask_when(moment, target, lead)


async def ask_confirm(moment: Moment, lead: str = "") -> Outcome:
    """Whether to book it, again."""
    target, at = _gathered_target(moment), _gathered_time(moment)
    if target is None or at is None:
        return await ask_when(moment, lead)
    return await _confirm(moment, target, at, lead)


async def begin(turn: Turn) -> Outcome:
    """`schedule`: ask for the vehicle."""
    return await ask_vehicle(turn)


async def choose_vehicle(turn: Turn) -> Outcome:
    """A vehicle was tapped: ask where."""
    word = "".join(taps.parts_of(turn.message.tap)[:1])
    taps.vehicle_of(word)
    return await _ask_place(turn, word)


async def answer_vehicle(turn: Turn) -> Outcome:
    """Something else came while the vehicle is asked."""
    return await guidance.guide(turn, turn.say("choose-first"))


async def take_place(turn: Turn) -> Outcome:
    """The answer to where: ask when, or which of several places."""
    word = questions.gathered_vehicle(turn)
    found = await own_places.find(turn)
    if not found:
        return await _ask_place(turn, word, turn.say("place-unknown"))
    vehicle = taps.vehicle_of(word)
    spots = [(taps.Spot(place.latitude, place.longitude, turn.now), place.name) for place in found]
    if len(spots) == 1:
        return await _ask_when(turn, Target(word, spots[0][0]))
    return Outcome(turn.state, (menus.places(turn, "schedule", vehicle, spots),))


async def at_place(turn: Turn) -> Outcome:
    """A place was tapped: ask when, unless it was told long ago."""
    word, place = (*taps.parts_of(turn.message.tap), "", "")[:2]
    taps.vehicle_of(word)
    spot = taps.Spot.read(place, turn.now)
    if turn.outdated(spot.at):
        return await _ask_place(turn, word, turn.say("place-outdated"))
    return await _ask_when(turn, Target(word, spot))


async def other_time(turn: Turn) -> Outcome:
    """Not that time, or another one for a ride that there is."""
    return await _ask_when(turn, Target.read("".join(taps.parts_of(turn.message.tap)[:1])))


async def choose_time(turn: Turn) -> Outcome:
    """A time was tapped: show it in full, before it is booked."""
    text, word = (*taps.parts_of(turn.message.tap), "", "")[:2]
    target = Target.read(text)
    if word == "other":
        return await _ask_when(turn, target, turn.say("schedule-write"))
    return await _confirm(turn, target, _meant(turn, word))


async def take_time(turn: Turn) -> Outcome:
    """A time in words: show it in full, or ask which of several was meant, or say what is wrong with it."""
    target = _gathered_target(turn)
    if target is None:
        return await guidance.guide(turn, turn.say("not-understood"))
    found = await when.read(turn.message.text, turn.language, turn.now, turn.zone)
    if not found.choices:
        problems = {"past": "schedule-past", "far": "schedule-far"}
        return await guidance.guide(turn, turn.say(problems.get(found.problem, "schedule-unread")))
    if len(found.choices) == 1:
        return await _confirm(turn, target, found.choices[0])
    state = remembered(turn).asking(SCHEDULE_WHEN, turn.now, target=str(target))
    return Outcome(state, (schedule_card.choices(turn, target, found.choices),))


async def book(turn: Turn) -> Outcome:
    """What was shown shall be: make it, or give the one that there is this time."""
    text, word = (*taps.parts_of(turn.message.tap), "", "")[:2]
    target, at = Target.read(text), read_word(word)
    if _is_past(turn, at):
        return await _ask_when(turn, target, turn.say("schedule-past"))
    if target.spot is None:
        made = await turn.world.schedules.change("change", target.schedule_id, when=at)
        lead = turn.say("schedule-moved")
    else:
        vehicle = taps.vehicle_of(target.vehicle)
        try:
            made = await turn.world.schedules.create("create", vehicle=vehicle, pickup=target.spot.location, when=at)
        except HailwireError as error:
            if error.reason != "SCHEDULE_EXISTS":
                raise
            return await _list(turn, turn.say("schedule-exists"), home=True)
        lead = turn.say("schedule-booked")
    return Outcome(remembered(turn).home(), (schedule_card.card(turn, made, lead),))


async def list_schedules(turn: Turn) -> Outcome:
    """`schedules`: what is to come."""
    return await _list(turn)


async def show(turn: Turn) -> Outcome:
    """One was tapped in the list; one that is over by now leads to the list as it is."""
    schedule_id = taps.number_of(turn.message.tap)
    for schedule in await turn.world.schedules.active():
        if schedule.schedule_id == schedule_id:
            return Outcome(turn.state, (schedule_card.card(turn, schedule),))
    return await _list(turn, turn.say("schedule-gone"))


async def skip(turn: Turn) -> Outcome:
    """Not the next time, but the times after."""
    schedule_id, version = (*taps.parts_of(turn.message.tap), "", "")[:2]
    try:
        left = await turn.world.schedules.skip("skip", taps.positive(schedule_id), taps.positive(version))
    except HailwireError as error:
        return await _refused(turn, error)
    return Outcome(turn.state, (schedule_card.card(turn, left, turn.say("schedule-skipped")),))


async def drop(turn: Turn) -> Outcome:
    """Not at all."""
    try:
        await turn.world.schedules.cancel("drop", taps.number_of(turn.message.tap))
    except HailwireError as error:
        return await _refused(turn, error)
    return await _list(turn, turn.say("schedule-dropped"))


async def _refused(turn: Turn, error: HailwireError) -> Outcome:
    """What is no more as it was seen is shown as it is."""
    if error.reason in {"SCHEDULE_CLOSED", "SCHEDULE_NOT_FOUND"}:
        return await _list(turn, turn.say("schedule-gone"))
    if error.reason == "SCHEDULE_CHANGED":
        return await _list(turn, turn.say("schedule-changed"))
    raise error


async def _list(turn: Turn, lead: str = "", *, home: bool = False) -> Outcome:
    schedules = await turn.world.schedules.active()
    state = remembered(turn).home() if home else turn.state
    return Outcome(state, (schedule_card.listed(turn, schedules, lead),))


async def _ask_place(moment: Moment, vehicle: str, lead: str = "") -> Outcome:
    try:
        chosen = taps.vehicle_of(vehicle)
    except taps.TapUnreadable:
        return await ask_vehicle(moment, lead)
    words = menus.body(lead, moment.say("ride-where", vehicle=wording.vehicle_name(moment.language, chosen)))
    replies = await own_places.asked(moment, words, lambda spot: taps.place("schedule", chosen, spot))
    return Outcome(remembered(moment).asking(SCHEDULE_PLACE, moment.now, vehicle=vehicle), replies)


async def _ask_when(moment: Moment, target: Target, lead: str = "") -> Outcome:
    state = remembered(moment).asking(SCHEDULE_WHEN, moment.now, target=str(target), vehicle=target.vehicle)
    own = [enrichments_words.when(note.understood) for note in await moment.world.enrichments.notes() if _is_time(note)]
    return Outcome(state, (schedule_card.times(moment, target, lead, own),))


async def _confirm(moment: Moment, target: Target, at: When, lead: str = "") -> Outcome:
    if _is_past(moment, at):
        return await _ask_when(moment, target, menus.body(lead, moment.say("schedule-past")))
    state = remembered(moment).asking(
        SCHEDULE_CONFIRM, moment.now, target=str(target), vehicle=target.vehicle, when=word_of(at)
    )
    return Outcome(state, (schedule_card.confirmation(moment, target, at, lead),))


def _meant(moment: Moment, word: str) -> When:
    """The time behind a word of ours; raises TapUnreadable."""
    if word in _AHEAD:
        # Whole minutes: nobody waits for seconds, and what is shown is what is booked.
        return (moment.now + _AHEAD[word]).replace(second=0, microsecond=0)
    if word in _TOMORROW:
        day = moment.now.astimezone(moment.zone).date() + timedelta(days=1)
        return datetime.combine(day, _TOMORROW[word], moment.zone).astimezone(UTC)
    return _EVERY.get(word) or read_word(word)


def _is_time(note: enrichments_pb2.Note) -> bool:
    return note.understood.HasField("time")


def _is_past(moment: Moment, at: When) -> bool:
    return isinstance(at, datetime) and at <= moment.now


def _gathered_target(moment: Moment) -> Target | None:
    try:
        return Target.read(remembered(moment).gathered.get("target", ""))
    except taps.TapUnreadable:
        return None


def _gathered_time(moment: Moment) -> When | None:
    try:
        return read_word(remembered(moment).gathered.get("when", ""))
    except taps.TapUnreadable:
        return None
