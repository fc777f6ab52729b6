"""Amounts of money: decimals, exact to the last one that the currency has."""

import re
from decimal import Decimal

from chassis import errors
from chassis.records import record

# With three, what people type as 1.500 could be two amounts.
MOST_DECIMALS = 2
# As the contract writes them. Twelve digits are more than anybody holds, and fit numeric(20, 4) ten thousand times.
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?", re.ASCII)


class AmountInvalid(errors.InvalidArgument):
    """Not a decimal above zero, or more exact than the currency is."""

    reason = "AMOUNT_INVALID"


class CurrencyUnknown(errors.InvalidArgument):
    """Another currency than the one that wallets here hold."""

    reason = "CURRENCY_UNKNOWN"


@record
class Currency:
    """What wallets hold. `decimals` is how many an amount may have: none for RWF."""

    code: str
    decimals: int

    def amount(self, text: str, code: str) -> Decimal:
        """An amount above zero as the contract says it; raises AmountInvalid or CurrencyUnknown."""
        if code != self.code:
            raise CurrencyUnknown(metadata={"currency": self.code})
        if not _AMOUNT.fullmatch(text):
            raise AmountInvalid
        amount = Decimal(text)
        if amount <= 0 or amount != round(amount, self.decimals):
            raise AmountInvalid(metadata={"decimals": str(self.decimals)})
        return amount

    def written(self, amount: Decimal) -> str:
        """With the decimals of the currency, and more where there are some: "1500", "12.50"."""
        exact = amount.normalize()
        decimals = max(self.decimals, -int(exact.as_tuple().exponent))
        return f"{amount:.{decimals}f}"
