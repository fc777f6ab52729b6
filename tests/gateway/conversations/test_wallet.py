"""Money by chat: balance, sending by a code, confirmation, statement, on both channels."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailwire.profile.v1 import wallet_pb2
from services.gateway.conversations import amounts, taps, wording
from services.gateway.conversations.catalogue import LANGUAGES
from services.gateway.messages import Channel, Message, MessageKind
from tests.gateway.conversations.phones import Phone, options
from tests.gateway.conversations.town import Town

BOTH = pytest.mark.parametrize("channel", ["whatsapp", "sms"])


async def pair(
    town: Town, channel: Channel = "whatsapp", amount: int = 20_000, language: str = "en"
) -> tuple[Phone, str]:
    """Somebody with money, and the code of somebody else, who is called Bob Marley."""
    payer, bob = town.phone(channel, language), town.phone(channel, language)
    town.bank.endow(payer.person_id, amount, town.now, "Ann Lee")
    return payer, town.bank.endow(bob.person_id, 0, town.now, "Bob Marley").code


async def asked_how_much(payer: Phone, code: str) -> Phone:
    await payer.say("wallet")
    await payer.choose("Send money")
    await payer.say(code)
    assert payer.state.name == "wallet.amount"
    return payer


def balances(town: Town) -> list[int]:
    return [int(account.balance) for account in town.bank.accounts.values()]


@BOTH
async def test_a_wallet_shows_balance_and_code(channel: Channel) -> None:
    """Whoever writes WALLET sees what they have, the code that others need, and what can be done."""
    town = Town()
    payer, _ = await pair(town, channel)
    await payer.say("Wallet")
    assert "Your balance: 20,000 RWF." in payer.body
    assert town.bank.accounts[payer.person_id].code in payer.body
    assert [title for _, title in options(payer.last)] == ["Send money", "History", "Menu"]


@BOTH
async def test_a_small_amount_goes_at_once(channel: Channel) -> None:
    """A code, an amount, a receipt; of the payee nothing is told but a first letter and the code."""
    town = Town()
    payer, code = await pair(town, channel)
    await asked_how_much(payer, code.lower().replace("-", " "))
    assert f"B. ({code}) gets the money. How much? You have 20,000 RWF." in payer.body
    assert "Bob" not in payer.body
    await payer.say("1 500 frw")
    assert payer.body.startswith(f"Sent: 1,500 RWF to B. ({code}). You have 18,500 RWF left.")
    assert balances(town) == [18_500, 1_500]


@BOTH
async def test_much_money_wants_a_yes(channel: Channel) -> None:
    """Above the limit the amount and the first letter are shown first; a second tap, and a third, pay nothing more."""
    town = Town()
    payer, code = await pair(town, channel)
    await asked_how_much(payer, code)
    await payer.say("6000")
    assert f"Send 6,000 RWF to B. ({code})?" in payer.body
    assert balances(town) == [20_000, 0]
    (pay, _), _ = options(payer.last)
    await payer.choose("Send it")
    assert balances(town) == [14_000, 6_000]
    receipt = payer.body
    for _ in range(2):
        await payer.tap(pay)
        assert payer.body == receipt
    assert balances(town) == [14_000, 6_000]


@BOTH
async def test_a_no_is_a_no(channel: Channel) -> None:
    """The other button leads back to the wallet; a word that is neither answer changes nothing."""
    town = Town()
    payer, code = await pair(town, channel)
    await asked_how_much(payer, code)
    await payer.say("6000")
    await payer.say("perhaps")
    assert payer.state.name == "wallet.confirm"
    await payer.choose("Do not send")
    assert "Your balance: 20,000 RWF." in payer.body
    assert balances(town) == [20_000, 0]


async def test_what_comes_late_pays_nothing() -> None:
    """Neither an amount that was delivered late, nor a confirmation of something asked long ago."""
    town = Town()
    payer, code = await pair(town)
    await asked_how_much(payer, code)
    await payer.say("500", age_seconds=5000)
    assert "late" in payer.body
    await payer.say("6000")
    (pay, _), _ = options(payer.last)
    await payer.tap(pay, age_seconds=5000)
    assert "late" in payer.body
    town.pass_time(700)
    await payer.tap(pay)
    assert "I asked that a while ago, so I sent nothing." in payer.body
    assert balances(town) == [20_000, 0]


async def test_digits_belong_to_the_amount() -> None:
    """On SMS, where numbers choose, a number typed for an amount is no choice of what was offered before."""
    town = Town()
    payer, code = await pair(town, "sms")
    await asked_how_much(payer, code)
    for small in ("1", "2", "3", "50"):
        await payer.say(small)
        assert "The least that you can send is 100 RWF." in payer.body
        assert payer.state.name == "wallet.amount"


@pytest.mark.parametrize(
    ("amount", "has", "told"),
    [
        ("much", 20_000, "I cannot send that amount."),
        ("1.5", 20_000, "I cannot send that amount."),
        ("0", 20_000, "I cannot send that amount."),
        ("-500", 20_000, "I cannot send that amount."),
        ("99", 20_000, "The least that you can send is 100 RWF."),
        ("100001", 300_000, "The most that you can send at once is 100,000 RWF."),
        ("20001", 20_000, "You do not have that much."),
    ],
)
async def test_refused_amounts_are_worded(amount: str, has: int, told: str) -> None:
    """Each says what stands against it and asks again."""
    town = Town()
    payer, code = await pair(town, amount=has)
    await asked_how_much(payer, code)
    await payer.say(amount)
    assert told in payer.body
    assert payer.state.name == "wallet.amount"
    assert balances(town) == [has, 0]


async def test_the_other_refusals() -> None:
    """One's own code, a new wallet, and the limit of a day."""
    town = Town()
    payer, code = await pair(town, amount=500_000)
    own = town.bank.accounts[payer.person_id]
    await asked_how_much(payer, own.code)
    await payer.say("500")
    assert "That is your own wallet." in payer.body
    await payer.say("back")
    await payer.say(code)
    for _ in range(2):
        await payer.say("100000")
        await payer.choose("Send it")
        await asked_how_much(payer, code)
    await payer.say("500")
    assert "In 24 hours you can send 200,000 RWF in all; 0 RWF is left." in payer.body
    town.bank.accounts[payer.person_id] = replace(own, balance=Decimal(1000), created_at=town.now)
    town.bank.booked.clear()
    await payer.say("500")
    assert "can send some in 23 hours" in payer.body or "can send some in 1 day" in payer.body


