"""Money by chat: what somebody has, sending it to whoever told them a code, and the statement.

The code is all that is asked for: nobody's number is typed or shown, and only the first letter of the name is told. The
service decides everything; a question here only gathers what it needs.
"""

from dataclasses import replace
from datetime import datetime

from chassis.errors import HailwireError
from hailwire.profile.v1 import enrichments_pb2, wallet_pb2
from services.gateway.conversations import amounts, guidance, menus, taps, wording
from services.gateway.conversations.flows.wallet import WALLET_AMOUNT, WALLET_CONFIRM, WALLET_PAYEE
from services.gateway.conversations.memory import Memory, remembered
from services.gateway.conversations.places import folded
from services.gateway.conversations.turn import EVENT_OUTDATED, EventTurn, Moment, Outcome, Turn
from services.gateway.messages import Button, Buttons, Menu, Row, Text

# What a small screen holds, and four parts of an SMS.
LISTED_ENTRIES = 5
_MOST_KNOWN = 10

_KINDS = {
    wallet_pb2.TRANSACTION_KIND_CREDIT: "entry-credit",
    wallet_pb2.TRANSACTION_KIND_REWARD: "entry-reward",
    wallet_pb2.TRANSACTION_KIND_MERGE: "entry-merge",
    wallet_pb2.TRANSACTION_KIND_REVERSAL: "entry-reversal",
}


async def show(turn: Turn) -> Outcome:
    """`wallet`: the balance, the person's own code, and what can be done."""
    return await _card(turn)


async def begin(turn: Turn) -> Outcome:
    """Money is to be sent: ask to whom."""
    return await ask_payee(turn)


async def ask_payee(moment: Moment, lead: str = "") -> Outcome:
    """Ask for the code of whoever is to get money; those whom the person knows by a name can be chosen."""
    words = menus.body(lead, moment.say("wallet-payee"))
    known = [Row(taps.pay_to(one.wallet_code), one.name[:24].rstrip(), one.wallet_code) for one in await _known(moment)]
    if not known:
        return _asked(moment, WALLET_PAYEE, words)
    state = remembered(moment).asking(WALLET_PAYEE, moment.now)
    return Outcome(state, (Menu(words, moment.say("label-contacts"), tuple(known[:_MOST_KNOWN])),))


async def _known(moment: Moment) -> list[enrichments_pb2.UnderstoodContact]:
    notes = await moment.world.enrichments.notes()
    return [note.understood.contact for note in notes if note.understood.HasField("contact")]


async def take_payee(turn: Turn) -> Outcome:
    """A code was typed, or the name of somebody whom the person knows by it."""
    named = {folded(one.name): one.wallet_code for one in await _known(turn)}
    return await _pay_to(turn, named.get(folded(turn.message.text[:500]), turn.message.text))


async def choose_payee(turn: Turn) -> Outcome:
    """Somebody whom the person knows was tapped."""
    return await _pay_to(turn, "".join(taps.parts_of(turn.message.tap)[:1]))


async def _pay_to(turn: Turn, code: str) -> Outcome:
    """What is wrong and what is nobody's is told alike."""
    try:
        payee = await turn.world.payee(code)
    except HailwireError as error:
        if error.reason != "PAYEE_UNKNOWN":
            raise
        return await ask_payee(turn, turn.say("refused-payee"))
    return await _ask_amount(turn, {"code": payee.code, "initial": payee.initial})


async def ask_amount(moment: Moment, lead: str = "") -> Outcome:
    """Ask how much, again."""
    return await _ask_amount(moment, remembered(moment).gathered, lead)


async def _ask_amount(moment: Moment, gathered: dict[str, str], lead: str = "") -> Outcome:
    if "code" not in gathered:
        return await ask_payee(moment, lead)
    wallet = await moment.world.wallet()
    words = moment.say("wallet-amount", payee=_payee(gathered), balance=wording.money(moment.language, wallet.balance))
    kept = {"code": gathered["code"], "initial": gathered.get("initial", "")}
    return _asked(moment, WALLET_AMOUNT, menus.body(lead, words), **kept, currency=wallet.balance.currency_code)


