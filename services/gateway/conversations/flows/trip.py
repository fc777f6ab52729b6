"""A trip under way: the driver's steps, giving up by either side, the list of trips, and what each side is told."""

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Step

GIVE_UP = Step("trip:give_up", (STAY,))
# Only where no carrier takes them for its own, and only while there is a trip.
GIVE_UP_WORDS = frozenset({"cancel", "annuler", "kureka", "reka", "ghairi", "acha"})

_LIST = Step("trip:list_trips", (STAY, HOME))

FLOW = Flow(
    name="trip",
    words={
        _LIST: (
            *("trips", "my trips"),
            *("courses", "trajets", "mes courses", "mes trajets"),
            *("ingendo", "ingendo zanjye"),
            *("safari zangu",),
        ),
    },
    taps={
        "go:trips": _LIST,
        "trip:arrived": Step("trip:arrive", (HOME, STAY), acts=True),
        "trip:start": Step("trip:start", (HOME, STAY), acts=True),
        "trip:complete": Step("trip:complete", (HOME, STAY), acts=True),
        "trip:leave": Step("trip:ask_why", (STAY,)),
        "trip:drop": Step("trip:drop", (HOME, STAY)),
        "trip:show": Step("trip:show", (HOME, STAY)),
    },
    # An event interrupts, it does not answer: whatever is asked stays asked.
    events={
        events_pb2.EVENT_KIND_TRIP_ACCEPTED: Step("events:trip_accepted", (STAY,)),
        events_pb2.EVENT_KIND_DRIVER_ARRIVED: Step("events:driver_arrived", (STAY,)),
        events_pb2.EVENT_KIND_TRIP_STARTED: Step("events:trip_started", (STAY,)),
        events_pb2.EVENT_KIND_TRIP_COMPLETED: Step("events:trip_completed", (STAY,)),
        events_pb2.EVENT_KIND_TRIP_CANCELLED: Step("events:trip_cancelled", (STAY,)),
        events_pb2.EVENT_KIND_OFFERS_EXHAUSTED: Step("events:offers_exhausted", (STAY,)),
        events_pb2.EVENT_KIND_TRIP_EXPIRED: Step("events:trip_expired", (STAY,)),
    },
    others=(GIVE_UP,),
)
