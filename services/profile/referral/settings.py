"""Settings of invitations: what they bring, to whom, and how often."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from chassis.settings import SettingsError, setting
from services.profile.referral.terms import Terms
from services.profile.wallet.money import Currency


@dataclass(frozen=True, kw_only=True)
class ReferralSettings:
    """Off while both amounts are 0."""

    referral_reward: Decimal = setting(
        "REFERRAL_REWARD",
        default=Decimal(0),
        minimum=0,
        help="what somebody gets whose invitation brought a newcomer, once that one has completed a trip; 0: nothing",
    )
    referral_newcomer_reward: Decimal = setting(
        "REFERRAL_NEWCOMER_REWARD",
        default=Decimal(0),
        minimum=0,
        help="what such a newcomer gets; 0: nothing. With both 0 nobody can invite",
    )
    referral_newcomer_hours: int = setting(
        "REFERRAL_NEWCOMER_HOURS",
        default=72,
        minimum=1,
        maximum=8760,
        help="so long after their first message newcomers may tell by whose invitation they came",
    )
    referral_trip_days: int = setting(
        "REFERRAL_TRIP_DAYS",
        default=30,
        minimum=1,
        maximum=365,
        help="so long after that their first trip earns the rewards",
    )
    referral_monthly_limit: int = setting(
        "REFERRAL_MONTHLY_LIMIT",
        default=10,
        minimum=1,
        maximum=10_000,
        help="rewards that the invitations of one person may earn within 30 days",
    )

    def referral_terms(self, currency: Currency) -> Terms:
        """All of them together; raises SettingsError."""
        amounts = {
            "REFERRAL_REWARD": self.referral_reward,
            "REFERRAL_NEWCOMER_REWARD": self.referral_newcomer_reward,
        }
        wrong = [
            f"{name}: {currency.code} has {currency.decimals} decimals"
            for name, amount in amounts.items()
            if amount != round(amount, currency.decimals)
        ]
        if wrong:
            raise SettingsError(wrong)
        return Terms(
            currency=currency,
            referrer_amount=self.referral_reward,
            newcomer_amount=self.referral_newcomer_reward,
            newcomer_for=datetime.timedelta(hours=self.referral_newcomer_hours),
            trip_within=datetime.timedelta(days=self.referral_trip_days),
            monthly_limit=self.referral_monthly_limit,
        )
