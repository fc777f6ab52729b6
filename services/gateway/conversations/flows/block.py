"""People who do not want to be matched again, and the list of whom somebody has blocked."""

from services.gateway.conversations.flows.declaration import STAY, Flow, Step

# Whoever says so late means it all the same.
_BLOCK = Step("block:block", (STAY,), wish=False)

FLOW = Flow(
    name="block",
    words={
        _BLOCK: ("block", "bloquer", "funga umuntu", "zuia mtu"),
        Step("block:list_blocked", (STAY,)): ("blocked", "bloques", "abafunzwe", "waliozuiwa"),
    },
    taps={
        "talk:block": _BLOCK,
        "talk:unblock": Step("block:unblock", (STAY,), wish=False),
    },
)