async def test_who_exists_is_told_to_nobody() -> None:
    """A number of somebody who is there, an id, a wrong code and nonsense get one and the same answer."""
    town = Town()
    payer, code = await pair(town)
    await payer.say("wallet")
    await payer.choose("Send money")
    bob = town.phones[max(town.phones)]
    wrong = code[:-1] + ("3" if code[-1] == "2" else "2")
    told = set()
    for typed in (bob.number, f"+{bob.number}", str(bob.person_id), wrong, "Bob Marley", "xyz"):
        await payer.say(typed)
        told.add(payer.body)
    assert len(told) == 1
    assert payer.state.name == "wallet.payee"


@BOTH
async def test_the_statement_has_pages(channel: Channel) -> None:
    """Newest first, five lines at a time, with the other side's first letter; More goes on to the end."""
    town = Town()
    payer, code = await pair(town, channel)
    await payer.say("wallet")
    await payer.choose("History")
    assert payer.body.startswith("Nothing has come in or gone out yet.")
    for amount in range(501, 508):
        await asked_how_much(payer, code)
        await payer.say(str(amount))
    await payer.choose("History")
    assert [line.rpartition(": ")[2] for line in payer.body.splitlines() if "RWF" in line] == [
        f"-{amount} RWF - to B." for amount in (507, 506, 505, 504, 503)
    ]
    await payer.choose("More")
    assert "-502 RWF" in payer.body
    assert "-501 RWF" in payer.body
    assert [title for _, title in options(payer.last)] == ["Wallet", "Menu"]


async def test_old_buttons_of_the_statement() -> None:
    """A page token that is none any more is a dead button, and a payment that nobody offered is none."""
    town = Town()
    payer, _ = await pair(town)
    for tap in (
        "wallet:history:nonsense",
        "wallet:pay:HW-2:x:RWF:1",
        "wallet:pay:HW-2",
        "wallet:pay:HW-2:5:RWF:" + "9" * 18,
    ):
        await payer.tap(tap)
        assert payer.body.startswith("That button no longer works.")


async def test_a_photo_is_no_amount() -> None:
    """What cannot be read repeats the question and sends nothing."""
    town = Town()
    payer, code = await pair(town)
    await asked_how_much(payer, code)
    await payer.send(Message(MessageKind.MEDIA))
    assert payer.state.name == "wallet.amount"
    assert balances(town) == [20_000, 0]


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from(LANGUAGES), st.booleans())
def test_amounts_are_read_as_they_are_written(amount: Decimal, language: str, whole: bool) -> None:  # noqa: FBT001
    """What a language writes, with its separators and the currency, is read back exactly."""
    exact = amount.to_integral_value() if whole else amount
    written = wording.money(language, wallet_pb2.Money(amount=f"{exact:f}", currency_code="RWF"))
    assert amounts.read(written) == exact


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1500", "1500"),
        ("1.500", "1500"),
        ("1,500", "1500"),
        ("1 500", "1500"),
        ("1'500", "1500"),
        ("1.500.000", "1500000"),
        ("1,500.50", "1500.50"),
        ("1.500,50", "1500.50"),
        ("12.5", "12.5"),
        ("12,50", "12.50"),
        ("RWF 1500", "1500"),
        ("1500 francs.", "1500"),
        ("\uff11\uff15\uff10\uff10", "1500"),
        *(
            (wrong, None)
            for wrong in ("", "1,50,0", "1.5.0", "1,500,50", "1 50", "15 00", "-5", "1e5", "five", "1500 or 2000")
        ),
        *((wrong, None) for wrong in ("1.5000", ".5", "5 5", "1,500 500", "9" * 50)),
    ],
)
def test_what_could_be_two_amounts_is_none(typed: str, meant: str | None) -> None:
    """One or two digits behind a separator are decimals, three are thousands, anything else is asked again."""
    assert amounts.read(typed) == (None if meant is None else Decimal(meant))


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_none(text: str) -> None:
    """Whatever is typed is read without an error, and never below zero."""
    amount = amounts.read(text)
    assert amount is None or amount >= 0


@given(st.text(max_size=60))
def test_any_tap_is_a_payment_or_unreadable(text: str) -> None:
    """Nothing that a stray hand makes of a tap is an error of ours."""
    try:
        taps.payment_of(f"wallet:pay:{text}")
    except taps.TapUnreadable:
        return
