"""Rides for later as their passenger sees them: the question when, the confirmation, one ride, all of them."""

from collections.abc import Sequence

from hailwire.trips.v1 import schedules_pb2
from services.gateway.conversations import menus, places, schedule_taps, schedule_words, taps, wording
from services.gateway.conversations.moments import When, time_of, word_of
from services.gateway.conversations.schedule_taps import Target
from services.gateway.conversations.turn import Moment
from services.gateway.messages import Button, Buttons, Menu, Row

# Word of a tap -> key of its row; what each means is in schedule.py.
TIMES = {
    "m30": "row-in-half-an-hour",
    "h1": "row-in-an-hour",
    "h2": "row-in-two-hours",
    "h5": "row-in-five-hours",
    "t0800": "row-tomorrow-morning",
    "t1800": "row-tomorrow-evening",
    "e0800": "row-every-morning",
    "e1800": "row-every-evening",
    "other": "row-other-time",
}
_MOST_ROWS = 10
_MOST_OWN = 3
# With a way to a new one this fills a list of ten.
_MOST_LISTED = 9


def times(moment: Moment, target: Target, lead: str = "", own: Sequence[When] = ()) -> Menu:
    """When: at one of the person's own times, at one that most people want, or at any time in words."""
    rows = [
        Row(schedule_taps.when(target, word_of(when)), schedule_words.short(moment.language, when, moment.zone))
        for when in own[:_MOST_OWN]
    ]
    if target.spot is not None:
        vehicle = taps.vehicle_of(target.vehicle)
        rows.insert(0, Row(taps.place("ride", vehicle, target.spot), moment.say("row-now")))
    *usual, other = [Row(schedule_taps.when(target, word), moment.say(key)) for word, key in TIMES.items()]
    # Theirs take the place of the last of ours; any time in words is never pushed out.
    rows += [*usual[: _MOST_ROWS - 1 - len(rows)], other]
    return Menu(menus.body(lead, moment.say("schedule-when")), moment.say("label-times"), tuple(rows))


def choices(moment: Moment, target: Target, found: tuple[When, ...]) -> Buttons | Menu:
    """Which of several times was meant."""
    offered = [
        (schedule_taps.when(target, word_of(when)), schedule_words.short(moment.language, when, moment.zone))
        for when in found
    ]
    question = moment.say("schedule-which")
    if len(offered) <= 3:
        return Buttons(question, tuple(Button(tap, title) for tap, title in offered))
    return Menu(question, moment.say("label-times"), tuple(Row(tap, title) for tap, title in offered))


def confirmation(moment: Moment, target: Target, when: When, lead: str = "") -> Buttons:
    """The day and time in full, before anything is booked."""
    told = schedule_words.in_full(moment.language, when, moment.zone)
    if target.spot is None:
        question = moment.say("schedule-confirm-change", when=told)
    else:
        vehicle = wording.vehicle_name(moment.language, taps.vehicle_of(target.vehicle))
        question = moment.say("schedule-confirm", vehicle=vehicle, when=told)
    landmark = places.near(target.spot.latitude, target.spot.longitude) if target.spot else ""
    return Buttons(
        menus.body(lead, question, moment.say("pickup-at", place=landmark) if landmark else ""),
        (
            Button(schedule_taps.book(target, when), moment.say("button-book")),
            Button(schedule_taps.times(target), moment.say("button-other-time")),
            Button(taps.GO_MENU, moment.say("button-menu")),
        ),
    )


def told(moment: Moment, schedule: schedules_pb2.Schedule) -> str:
    """Its time or times in full."""
    return schedule_words.in_full(moment.language, time_of(schedule), moment.zone)


def ride_told(moment: Moment, schedule: schedules_pb2.Schedule) -> str:
    """The day and time of its ride in full."""
    at = wording.utc(schedule.occurrence.pickup_time)
    return schedule_words.in_full(moment.language, at, moment.zone)


def actions(moment: Moment, schedule: schedules_pb2.Schedule) -> tuple[Button, ...]:
    """What can be done about one."""
    change = Button(schedule_taps.change(schedule), moment.say("button-change-time"))
    drop = Button(schedule_taps.drop(schedule), moment.say("button-drop-schedule"))
    if schedule.HasField("recurrence"):
        return (change, Button(schedule_taps.skip(schedule), moment.say("button-skip-ride")), drop)
    return (change, drop, Button(taps.GO_SCHEDULES, moment.say("button-schedules")))


def card(moment: Moment, schedule: schedules_pb2.Schedule, lead: str = "") -> Buttons:
    """One, with what can be done about it."""
    vehicle = wording.vehicle_name(moment.language, schedule.vehicle)
    words = moment.say("schedule-line", vehicle=vehicle, when=told(moment, schedule))
    next_ride = moment.say("schedule-next", when=ride_told(moment, schedule)) if schedule.HasField("recurrence") else ""
    return Buttons(menus.body(lead, words, next_ride), actions(moment, schedule))


def listed(moment: Moment, schedules: list[schedules_pb2.Schedule], lead: str = "") -> Buttons | Menu:
    """All of them, with the way to another."""
    if not schedules:
        return Buttons(
            menus.body(lead, moment.say("schedule-none")),
            (
                Button(taps.GO_SCHEDULE, moment.say("button-later")),
                Button(taps.GO_MENU, moment.say("button-menu")),
            ),
        )
    rows = [
        Row(
            schedule_taps.show(one),
            schedule_words.short(moment.language, time_of(one), moment.zone),
            wording.vehicle_name(moment.language, one.vehicle),
        )
        for one in schedules[:_MOST_LISTED]
    ]
    rows.append(Row(taps.GO_SCHEDULE, moment.say("row-later")))
    return Menu(menus.body(lead, moment.say("schedule-list")), moment.say("label-schedules"), tuple(rows))
