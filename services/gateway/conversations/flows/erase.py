"""Being forgotten: asked for by a word, confirmed by a button within minutes, done by the gateway (erasing.py)."""

from datetime import timedelta

from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

ERASE = "erase"

# Not on a trip: the other side is on the way.
CONFIRM = Step("erase:confirm", (HOME, ERASE), acts=True)
ANSWER = Step("erase:answer", (STAY,))

FLOW = Flow(
    name="erase",
    questions=(
        # There is no way back afterwards: nobody confirms what they asked for long ago, or by a button far up.
        Question(
            name=ERASE,
            lifetime=timedelta(minutes=10),
            asks="erase:ask",
            answer=ANSWER,
            offers=("erase:confirm", "go:menu"),
        ),
    ),
    words={
        Step("erase:begin", (ERASE,)): (
            *("delete me", "erase me", "forget me", "delete my data"),
            *("supprimez moi", "supprime moi", "effacez moi", "efface moi", "oubliez moi", "oublie moi"),
            *("nsiba", "siba amakuru yanjye"),
            *("nifute", "nisahau", "futa data yangu"),
        ),
    },
    taps={"erase:confirm": CONFIRM},
)
