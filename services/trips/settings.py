"""Every setting of the trips service."""

import datetime
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from chassis.database import DatabaseSettings
from chassis.redis_settings import RedisSettings
from chassis.security import SecuritySettings
from chassis.settings import setting
from chassis.telemetry import TelemetrySettings
from chassis.warmup import WarmupSettings
from services.trips.by_vehicle import ByVehicle, Speeds
from services.trips.eta import DEFAULT_SPEEDS, DETOUR, StraightLines
from services.trips.fares import (
    DEFAULT_BASE,
    DEFAULT_CURRENCY,
    DEFAULT_MINIMUM,
    DEFAULT_PER_KILOMETER,
    DEFAULT_PER_MINUTE,
    DEFAULT_STEP,
    Currency,
    Rates,
    Step,
)
from services.trips.terms import ScheduleTerms, Terms


@dataclass(frozen=True, kw_only=True)
class TripsSettings(DatabaseSettings, RedisSettings, SecuritySettings, TelemetrySettings, WarmupSettings):
    """Read once at start; see .env.example for each."""

    environment: str = setting(
        "HAILWIRE_ENV", default="production", choices=("production", "development"), help="development or production"
    )
    grpc_host: str = setting("TRIPS_GRPC_HOST", default="127.0.0.1", help="address of the gRPC server")
    grpc_port: int = setting("TRIPS_GRPC_PORT", default=50052, minimum=0, maximum=65535, help="its port")
    prometheus_host: str = setting("TRIPS_PROMETHEUS_HOST", default="127.0.0.1", help="address of the metrics page")
    prometheus_port: int = setting("TRIPS_PROMETHEUS_PORT", default=9466, minimum=0, maximum=65535, help="its port")
    search_radius_meters: float = setting(
        "SEARCH_RADIUS_METERS",
        default=10_000.0,
        minimum=1,
        maximum=500_000,
        help="how far from the pickup a driver may be",
    )
    location_fresh_seconds: int = setting(
        "LOCATION_FRESH_SECONDS",
        default=1800,
        minimum=1,
        help="how old a driver's location may be to be offered a trip",
    )
    offer_ttl_seconds: int = setting(
        "OFFER_TTL_SECONDS", default=120, minimum=1, help="how long a driver may think about an offer"
    )
    trip_request_ttl_seconds: int = setting(
        "TRIP_REQUEST_TTL_SECONDS", default=600, minimum=1, help="how long a trip waits for a driver to accept it"
    )
    event_lease_seconds: int = setting(
        "EVENT_LEASE_SECONDS", default=10, minimum=1, maximum=600, help="after that an event is handed out again"
    )
    due_interval_ms: int = setting(
        "TRIPS_DUE_INTERVAL_MS", default=500, minimum=10, maximum=60_000, help="between looks for what has run out"
    )
    location_ttl_ms: int = setting(
        "CACHE_TTL_LOCATION",
        default=1_800_000,
        minimum=0,
        help="how long where a driver was last is answered from memory, in ms",
    )
    location_days: int = setting(
        "TRIPS_LOCATION_DAYS",
        default=30,
        minimum=1,
        help="days after which where a trip began or a driver was is told to a tenth of a degree, or not at all",
    )
    state_ttl_ms: int = setting(
        "CACHE_TTL_STATE",
        default=60_000,
        minimum=0,
        help="how long a trip and whose it is are answered from memory, in ms",
    )
    speeds: Speeds = setting(
        "SPEED_KMH", default=DEFAULT_SPEEDS, help="how fast each vehicle gets on in town, in kilometres an hour"
    )
    detour: float = setting(
        "ROUTE_DETOUR", default=DETOUR, minimum=1, maximum=10, help="how much longer ways are than straight lines"
    )

    eta_tell_seconds: int = setting(
        "ETA_TELL_SECONDS",
        default=180,
        minimum=0,
        help="least time between two changed arrival times that a passenger is told of, in seconds",
    )
    relay_after_seconds: int = setting(
        "RELAY_AFTER_SECONDS",
        default=600,
        minimum=0,
        maximum=3600,
        help="how long after a completed trip its two sides may still write to each other, in seconds",
    )
    no_show_wait_minutes: int = setting(
        "NO_SHOW_WAIT_MINUTES",
        default=5,
        minimum=0,
        maximum=120,
        help="how long a driver waits at the pickup before they may say that the passenger did not come",
    )
    driver_late_minutes: int = setting(
        "DRIVER_LATE_MINUTES",
        default=10,
        minimum=0,
        maximum=120,
        help="how much later than promised a driver is before the passenger may say that nobody came",
    )
    no_show_limit: int = setting(
        "NO_SHOW_LIMIT",
        default=3,
        minimum=0,
        maximum=100,
        help="how many times drivers wait for a passenger in vain before further requests are refused; 0: never",
    )
    no_show_days: int = setting(
        "NO_SHOW_DAYS", default=7, minimum=1, maximum=365, help="how many days such a time counts"
    )
    currency: Currency = setting("FARE_CURRENCY", default=DEFAULT_CURRENCY, help="currency of all fares (ISO 4217)")
    fare_step: Step = setting(
        "FARE_ROUNDING",
        default=DEFAULT_STEP,
        help="fares are rounded up to a multiple of this and told with its decimals (100, or 0.50)",
    )
    fare_base: ByVehicle = setting("FARE_BASE", default=DEFAULT_BASE, help="what each ride costs to begin with")
    fare_per_kilometer: ByVehicle = setting(
        "FARE_PER_KM", default=DEFAULT_PER_KILOMETER, help="what each kilometre costs"
    )
    fare_per_minute: ByVehicle = setting(
        "FARE_PER_MINUTE", default=DEFAULT_PER_MINUTE, help="what each minute of the ride costs"
    )
    fare_minimum: ByVehicle = setting("FARE_MINIMUM", default=DEFAULT_MINIMUM, help="what a ride costs at least")

    auto_offline_seconds: int = setting(
        "AUTO_OFFLINE_SECONDS",
        default=7200,
        minimum=60,
        help="after that long without a location a driver who is online is taken off the map, and told",
    )
    ratings_shown_from: int = setting(
        "RATINGS_SHOWN_FROM", default=3, minimum=1, help="how many passengers rate a driver before an average is shown"
    )
    match_retention_days: int = setting(
        "MATCH_RETENTION_DAYS",
        default=30,
        minimum=1,
        maximum=3650,
        help="how long it is kept who was looked at for a trip, in days",
    )
    time_zone: ZoneInfo = setting(
        "SERVICE_TIME_ZONE",
        default=ZoneInfo("Africa/Kigali"),
        help="whose clocks people in the service area live by, the same for every service",
    )
    reminder_minutes: int = setting(
        "SCHEDULE_REMINDER_MINUTES",
        default=30,
        minimum=0,
        maximum=1440,
        help="how long before a scheduled ride its passenger is reminded; never when drivers are asked sooner",
    )
    match_minutes: int = setting(
        "SCHEDULE_MATCH_MINUTES",
        default=15,
        minimum=0,
        maximum=240,
        help="how long before a scheduled ride drivers are asked",
    )
    look_again_seconds: int = setting(
        "SCHEDULE_LOOK_AGAIN_SECONDS",
        default=60,
        minimum=1,
        maximum=3600,
        help="between looks for further drivers while nobody is free for a scheduled ride",
    )
    late_minutes: int = setting(
        "SCHEDULE_LATE_MINUTES",
        default=10,
        minimum=0,
        maximum=25,
        help="how long after its time a scheduled ride is still asked for when nothing could be done before",
    )

    @property
    def schedule_terms(self) -> ScheduleTerms:
        """When what is done about rides for later."""
        return ScheduleTerms(
            zone=self.time_zone,
            remind_before=datetime.timedelta(minutes=self.reminder_minutes),
            match_before=datetime.timedelta(minutes=self.match_minutes),
            look_again_after=datetime.timedelta(seconds=self.look_again_seconds),
            late_after=datetime.timedelta(minutes=self.late_minutes),
        )

    @property
    def terms(self) -> Terms:
        """The numbers that the rules depend on."""
        return Terms(
            zone=self.time_zone,
            radius_meters=self.search_radius_meters,
            location_fresh=datetime.timedelta(seconds=self.location_fresh_seconds),
            offer_lasts=datetime.timedelta(seconds=self.offer_ttl_seconds),
            request_lasts=datetime.timedelta(seconds=self.trip_request_ttl_seconds),
            router=StraightLines(self.speeds, self.detour),
            lines=StraightLines(self.speeds, self.detour),
            tell_again_after=datetime.timedelta(seconds=self.eta_tell_seconds),
            silent_after=datetime.timedelta(seconds=self.auto_offline_seconds),
            ratings_shown_from=self.ratings_shown_from,
            relay_after=datetime.timedelta(seconds=self.relay_after_seconds),
            no_show_after=datetime.timedelta(minutes=self.no_show_wait_minutes),
            driver_late_after=datetime.timedelta(minutes=self.driver_late_minutes),
            no_show_limit=self.no_show_limit,
            no_show_window=datetime.timedelta(days=self.no_show_days),
            rates=Rates(
                currency=self.currency,
                step=self.fare_step,
                base=self.fare_base,
                per_kilometer=self.fare_per_kilometer,
                per_minute=self.fare_per_minute,
                minimum=self.fare_minimum,
            ),
        )
