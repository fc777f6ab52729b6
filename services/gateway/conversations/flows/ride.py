"""A passenger's way to a ride: vehicle, place, list of drivers, asking one or all."""

from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

RIDE_VEHICLE = "ride.vehicle"
RIDE_LOCATION = "ride.location"
RIDE_DRIVER = "ride.driver"

# HOME: an open trip is shown instead, or nobody is near.
_BEGIN = Step("ride:begin", (RIDE_VEHICLE, HOME))

FLOW = Flow(
    name="ride",
    questions=(
        Question(
            name=RIDE_VEHICLE,
            asks="ride:ask_vehicle",
            answer=Step("ride:answer_vehicle", (STAY,)),
            offers=("ride:vehicle",),
        ),
        Question(
            name=RIDE_LOCATION,
            asks="ride:ask_place",
            answer=Step("ride:take_pickup", (STAY, RIDE_DRIVER, HOME), acts=True),
            offers=("ride:at",),
            back=RIDE_VEHICLE,
            otherwise=(RIDE_VEHICLE,),
        ),
        Question(
            name=RIDE_DRIVER,
            asks="ride:ask_driver",
            answer=Step("ride:another_pick", (STAY, HOME)),
            offers=("ride:ask",),
            back=RIDE_LOCATION,
            # HOME: nobody is near any more.
            otherwise=(RIDE_LOCATION, HOME),
            # The search may be what was refused.
            after_refusal=RIDE_LOCATION,
        ),
    ),
    words={
        _BEGIN: (
            *("ride", "get a ride"),
            *("course", "trajet", "trouver une course"),
            *("gutega", "ndashaka gutega", "urugendo"),
            *("usafiri", "pata usafiri", "safari"),
        ),
    },
    taps={
        "go:ride": _BEGIN,
        "ride:vehicle": Step("ride:choose_vehicle", (RIDE_LOCATION, RIDE_DRIVER, HOME)),
        "ride:here": Step("ride:from_here", (RIDE_VEHICLE,)),
        "ride:at": Step("ride:search_at", (RIDE_LOCATION, RIDE_DRIVER, HOME)),
        "ride:ask": Step("ride:ask", (HOME, RIDE_LOCATION, RIDE_DRIVER), acts=True),
        "ride:retry": Step("ride:retry", (HOME, RIDE_LOCATION, RIDE_DRIVER), acts=True),
    },
)
