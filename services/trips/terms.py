"""The numbers that the rules of matching depend on; settings.py says where they come from."""

import datetime
from dataclasses import dataclass, field

from services.trips.eta import Router, StraightLines

# Whoever asks everyone near asks as many as a chat list shows.
NEAREST_ASKED = 9
# More than this many cannot be named: an offer to a whole city helps nobody.
MOST_ASKED = 50


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How far, how fresh, how long."""

    radius_meters: float = 10_000
    location_fresh: datetime.timedelta = datetime.timedelta(minutes=30)
    offer_lasts: datetime.timedelta = datetime.timedelta(seconds=120)
    request_lasts: datetime.timedelta = datetime.timedelta(seconds=600)
    router: Router = field(default_factory=StraightLines)
