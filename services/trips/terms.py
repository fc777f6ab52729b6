"""The numbers that the rules of matching depend on; settings.py says where they come from."""

import datetime
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from services.trips.eta import Router, StraightLines
from services.trips.fares import Rates

# Rides for later that a person may have at once: as many as a chat list shows beside a way out.
MOST_SCHEDULES = 9
# Whoever asks everyone near asks as many as a chat list shows.
NEAREST_ASKED = 9
# More than this many cannot be named: an offer to a whole city helps nobody.
MOST_ASKED = 50


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How far, how fresh, how long; `zone` is that of the service area."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Africa/Kigali"))
    radius_meters: float = 10_000
    location_fresh: datetime.timedelta = datetime.timedelta(minutes=30)
    offer_lasts: datetime.timedelta = datetime.timedelta(seconds=120)
    request_lasts: datetime.timedelta = datetime.timedelta(seconds=600)
    # Who knows ways; and what is taken where nobody could be asked in time.
    router: Router = field(default_factory=StraightLines)
    lines: StraightLines = field(default_factory=StraightLines)
    # The least time between two changed arrival times that a passenger is told of.
    tell_again_after: datetime.timedelta = datetime.timedelta(minutes=3)
    # An online driver who has not told for so long where they are is taken off the map.
    silent_after: datetime.timedelta = datetime.timedelta(hours=2)
    # So many passengers rate a driver before anybody is shown an average.
    ratings_shown_from: int = 3
    rates: Rates = field(default_factory=Rates)
    # The two sides of a completed trip may still write to each other for so long.
    relay_after: datetime.timedelta = datetime.timedelta(minutes=10)
    # A driver who has waited at the pickup for so long may say that nobody came, and so may a passenger whose driver
    # is later than was promised by so much.
    no_show_after: datetime.timedelta = datetime.timedelta(minutes=5)
    driver_late_after: datetime.timedelta = datetime.timedelta(minutes=10)
    # Whom drivers waited for in vain so often within the window asks for no ride until that is over; 0: anybody may.
    no_show_limit: int = 3
    no_show_window: datetime.timedelta = datetime.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class ScheduleTerms:
    """When what is done about rides for later; `zone` is that of the service area."""

    zone: ZoneInfo
    remind_before: datetime.timedelta = datetime.timedelta(minutes=30)
    match_before: datetime.timedelta = datetime.timedelta(minutes=15)
    look_again_after: datetime.timedelta = datetime.timedelta(seconds=60)
    # A service that was away does not ask for rides that were due longer ago.
    late_after: datetime.timedelta = datetime.timedelta(minutes=10)
    furthest: datetime.timedelta = datetime.timedelta(days=30)
