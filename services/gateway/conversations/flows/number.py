"""An SMS number besides WhatsApp: which one, and the code that was sent there."""

from datetime import timedelta

from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

NUMBER_WHICH = "number.which"
NUMBER_CODE = "number.code"

FLOW = Flow(
    name="number",
    questions=(
        Question(
            name=NUMBER_WHICH,
            asks="number:ask_number",
            answer=Step("number:take_number", (STAY, NUMBER_CODE), acts=True),
        ),
        Question(
            name=NUMBER_CODE,
            # As long as a code counts.
            lifetime=timedelta(minutes=10),
            asks="number:ask_code",
            answer=Step("number:take_code", (STAY, HOME), acts=True),
            back=NUMBER_WHICH,
        ),
    ),
    words={
        # STAY: by SMS, where the code would come to the very phone that asks.
        Step("number:begin", (NUMBER_WHICH, STAY)): (
            *("number", "my number", "sms number"),
            *("numero", "mon numero"),
            *("nimero", "nimero yanjye"),
            *("nambari", "nambari yangu"),
        ),
    },
)
