"""What the two sides of a trip say to each other: words that mean nothing else here, and passengers' places."""

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Step

# Only where nothing is asked: whatever is said while a question is open answers it.
TELL = Step("relay:tell", (HOME,), acts=True, wish=False)

FLOW = Flow(
    name="relay",
    events={events_pb2.EVENT_KIND_RELAYED: Step("relay:heard", (STAY,))},
    others=(TELL,),
)