async def take_amount(turn: Turn) -> Outcome:
    """An amount was typed: send it, or ask for a confirmation when it is so much that the service wants one."""
    gathered = remembered(turn).gathered
    amount = amounts.read(turn.message.text)
    if amount is None or not {"code", "currency"} <= gathered.keys():
        return await ask_amount(turn, turn.say("refused-amount"))
    money = wallet_pb2.Money(amount=f"{amount:f}", currency_code=gathered["currency"])
    try:
        sent = await turn.world.send_money("send", gathered["code"], money)
    except HailwireError as error:
        if error.reason == "CONFIRMATION_REQUIRED":
            return _confirmation(turn, gathered, money, turn.now)
        words = _refusal(turn, error)
        if words is None:
            raise
        return await ask_amount(turn, words)
    return _receipt(turn, sent)


async def ask_confirmation(moment: Moment, lead: str = "") -> Outcome:
    """Show again what waits for a yes."""
    gathered = remembered(moment).gathered
    try:
        waiting = taps.Payment.read(gathered.get("payment", ""))
    except taps.TapUnreadable:
        return await ask_payee(moment, lead)
    money = wallet_pb2.Money(amount=waiting.amount, currency_code=waiting.currency)
    return _confirmation(moment, {**gathered, "code": waiting.code}, money, waiting.at, lead)


async def neither(turn: Turn) -> Outcome:
    """Something else than one of the two buttons: money wants a clear yes."""
    return await guidance.guide(turn, turn.say("choose-first"))


async def pay(turn: Turn) -> Outcome:
    """A confirmation was tapped, perhaps twice: its own words name the transfer, so that it happens once."""
    payment = taps.Payment.read(turn.message.tap)
    if payment.person_id not in {turn.person.person_id, *turn.person.merged_person_ids}:
        raise taps.TapUnreadable(turn.message.tap)
    if turn.outdated(payment.at):
        return await _card(turn, turn.say("wallet-outdated"))
    money = wallet_pb2.Money(amount=payment.amount, currency_code=payment.currency)
    try:
        sent = await turn.world.send_money(str(payment), payment.code, money, confirmed=True)
    except HailwireError as error:
        words = _refusal(turn, error)
        if words is None:
            raise
        return await _card(turn, words)
    return _receipt(turn, sent)


async def show_history(turn: Turn) -> Outcome:
    """A page of what went in and out, newest first."""
    token = "".join(taps.parts_of(turn.message.tap)[:1])
    await turn.world.wallet()  # whoever has never had one has an empty statement
    try:
        page = await turn.world.entries(token, LISTED_ENTRIES)
    except HailwireError as error:
        if error.reason != "PAGE_TOKEN_INVALID":
            raise
        raise taps.TapUnreadable(turn.message.tap) from error
    memory = remembered(turn)
    lines = "\n".join(_line(turn, entry) for entry in page.entries)
    words = menus.body(turn.say("wallet-history"), lines) if lines else turn.say("wallet-no-history")
    buttons = [Button(taps.GO_WALLET, turn.say("button-wallet")), Button(taps.GO_MENU, turn.say("button-menu"))]
    if page.next_page_token:
        buttons.insert(0, Button(taps.history(page.next_page_token), turn.say("button-more")))
    return Outcome(memory.home(), (Buttons(words, tuple(buttons)),))


async def money_moved(turn: EventTurn) -> Outcome:
    """Somebody else sent money, or an operator moved some: say how much, from whom, and what there is now."""
    if not turn.event.HasField("money"):
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)
    entry, balance = turn.event.money.entry, turn.event.money.balance
    told = {"amount": wording.money(turn.language, entry.amount), "balance": wording.money(turn.language, balance)}
    match entry.kind:
        case wallet_pb2.TRANSACTION_KIND_TRANSFER if entry.other.initial:
            words = turn.say("told-money-from", other=entry.other.initial, **told)
        case wallet_pb2.TRANSACTION_KIND_REVERSAL:
            words = turn.say("told-money-corrected", **told)
        case wallet_pb2.TRANSACTION_KIND_REWARD if turn.event.money.for_inviting:
            words = turn.say("told-reward-inviting", **told)
        case wallet_pb2.TRANSACTION_KIND_REWARD:
            words = turn.say("told-reward-invited", **told)
        case _:
            words = turn.say("told-money", **told)
    return Outcome(turn.state, (Text(words),))


