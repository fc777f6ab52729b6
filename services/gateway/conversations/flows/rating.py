"""Stars for the other side, once a trip is complete."""

from services.gateway.conversations.flows.declaration import STAY, Flow, Step

FLOW = Flow(
    name="rating",
    # A rating that comes late is no less true; how late is too late says the trips service.
    taps={"rate:give": Step("rating:give", (STAY,))},
)
