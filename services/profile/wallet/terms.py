"""Who may send how much, as the operator set it."""

import datetime
from decimal import Decimal

from chassis.records import record
from services.profile.wallet.money import Currency

# The daily limit counts what was sent in so much time before, so that no midnight has to be chosen.
DAY = datetime.timedelta(hours=24)


@record
class Terms:
    """The limits of transfers between people."""

    currency: Currency
    minimum: Decimal
    """Less is not worth a line in anybody's statement."""
    limit: Decimal
    """More goes in no single transfer."""
    daily_limit: Decimal
    """More goes in no 24 hours from one person, all transfers together."""
    confirm_above: Decimal
    """More is sent only once its sender has seen to whom, and said yes."""
    new_for: datetime.timedelta
    """So long after its opening an account receives and does not send."""
