"""Requests to drivers and their answers."""

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Step

ACCEPT = Step("offer:accept", (HOME, STAY), acts=True)
SHOW_REQUESTS = Step("offer:show_requests", (STAY,))
# What counts as an answer where no carrier takes it for its own, and only while a request waits.
YES_WORDS = frozenset({"yes", "oui", "yego", "ndiyo", "ndio"})

FLOW = Flow(
    name="offer",
    taps={
        "offer:accept": ACCEPT,
        "offer:decline": Step("offer:decline", (STAY,)),
    },
    events={
        events_pb2.EVENT_KIND_OFFER_MADE: Step("events:offer_made", (STAY,)),
        events_pb2.EVENT_KIND_OFFER_CLOSED: Step("events:offer_closed", (STAY,)),
    },
    others=(SHOW_REQUESTS,),
)
