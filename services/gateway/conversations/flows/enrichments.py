"""What was understood from people's words: kept or not by a tap, listed by a word. No question of it lapses."""

from services.gateway.conversations.flows.declaration import HOME, Flow, Step

_LIST = Step("enrichments:show_list", (HOME,))

FLOW = Flow(
    name="notes",
    words={
        _LIST: (
            *("notes", "my notes"),
            *("mes notes",),
            *("ibyabitswe", "ibyabitswe byanjye"),
            *("kumbukumbu", "kumbukumbu zangu"),
        ),
    },
    taps={
        "go:notes": _LIST,
        "item:keep": Step("enrichments:keep", (HOME,)),
        "item:drop": Step("enrichments:drop", (HOME,)),
        "item:show": Step("enrichments:show_item", (HOME,)),
        "note:show": Step("enrichments:show_note", (HOME,)),
        "note:forget": Step("enrichments:forget", (HOME,)),
    },
)
