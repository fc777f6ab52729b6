"""Inviting by chat: one's own code with what it brings, and the code of whoever one came by.

The service decides everything. Nobody learns who came by their code, nor whose code they told.
"""

from chassis.errors import HailwireError
from hailwire.profile.v1 import referrals_pb2, wallet_pb2
from services.gateway.conversations import guidance, invite_code, menus, refusals, wording
from services.gateway.conversations.turn import Outcome, Turn

_LINK = "https://wa.me/{number}?text=INVITE%20{code}"


async def show(turn: Turn) -> Outcome:
    """`invite`: the person's code, how it is used, and what it brings; then whatever is asked."""
    own = await turn.world.invitations.own()
    if not own.code:
        return await guidance.guide(turn, turn.say("invite-off"))
    age = wording.age(turn.language, own.newcomer_for.ToTimedelta().total_seconds())
    words = menus.body(
        turn.say("invite-code", code=own.code, age=age),
        turn.say("invite-link", link=_link(turn.chat_number, own.code)) if turn.chat_number else "",
        _brings(turn, own),
        turn.say("invite-left", number=str(own.left)) if own.left else turn.say("invite-none-left"),
    )
    return await guidance.guide(turn, words)


async def accept_invitation(turn: Turn) -> Outcome:
    """A code was told: note it once, and say what comes of it."""
    try:
        noted = await accept(turn)
    except HailwireError as error:
        if error.reason != "REFERRAL_TOO_LATE":
            raise
        hours = int(error.metadata.get("hours", "") or 72)
        words = turn.say("refused-invite-late", age=wording.age(turn.language, 3600 * hours))
        return await guidance.guide(turn, words)
    return await guidance.guide(turn, menus.body(turn.say("invited"), _promised(turn, noted)))


async def accept(turn: Turn) -> referrals_pb2.Referral:
    """Note what the message tells; the same code again is answered as before."""
    return await turn.world.invitations.accept("invitation", invite_code.read(turn.message.text))


async def accept_unheard(turn: Turn) -> None:
    """Note it before anything can be said: it counts from the first message on, whatever its writer does then.

    A refusal is not told here either: whoever chooses a language next is answered in it.
    """
    try:
        await accept(turn)
    except HailwireError as error:
        if refusals.words_for(error) is None and error.reason not in refusals.BY_THE_INVITATION:
            raise


def _brings(turn: Turn, own: referrals_pb2.Invitation) -> str:
    reward, newcomer = _sum(turn, own.reward), _sum(turn, own.newcomer_reward)
    if reward and newcomer:
        return turn.say("invite-both", reward=reward, newcomer=newcomer)
    return turn.say("invite-yours", reward=reward) if reward else turn.say("invite-theirs", newcomer=newcomer)


def _promised(turn: Turn, noted: referrals_pb2.Referral) -> str:
    reward = _sum(turn, noted.reward)
    if not reward or noted.earned:
        return ""
    until = wording.moment(turn.language, wording.utc(noted.expire_time), turn.zone)
    return turn.say("invited-reward", reward=reward, when=until)


def _sum(turn: Turn, amount: wallet_pb2.Money) -> str:
    """In words; empty for nothing."""
    return wording.money(turn.language, amount) if amount.amount.strip("0.") else ""


def _link(number: str, code: str) -> str:
    return _LINK.format(number="".join(filter(str.isdigit, number)), code=code)
