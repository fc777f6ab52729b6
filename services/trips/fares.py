"""What a ride costs: a base, so much a kilometre, so much a minute, at least a minimum, rounded up to the next step.

Exact from end to end: settings are decimals, metres and seconds are whole, and what is added up are fractions. The step
is what people pay with: "100" where nobody gives change for less, "0.50" where there are cents; its decimals are those
that amounts are told with. Up rather than to the nearest, so that a fare never falls below what its parts come to.
"""

import datetime
import math
import re
from decimal import Decimal
from fractions import Fraction

from chassis.records import record
from services.trips.by_vehicle import ByVehicle
from services.trips.eta import Route
from services.trips.presence import Vehicle

_CURRENCY = re.compile("[A-Z]{3}", re.ASCII)
_STEP = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)


class Currency(str):
    """Three capitals of ISO 4217."""

    __slots__ = ()

    @classmethod
    def from_text(cls, text: str) -> "Currency":
        """Read a setting; raises ValueError with what is wrong."""
        if not _CURRENCY.fullmatch(text):
            raise ValueError("must be three capitals, such as RWF")
        return cls(text)


class Step(Decimal):
    """An amount above zero, with as many decimals as it was written with."""

    __slots__ = ()

    @classmethod
    def from_text(cls, text: str) -> "Step":
        """Read a setting; raises ValueError with what is wrong."""
        if not _STEP.fullmatch(text) or not Decimal(text):
            raise ValueError("must be an amount above zero, such as 100 or 0.50")
        return cls(text)


# What rides cost about in Kigali.
DEFAULT_CURRENCY = Currency("RWF")
DEFAULT_STEP = Step("100")
DEFAULT_BASE = ByVehicle.from_text("moto=300 cab=1000 lifan=500 truck=5000 other=500")
DEFAULT_PER_KILOMETER = ByVehicle.from_text("moto=120 cab=700 lifan=250 truck=1500 other=250")
DEFAULT_PER_MINUTE = ByVehicle.from_text("moto=10 cab=50 lifan=15 truck=100 other=15")
DEFAULT_MINIMUM = ByVehicle.from_text("moto=500 cab=2000 lifan=700 truck=10000 other=700")


@record
class Money:
    """An exact amount, with the decimals that it is told with."""

    currency: str
    amount: Decimal

    @property
    def text(self) -> str:
        """The amount in plain digits."""
        return f"{self.amount:f}"


@record(kw_only=True)
class Rates:
    """The prices of every vehicle."""

    currency: str = DEFAULT_CURRENCY
    step: Decimal = DEFAULT_STEP
    base: ByVehicle = DEFAULT_BASE
    per_kilometer: ByVehicle = DEFAULT_PER_KILOMETER
    per_minute: ByVehicle = DEFAULT_PER_MINUTE
    minimum: ByVehicle = DEFAULT_MINIMUM

    def fare(self, vehicle: Vehicle, meters: int, lasts: datetime.timedelta) -> Money:
        """Of that way in that time; whole seconds count."""
        seconds = max(0, lasts // datetime.timedelta(seconds=1))
        parts = (
            Fraction(self.base[vehicle])
            + Fraction(self.per_kilometer[vehicle]) * max(0, meters) / 1000
            + Fraction(self.per_minute[vehicle]) * seconds / 60
        )
        steps = math.ceil(max(parts, Fraction(self.minimum[vehicle])) / Fraction(self.step))
        return self.money(self.step * steps)

    def estimate(self, vehicle: Vehicle, route: Route) -> Money:
        """Of a way that nobody has gone yet."""
        return self.fare(vehicle, round(route.meters), route.lasts)

    def money(self, amount: Decimal) -> Money:
        """A price in our currency."""
        return Money(self.currency, Decimal(amount))
