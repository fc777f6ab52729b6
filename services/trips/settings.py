"""Every setting of the trips service."""

import datetime
from dataclasses import dataclass

from chassis.database import DatabaseSettings
from chassis.security import SecuritySettings
from chassis.settings import setting
from chassis.telemetry import TelemetrySettings
from chassis.warmup import WarmupSettings
from services.trips.terms import Terms


@dataclass(frozen=True, kw_only=True)
class TripsSettings(DatabaseSettings, SecuritySettings, TelemetrySettings, WarmupSettings):
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

    @property
    def terms(self) -> Terms:
        """The numbers that the rules depend on."""
        return Terms(
            radius_meters=self.search_radius_meters,
            location_fresh=datetime.timedelta(seconds=self.location_fresh_seconds),
            offer_lasts=datetime.timedelta(seconds=self.offer_ttl_seconds),
            request_lasts=datetime.timedelta(seconds=self.trip_request_ttl_seconds),
        )
