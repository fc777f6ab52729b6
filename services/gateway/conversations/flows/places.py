"""A person's own places: the list, and adding, renaming and deleting them."""

from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

PLACES_WHERE = "places.where"
PLACES_NAME = "places.name"

_SHOW = Step("saved_places:show", (HOME,))

FLOW = Flow(
    name="places",
    questions=(
        Question(
            name=PLACES_WHERE,
            asks="saved_places:ask_where",
            answer=Step("saved_places:take_place", (STAY, PLACES_NAME)),
            offers=("place:at",),
        ),
        # Of a new place or of one that has a name already.
        Question(
            name=PLACES_NAME,
            asks="saved_places:ask_name",
            answer=Step("saved_places:take_name", (STAY, HOME)),
            offers=("place:name",),
            otherwise=(PLACES_WHERE,),
        ),
    ),
    words={
        _SHOW: (
            *("places", "my places"),
            *("lieux", "mes lieux"),
            *("ahantu", "ahantu hanjye"),
            *("maeneo", "maeneo yangu"),
        ),
    },
    taps={
        "go:places": _SHOW,
        "place:add": Step("saved_places:add", (PLACES_WHERE,)),
        "place:at": Step("saved_places:name_it", (PLACES_NAME,)),
        "place:name": Step("saved_places:take_kind", (HOME,)),
        "place:show": Step("saved_places:show_one", (HOME,)),
        # HOME: it is gone.
        "place:rename": Step("saved_places:rename", (PLACES_NAME, HOME)),
        "place:delete": Step("saved_places:delete", (HOME,)),
    },
)
