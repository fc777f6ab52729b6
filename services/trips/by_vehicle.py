"""A number for each vehicle, as one setting: "moto=30 cab=25 lifan=20 truck=20 other=20"."""

import re
from collections.abc import Mapping
from decimal import Decimal

from chassis.records import record
from services.trips.presence import Vehicle

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)


@record
class ByVehicle:
    """Exact numbers, none of them negative, for every vehicle that there is."""

    numbers: Mapping[Vehicle, Decimal]

    @classmethod
    def from_text(cls, text: str) -> "ByVehicle":
        """Read pairs with spaces or commas between; raises ValueError with what is wrong, as settings tell it."""
        numbers: dict[Vehicle, Decimal] = {}
        for pair in text.replace(",", " ").split():
            name, _, number = pair.partition("=")
            vehicle = Vehicle.__members__.get(name.upper())
            if vehicle is None or vehicle in numbers:
                raise ValueError(f"{name!r} is no vehicle, or named twice")
            if not _NUMBER.fullmatch(number):
                raise ValueError(f"{number!r} is no number (at most four decimals)")
            numbers[vehicle] = Decimal(number)
        if missing := [vehicle.name.lower() for vehicle in Vehicle if vehicle not in numbers]:
            raise ValueError(f"does not say anything for {', '.join(missing)}")
        return cls(numbers)

    def above_zero(self) -> "ByVehicle":
        """The same; raises ValueError when a number is zero."""
        if not all(self.numbers.values()):
            raise ValueError("every number must be above zero")
        return self

    def __getitem__(self, vehicle: Vehicle) -> Decimal:
        return self.numbers[vehicle]

    def __str__(self) -> str:
        return " ".join(f"{vehicle.name.lower()}={number}" for vehicle, number in self.numbers.items())


class Speeds(ByVehicle):
    """Kilometres an hour, above zero: somebody who never moves never arrives."""

    @classmethod
    def from_text(cls, text: str) -> "Speeds":
        """As ByVehicle's."""
        return cls(ByVehicle.from_text(text).above_zero().numbers)
