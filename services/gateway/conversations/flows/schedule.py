"""Rides for later: vehicle, place, time, confirmation; the list of them, other times, giving up, and what is told."""

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

SCHEDULE_VEHICLE = "schedule.vehicle"
SCHEDULE_PLACE = "schedule.place"
SCHEDULE_WHEN = "schedule.when"
SCHEDULE_CONFIRM = "schedule.confirm"

_BEGIN = Step("schedule:begin", (SCHEDULE_VEHICLE,))
_LIST = Step("schedule:list_schedules", (STAY,))
# WHEN: what was written may mean several times.
_TAKE_TIME = Step("schedule:take_time", (STAY, SCHEDULE_CONFIRM, SCHEDULE_WHEN), acts=True)

FLOW = Flow(
    name="schedule",
    questions=(
        Question(
            name=SCHEDULE_VEHICLE,
            asks="schedule:ask_vehicle",
            answer=Step("schedule:answer_vehicle", (STAY,)),
            offers=("schedule:vehicle",),
        ),
        Question(
            name=SCHEDULE_PLACE,
            asks="schedule:ask_place",
            answer=Step("schedule:take_place", (STAY, SCHEDULE_WHEN), acts=True),
            offers=("schedule:at",),
            back=SCHEDULE_VEHICLE,
            otherwise=(SCHEDULE_VEHICLE,),
        ),
        Question(
            name=SCHEDULE_WHEN,
            asks="schedule:ask_when",
            answer=_TAKE_TIME,
            offers=("schedule:when", "ride:at"),
            back=SCHEDULE_PLACE,
            otherwise=(SCHEDULE_VEHICLE,),
        ),
        Question(
            name=SCHEDULE_CONFIRM,
            asks="schedule:ask_confirm",
            answer=_TAKE_TIME,
            offers=("schedule:book", "schedule:times", "go:menu"),
            back=SCHEDULE_WHEN,
            # The time has passed meanwhile.
            otherwise=(SCHEDULE_WHEN,),
            after_refusal=HOME,
        ),
    ),
    words={
        _BEGIN: (
            *("schedule", "later", "ride later"),
            *("programmer", "planifier", "plus tard", "reserver"),
            *("teganya", "guteganya", "teganya urugendo"),
            *("panga", "panga safari", "baadaye"),
        ),
        _LIST: (
            *("schedules", "my schedules"),
            *("reservations", "mes reservations"),
            *("ibyateganyijwe", "ingendo zateganyijwe"),
            *("ratiba", "ratiba yangu"),
        ),
    },
    taps={
        "go:schedule": _BEGIN,
        "go:schedules": _LIST,
        "schedule:vehicle": Step("schedule:choose_vehicle", (SCHEDULE_PLACE,)),
        "schedule:at": Step("schedule:at_place", (SCHEDULE_WHEN, SCHEDULE_PLACE)),
        "schedule:when": Step("schedule:choose_time", (SCHEDULE_CONFIRM, SCHEDULE_WHEN)),
        "schedule:times": Step("schedule:other_time", (SCHEDULE_WHEN,)),
        "schedule:book": Step("schedule:book", (HOME, SCHEDULE_WHEN), acts=True),
        "schedule:show": Step("schedule:show", (STAY,)),
        "schedule:skip": Step("schedule:skip", (STAY,)),
        "schedule:drop": Step("schedule:drop", (STAY,)),
    },
    events={
        events_pb2.EVENT_KIND_SCHEDULE_REMINDER: Step("schedule_events:reminder", (STAY,)),
        events_pb2.EVENT_KIND_SCHEDULE_NOBODY_YET: Step("schedule_events:nobody_yet", (STAY,)),
        events_pb2.EVENT_KIND_SCHEDULE_MISSED: Step("schedule_events:missed", (STAY,)),
        events_pb2.EVENT_KIND_SCHEDULE_LATE: Step("schedule_events:late", (STAY,)),
        events_pb2.EVENT_KIND_SCHEDULE_BUSY: Step("schedule_events:busy", (STAY,)),
        events_pb2.EVENT_KIND_SCHEDULE_REFUSED: Step("schedule_events:refused_ride", (STAY,)),
    },
)
