"""What invitations bring, as the operator set it."""

import datetime
from decimal import Decimal

from chassis.records import record
from services.profile.wallet.money import Currency

# What "a month" is to the limit, so that no midnight has to be chosen.
MONTH = datetime.timedelta(days=30)


@record
class Terms:
    """Amounts and limits."""

    currency: Currency
    referrer_amount: Decimal
    """What whoever invited gets."""
    newcomer_amount: Decimal
    """What whoever came gets."""
    newcomer_for: datetime.timedelta
    """So long after their first message somebody may tell by whose invitation they came."""
    trip_within: datetime.timedelta
    """So long after that their first trip earns the rewards."""
    monthly_limit: int
    """More rewards are earned by no one's invitations in a month."""

    @property
    def on(self) -> bool:
        """Whether invitations bring anything."""
        return bool(self.referrer_amount or self.newcomer_amount)
