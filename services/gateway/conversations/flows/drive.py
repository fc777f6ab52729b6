"""A driver's way onto the map and off it: vehicle, place, online."""

from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

DRIVE_VEHICLE = "drive.vehicle"
DRIVE_LOCATION = "drive.location"

# HOME: an open trip is shown instead.
_BEGIN = Step("drive:begin", (DRIVE_VEHICLE, HOME))
# HOME: an open trip is shown instead, or that they are online.
_GO_ONLINE = Step("drive:go_online", (DRIVE_VEHICLE, HOME))
_GO_OFFLINE = Step("drive:go_offline", (HOME,))

FLOW = Flow(
    name="drive",
    questions=(
        Question(
            name=DRIVE_VEHICLE,
            asks="drive:ask_vehicle",
            answer=Step("drive:answer_vehicle", (STAY,)),
            offers=("drive:vehicle", "go:offline"),
        ),
        Question(
            name=DRIVE_LOCATION,
            asks="drive:ask_place",
            answer=Step("drive:take_place", (STAY, HOME), acts=True),
            offers=("drive:at",),
            back=DRIVE_VEHICLE,
            otherwise=(DRIVE_VEHICLE,),
        ),
    ),
    words={
        _BEGIN: (
            *("drive", "conduire"),
            *("gutwara", "gutwara abagenzi"),
            *("endesha", "kuendesha", "beba abiria"),
        ),
        _GO_ONLINE: (
            *("online", "go online", "en ligne"),
            *("ku murongo", "kujya ku murongo"),
            *("mtandaoni", "ingia mtandaoni"),
        ),
        _GO_OFFLINE: (
            *("offline", "go offline", "pause", "hors ligne"),
            *("kuruhuka", "kuva ku murongo", "va ku murongo"),
            *("pumzika", "ondoka mtandaoni", "nje ya mtandao"),
        ),
    },
    taps={
        "go:drive": _BEGIN,
        "go:offline": _GO_OFFLINE,
        "drive:vehicle": Step("drive:choose_vehicle", (DRIVE_LOCATION, HOME)),
        "drive:here": Step("drive:from_here", (DRIVE_VEHICLE,)),
        "drive:at": Step("drive:online_at", (HOME, DRIVE_LOCATION), acts=True),
    },
)
