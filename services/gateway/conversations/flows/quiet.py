"""Hours in which somebody wants neither requests nor reminders. What they write themselves is answered all the same."""

from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

QUIET_HOURS = "quiet.hours"

# The hours themselves: the answer to the question, or behind the word ("quiet 22-6"), whatever is asked.
SAID = Step("quiet:take", (HOME, STAY))

FLOW = Flow(
    name="quiet",
    questions=(Question(name=QUIET_HOURS, asks="quiet:ask", answer=SAID, offers=("quiet:set",)),),
    words={
        Step("quiet:begin", (QUIET_HOURS,)): (
            *("quiet", "quiet hours", "quiet time"),
            *("silence", "heures calmes"),
            *("ituze", "amasaha y'ituze"),
            *("utulivu", "saa za utulivu"),
        ),
        Step("quiet:end", (HOME, STAY)): (
            *("quiet off", "plus de silence"),
            *("nta tuze", "acha utulivu"),
        ),
    },
    taps={"quiet:set": Step("quiet:choose", (HOME, STAY))},
)
