"""Settings of the wallet: its currency and the limits of transfers."""

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal

from chassis.settings import SettingsError, setting
from services.profile.wallet.money import MOST_DECIMALS, Currency
from services.profile.wallet.terms import Terms

_CODE = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class WalletSettings:
    """Also read by `hailwire wallet`, which has to be given the same ones."""

    wallet_currency: str = setting(
        "WALLET_CURRENCY",
        default="RWF",
        help="what wallets hold, by its ISO 4217 code; accounts in another are left alone",
    )
    wallet_currency_decimals: int = setting(
        "WALLET_CURRENCY_DECIMALS",
        default=0,
        minimum=0,
        maximum=MOST_DECIMALS,
        help="how many decimals an amount of it may have; none for RWF, two for USD",
    )
    wallet_transfer_minimum: Decimal = setting(
        "WALLET_TRANSFER_MINIMUM", default=Decimal(100), minimum=0, help="the least that a person may send"
    )
    wallet_transfer_limit: Decimal = setting(
        "WALLET_TRANSFER_LIMIT", default=Decimal(100_000), minimum=0, help="the most that one transfer may have"
    )
    wallet_daily_limit: Decimal = setting(
        "WALLET_DAILY_LIMIT", default=Decimal(200_000), minimum=0, help="the most that a person sends in any 24 hours"
    )
    wallet_confirm_above: Decimal = setting(
        "WALLET_CONFIRM_ABOVE",
        default=Decimal(5000),
        minimum=0,
        help="more than this is sent only after its sender has seen to whom and confirmed it",
    )
    wallet_new_account_hours: int = setting(
        "WALLET_NEW_ACCOUNT_HOURS",
        default=24,
        minimum=0,
        help="so long after its opening a wallet receives and does not send",
    )

    def wallet_terms(self) -> Terms:
        """All of them together; raises SettingsError."""
        if not _CODE.fullmatch(self.wallet_currency):
            raise SettingsError(["WALLET_CURRENCY: must be three capital letters"])
        return Terms(
            currency=Currency(self.wallet_currency, self.wallet_currency_decimals),
            minimum=self.wallet_transfer_minimum,
            limit=self.wallet_transfer_limit,
            daily_limit=self.wallet_daily_limit,
            confirm_above=self.wallet_confirm_above,
            new_for=datetime.timedelta(hours=self.wallet_new_account_hours),
        )
