"""STOP, START and HELP as the carriers mean them: apart from these, no word of ours opts anybody out or in."""

from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Step

STOP = Step("consent:stop", (HOME,))
START = Step("consent:start", (STAY, "language"))
CARRIER_HELP = Step("consent:carrier_help", (STAY,))

# What carriers take for an opt-out on SMS; WhatsApp has no carrier, so there only the words that can mean nothing else.
CARRIER_STOP_WORDS = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"}
)
STOP_WORDS = frozenset({"stop", "stopall", "stop all", "unsubscribe", "optout", "opt out"})
START_WORDS = frozenset({"start", "unstop"})
# Carriers opt in on YES only whoever had opted out; for anybody else it is a word like any other.
CARRIER_START_WORDS_AFTER_STOP = frozenset({"yes"})
CARRIER_HELP_WORDS = frozenset({"help", "info"})

FLOW = Flow(name="consent", others=(STOP, START, CARRIER_HELP))
