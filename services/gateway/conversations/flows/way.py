"""Where drivers are: when they will be at the pickup, why they were not asked, that they were silent for too long."""

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.flows.declaration import STAY, Flow, Step

FLOW = Flow(
    name="way",
    words={
        Step("why:explain", (STAY,)): (
            *("why", "why not me"),
            *("pourquoi", "pourquoi pas moi"),
            *("kuki", "kubera iki"),
            *("kwa nini", "mbona"),
        ),
    },
    events={
        events_pb2.EVENT_KIND_ARRIVAL_TIME_CHANGED: Step("arrival:time_changed", (STAY,)),
        events_pb2.EVENT_KIND_PRESENCE_ENDED: Step("arrival:presence_ended", (STAY,)),
    },
)
