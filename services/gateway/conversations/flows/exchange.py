"""Numbers change hands when both sides of a trip agree, and not before."""

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.flows.declaration import STAY, Flow, Step

_AGREE = Step("exchange:agree", (STAY,), acts=True, wish=False)
# Whoever takes a yes back late means it all the same.
_WITHDRAW = Step("exchange:withdraw", (STAY,), wish=False)

FLOW = Flow(
    name="exchange",
    words={
        _AGREE: (
            *("share", "share number", "share my number"),
            *("partager", "partager mon numero"),
            *("tanga nimero", "tanga nimero yanjye"),
            *("peana namba", "peana namba yangu"),
        ),
        _WITHDRAW: (
            "keep my number",
            "garder mon numero",
            "sigarana nimero",
            "baki na namba yangu",
        ),
    },
    taps={"talk:share": _AGREE, "talk:keep": _WITHDRAW},
    events={
        events_pb2.EVENT_KIND_NUMBER_OFFERED: Step("exchange:offered", (STAY,)),
        events_pb2.EVENT_KIND_NUMBERS_EXCHANGED: Step("exchange:exchanged", (STAY,)),
    },
)