async def _card(moment: Moment, lead: str = "") -> Outcome:
    wallet = await moment.world.wallet()
    balance = wording.money(moment.language, wallet.balance)
    words = menus.body(lead, moment.say("wallet-balance", balance=balance), moment.say("wallet-code", code=wallet.code))
    return Outcome(remembered(moment).home(), (Buttons(words, _buttons(moment)),))


def _receipt(moment: Moment, sent: wallet_pb2.Transaction) -> Outcome:
    words = moment.say(
        "wallet-sent",
        amount=wording.money(moment.language, sent.amount),
        payee=_payee({"code": sent.payee.code, "initial": sent.payee.initial}),
        balance=wording.money(moment.language, sent.payer_balance),
    )
    return Outcome(remembered(moment).home(), (Buttons(words, _buttons(moment)),))


def _buttons(moment: Moment) -> tuple[Button, ...]:
    return (
        Button(taps.WALLET_SEND, moment.say("button-send-money")),
        Button(taps.history(), moment.say("button-history")),
        Button(taps.GO_MENU, moment.say("button-menu")),
    )


def _confirmation(
    moment: Moment, gathered: dict[str, str], money: wallet_pb2.Money, asked_at: datetime, lead: str = ""
) -> Outcome:
    """What a yes would do, and the two answers."""
    whom = {"code": gathered["code"], "initial": gathered.get("initial", ""), "currency": money.currency_code}
    payment = taps.Payment(moment.person.person_id, whom["code"], money.amount, money.currency_code, asked_at)
    amount = wording.money(moment.language, money)
    words = menus.body(lead, moment.say("wallet-confirm", amount=amount, payee=_payee(whom)))
    buttons = (
        Button(str(payment), moment.say("button-pay")),
        Button(taps.GO_WALLET, moment.say("button-do-not-pay")),
    )
    state = remembered(moment).asking(WALLET_CONFIRM, moment.now, **whom, payment=str(payment))
    return Outcome(state, (Buttons(words, buttons),))


def _asked(moment: Moment, question: str, words: str, **gathered: str) -> Outcome:
    """A question whose answer is typed: digits are its answer, and no choice of something that was offered before."""
    memory: Memory = replace(remembered(moment), choices=())
    return Outcome(memory.asking(question, moment.now, **gathered), (Text(words),))


def _payee(gathered: dict[str, str]) -> str:
    """As the payer may know them: "B. (HW-7K3QX2F)"."""
    code, initial = gathered["code"], gathered.get("initial", "")
    return f"{initial} ({code})" if initial else code


def _refusal(moment: Moment, error: HailwireError) -> str | None:
    """The words for what stands against a transfer; None for what only a bug of ours causes."""

    def told(name: str) -> str:
        money = wallet_pb2.Money(amount=error.metadata.get(name, "0"), currency_code=error.metadata.get("currency", ""))
        return wording.money(moment.language, money)

    match error.reason:
        case "AMOUNT_INVALID":
            return moment.say("refused-amount")
        case "AMOUNT_TOO_SMALL":
            return moment.say("refused-amount-small", minimum=told("minimum"))
        case "AMOUNT_TOO_LARGE":
            return moment.say("refused-amount-large", limit=told("limit"))
        case "DAILY_LIMIT_REACHED":
            return moment.say("refused-daily-limit", limit=told("limit"), left=told("left"))
        case "ACCOUNT_TOO_NEW":
            hours = error.metadata.get("hours", "")
            return moment.say("refused-wallet-new", age=wording.age(moment.language, 3600 * int(hours or 24)))
        case "BALANCE_TOO_LOW":
            return moment.say("refused-balance")
        case "TRANSFER_TO_SELF":
            return moment.say("refused-self")
        case "PAYEE_UNKNOWN":
            return moment.say("refused-payee")
    return None


def _line(moment: Moment, entry: wallet_pb2.Entry) -> str:
    out = entry.amount.amount.startswith("-")
    key = _KINDS.get(entry.kind, "entry-sent" if out else "entry-received")
    what = (
        moment.say(key, other=entry.other.initial or "?")
        if key in {"entry-sent", "entry-received"}
        else moment.say(key)
    )
    return moment.say(
        "entry-line",
        when=wording.moment(moment.language, wording.utc(entry.create_time), moment.zone),
        amount=("" if out else "+") + wording.money(moment.language, entry.amount),
        what=f"{what} ({moment.say('entry-reversed')})" if entry.reversed else what,
    )
