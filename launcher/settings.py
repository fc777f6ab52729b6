"""What the `hailwire` command itself reads from the environment."""

from dataclasses import dataclass
from pathlib import Path

from chassis.settings import Secret, setting
from launcher import embedded
from launcher.environment import ROOT

SIMULATED_ACCOUNT = "AC" + "0" * 32


@dataclass(frozen=True, kw_only=True)
class HomeSettings:
    """Where the data of this machine is."""

    home: str = setting(
        "HAILWIRE_HOME", default=".hailwire", help="where `hailwire up` keeps its data; relative to the checkout"
    )
    database_url: str | None = setting(
        "DATABASE_URL", default=None, help="the PostgreSQL to use; unset: an embedded one in HAILWIRE_HOME"
    )
    database_direct_url: str | None = setting(
        "DATABASE_DIRECT_URL", default=None, help="the same database past any pooler, for LISTEN and migrations"
    )

    env_file: str = setting(
        "HAILWIRE_ENV_FILE", default=".env", help="settings that complete the environment; relative to the checkout"
    )

    @property
    def folder(self) -> Path:
        """HAILWIRE_HOME as an absolute path."""
        return ROOT / self.home

    def dsn(self) -> str | None:
        """The database for an operator's command: the one that is set, else that of a running `hailwire up`."""
        return self.database_direct_url or self.database_url or embedded.running_dsn(self.folder, "hailwire")


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """How the log looks."""

    log_format: str = setting(
        "LOG_FORMAT",
        default="auto",
        choices=("auto", "text", "json"),
        help="how the log looks; auto: text on a terminal (in colour unless NO_COLOR is set), JSON when it is piped",
    )


@dataclass(frozen=True, kw_only=True)
class UpSettings(HomeSettings, LogSettings):
    """The ports of a whole mesh on one machine; 0 takes a free one."""

    postgres_port: int = setting(
        "HAILWIRE_POSTGRES_PORT",
        default=0,
        minimum=0,
        maximum=65535,
        help="port of the embedded PostgreSQL; 0: a free one",
    )
    gateway_http_port: int = setting(
        "GATEWAY_HTTP_PORT", default=8080, minimum=0, maximum=65535, help="port of the webhooks and the REST API"
    )
    gateway_grpc_port: int = setting(
        "GATEWAY_GRPC_PORT", default=50050, minimum=0, maximum=65535, help="port of the gateway's gRPC services"
    )
    profile_grpc_port: int = setting(
        "PROFILE_GRPC_PORT", default=50051, minimum=0, maximum=65535, help="port of the profile service"
    )
    trips_grpc_port: int = setting(
        "TRIPS_GRPC_PORT", default=50052, minimum=0, maximum=65535, help="port of the trips service"
    )
    metrics_http_port: int = setting(
        "METRICS_HTTP_PORT", default=8090, minimum=0, maximum=65535, help="port of the live page and performance API"
    )
    metrics_grpc_port: int = setting(
        "METRICS_GRPC_PORT", default=50053, minimum=0, maximum=65535, help="port of the metrics service's gRPC server"
    )
    simulator_http_port: int = setting(
        "SIMULATOR_HTTP_PORT", default=8070, minimum=0, maximum=65535, help="port of the pretended providers and phones"
    )
    gateway_prometheus_port: int = setting(
        "GATEWAY_PROMETHEUS_PORT", default=9464, minimum=0, maximum=65535, help="port of the gateway's Prometheus page"
    )
    profile_prometheus_port: int = setting(
        "PROFILE_PROMETHEUS_PORT", default=9465, minimum=0, maximum=65535, help="port of profile's Prometheus page"
    )
    trips_prometheus_port: int = setting(
        "TRIPS_PROMETHEUS_PORT", default=9466, minimum=0, maximum=65535, help="port of trips' Prometheus page"
    )
    metrics_prometheus_port: int = setting(
        "METRICS_PROMETHEUS_PORT", default=9467, minimum=0, maximum=65535, help="port of metrics' own Prometheus page"
    )
    drain_seconds: float = setting(
        "HAILWIRE_DRAIN_SECONDS", default=20.0, minimum=0, help="how long each service may take to finish after Ctrl-C"
    )


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """The credentials that decide which provider is simulated."""

    access_token: Secret = setting("WA_ACCESS_TOKEN", default="", help="opens the Graph API")
    account_sid: str = setting("TWILIO_ACCOUNT_SID", default=SIMULATED_ACCOUNT, help="the Twilio account")
    auth_token: Secret = setting("TWILIO_AUTH_TOKEN", default="", help="opens Twilio's REST API")


@dataclass(frozen=True, kw_only=True)
class TokenSettings:
    """What the gateway will check a token against."""

    jwt_secret: Secret = setting(
        "JWT_SECRET", development="dev-jwt-secret-for-this-machine-only", help="signs tokens of the REST API (HS256)"
    )
    jwt_issuer: str | None = setting("JWT_ISSUER", default=None, help="the issuer that tokens must name, if any")
    jwt_audience: str | None = setting("JWT_AUDIENCE", default=None, help="the audience that tokens must name, if any")
