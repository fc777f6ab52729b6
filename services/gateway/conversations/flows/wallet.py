"""Money: the balance, sending some to whoever has a code, and what went in and out."""

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

WALLET_PAYEE = "wallet.payee"
WALLET_AMOUNT = "wallet.amount"
WALLET_CONFIRM = "wallet.confirm"

_SHOW = Step("wallet:show", (HOME,))

FLOW = Flow(
    name="wallet",
    questions=(
        Question(
            name=WALLET_PAYEE,
            asks="wallet:ask_payee",
            answer=Step("wallet:take_payee", (STAY, WALLET_AMOUNT)),
            offers=("wallet:to",),
        ),
        Question(
            name=WALLET_AMOUNT,
            asks="wallet:ask_amount",
            answer=Step("wallet:take_amount", (STAY, WALLET_CONFIRM, HOME), acts=True),
            back=WALLET_PAYEE,
            otherwise=(WALLET_PAYEE,),
            numbers=True,
        ),
        Question(
            name=WALLET_CONFIRM,
            asks="wallet:ask_confirmation",
            answer=Step("wallet:neither", (STAY,)),
            offers=("wallet:pay", "go:wallet"),
            back=WALLET_AMOUNT,
            otherwise=(WALLET_PAYEE,),
        ),
    ),
    words={
        _SHOW: (
            *("wallet", "my wallet", "balance", "money"),
            *("portefeuille", "mon portefeuille", "solde", "argent"),
            *("ikofi", "ikofi yanjye", "amafaranga"),
            *("pochi", "pochi yangu", "salio", "pesa"),
        ),
    },
    taps={
        "go:wallet": _SHOW,
        "wallet:send": Step("wallet:begin", (WALLET_PAYEE,)),
        "wallet:to": Step("wallet:choose_payee", (WALLET_PAYEE, WALLET_AMOUNT)),
        "wallet:pay": Step("wallet:pay", (HOME,), acts=True),
        "wallet:history": Step("wallet:show_history", (HOME,)),
    },
    events={events_pb2.EVENT_KIND_MONEY_MOVED: Step("wallet:money_moved", (STAY,))},
)
