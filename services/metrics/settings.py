"""Every setting of the metrics service."""

from dataclasses import dataclass

from chassis.response_cache import ResponseCacheSettings
from chassis.security import SecuritySettings
from chassis.settings import Secret, SettingsError, setting
from chassis.telemetry import TelemetrySettings
from services.metrics.targets import Target, TargetProblem, parse


@dataclass(frozen=True, kw_only=True)
class MetricsSettings(ResponseCacheSettings, SecuritySettings, TelemetrySettings):
    """Read once at start; see .env.example for each."""

    environment: str = setting(
        "HAILWIRE_ENV", default="production", choices=("production", "development"), help="development or production"
    )
    http_host: str = setting(
        "METRICS_HTTP_HOST", default="127.0.0.1", help="address of the live page and the performance API"
    )
    http_port: int = setting("METRICS_HTTP_PORT", default=8090, minimum=0, maximum=65535, help="their port")
    grpc_host: str = setting("METRICS_GRPC_HOST", default="127.0.0.1", help="address of the gRPC server")
    grpc_port: int = setting("METRICS_GRPC_PORT", default=50053, minimum=0, maximum=65535, help="its port")
    prometheus_host: str = setting(
        "METRICS_PROMETHEUS_HOST", default="127.0.0.1", help="address of the service's own metrics page"
    )
    prometheus_port: int = setting("METRICS_PROMETHEUS_PORT", default=9467, minimum=0, maximum=65535, help="its port")
    targets_text: str = setting(
        "METRICS_TARGETS",
        default="gateway=127.0.0.1:50050,profile=127.0.0.1:50051,trips=127.0.0.1:50052,metrics=127.0.0.1:50053",
        help="the gRPC ports to ask: service=host:port, several replicas with | between them, or service=dns:///name:port"
        " for every address of a name",
    )
    interval_seconds: float = setting(
        "METRICS_INTERVAL_SECONDS",
        default=5.0,
        minimum=0.5,
        maximum=60,
        help="between readings while nobody looks; who looks is answered with fresh ones",
    )
    resolve_seconds: float = setting(
        "METRICS_RESOLVE_SECONDS", default=5.0, minimum=0.1, maximum=600, help="between looks for new addresses"
    )
    admin_token: Secret = setting(
        "ADMIN_TOKEN", development="dev-admin-token", help="the bearer token of whoever may reset or administer"
    )

    @property
    def targets(self) -> tuple[Target, ...]:
        """Whom to ask; raises SettingsError."""
        try:
            return parse(self.targets_text)
        except TargetProblem as problem:
            raise SettingsError([f"METRICS_TARGETS: {problem}"]) from None
