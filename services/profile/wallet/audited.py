"""What the audit log says about money: an entry for each side that is a person's."""

from collections.abc import Iterable, Iterator

from services.profile.audit import Detail, Entry
from services.profile.wallet.account import Account, Booked, Kind

# Who is nobody: what operators set aside for rewards.
NOBODY = 0

# What happened to the payer and to the payee.
_ACTIONS = {
    Kind.TRANSFER: ("money.sent", "money.received"),
    Kind.CREDIT: ("money.withdrawn", "money.credited"),
    Kind.REWARD: ("money.given", "money.rewarded"),
    Kind.MERGE: ("money.merged", "money.merged"),
    Kind.REVERSAL: ("money.taken_back", "money.given_back"),
}


def moved(booked: Iterable[Booked]) -> list[Entry]:
    """What these transactions changed for whom. The world outside is nobody's."""
    return [
        Entry(action, side.person_id or NOBODY, one.actor, _detail(one, other))
        for one in booked
        for action, side, other in _sides(one)
        if not side.external
    ]


def _sides(one: Booked) -> Iterator[tuple[str, Account, Account]]:
    paid, gained = _ACTIONS[one.kind]
    yield paid, one.payer, one.payee
    yield gained, one.payee, one.payer


def _detail(one: Booked, other: Account) -> Detail:
    """Which transaction, how much, and who is on the other side, if that is a person."""
    units, fraction = divmod(one.amount, 1)
    return {
        "transaction": one.transaction_id,
        "currency": one.payee.currency.lower(),
        "units": int(units),
        **({"ten_thousandths": int(fraction * 10_000)} if fraction else {}),
        **({"other": other.person_id} if other.person_id else {}),
        **({"reverses": one.reverses} if one.reverses else {}),
    }
