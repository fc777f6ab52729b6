"""What people have and send each other, and what stands against it."""

from datetime import datetime

from tests.days.phones import Phones
from tests.days.values import DAY, LEAST_SENT, MOST_SENT, MOST_SENT_A_DAY, Person


class Wallets(Phones):
    """Everybody's money; `credited` is what operators have brought in."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.credited = 0

    def opens_wallet(self, person: Person) -> None:
        """They look at it; the first look opens it."""
        person.opened_at = person.opened_at or self.now
        self.answered(person, "wallet-balance", balance=person.balance)

    def is_credited(self, person: Person, amount: int) -> None:
        """An operator brings money in."""
        person.balance += amount
        self.credited += amount
        self.hears(person, "told-money", amount=amount, balance=person.balance)

    def against(self, payer: Person, amount: int) -> tuple[str, dict[str, int]] | None:
        """The key and numbers of what stands against a transfer; None when nothing does."""
        assert payer.opened_at is not None
        left = MOST_SENT_A_DAY - sum(sum_of for at, sum_of in payer.sent if at > self.now - DAY)
        if amount < LEAST_SENT:
            return "refused-amount-small", {"minimum": LEAST_SENT}
        if amount > MOST_SENT:
            return "refused-amount-large", {"limit": MOST_SENT}
        if self.now - payer.opened_at < DAY:
            return "refused-wallet-new", {}
        if amount > left:
            return "refused-daily-limit", {"limit": MOST_SENT_A_DAY, "left": left}
        if amount > payer.balance:
            return "refused-balance", {}
        return None

    def sends(self, payer: Person, payee: Person, amount: int) -> None:
        """Money goes from one to the other, and both are told."""
        assert self.against(payer, amount) is None
        payer.balance -= amount
        payee.balance += amount
        payer.sent.append((self.now, amount))
        self.answered(payer, "wallet-sent", amount=amount, balance=payer.balance)
        key = "told-money-from" if payer.called else "told-money"
        self.hears(payee, key, amount=amount, balance=payee.balance)
