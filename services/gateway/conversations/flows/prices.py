"""What rides cost, for whoever asks."""

from services.gateway.conversations.flows.declaration import STAY, Flow, Step

FLOW = Flow(
    name="prices",
    words={
        Step("prices:show", (STAY,)): (
            *("prices", "price", "fares", "fare"),
            *("tarifs", "tarif", "prix"),
            *("ibiciro", "igiciro"),
            *("bei", "nauli"),
        ),
    },
)
