"""Every setting of the gateway."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from chassis.database import DatabaseSettings
from chassis.response_cache import ResponseCacheSettings
from chassis.security import SecuritySettings
from chassis.settings import Secret, SettingsError, setting
from chassis.telemetry import TelemetrySettings
from chassis.warmup import WarmupSettings
from services.gateway.costs import CostSettings
from services.gateway.limits import LimitSettings
from services.gateway.media.settings import MediaSettings

# What HMAC-SHA-256 wants: a shorter secret is guessed sooner than its signature.
_LEAST_JWT_SECRET = 32


@dataclass(frozen=True, kw_only=True)
class GatewaySettings(
    CostSettings,
    DatabaseSettings,
    LimitSettings,
    MediaSettings,
    ResponseCacheSettings,
    SecuritySettings,
    TelemetrySettings,
    WarmupSettings,
):
    """Read once at start; see .env.example for each."""

    environment: str = setting(
        "HAILWIRE_ENV", default="production", choices=("production", "development"), help="development or production"
    )
    home: str = setting("HAILWIRE_HOME", default=".hailwire", help="folder for what this machine keeps (the spool)")
    http_host: str = setting("GATEWAY_HTTP_HOST", default="127.0.0.1", help="address of the webhooks and the REST API")
    http_port: int = setting("GATEWAY_HTTP_PORT", default=8080, minimum=0, maximum=65535, help="their port")
    grpc_host: str = setting("GATEWAY_GRPC_HOST", default="127.0.0.1", help="address of the gRPC server")
    grpc_port: int = setting("GATEWAY_GRPC_PORT", default=50050, minimum=0, maximum=65535, help="its port")
    prometheus_host: str = setting("GATEWAY_PROMETHEUS_HOST", default="127.0.0.1", help="address of the metrics page")
    prometheus_port: int = setting("GATEWAY_PROMETHEUS_PORT", default=9464, minimum=0, maximum=65535, help="its port")

    profile_target: str = setting("PROFILE_TARGET", default="127.0.0.1:50051", help="the profile service")
    trips_target: str = setting("TRIPS_TARGET", default="127.0.0.1:50052", help="the trips service")
    public_base_url: str = setting(
        "PUBLIC_BASE_URL", default="", help="the address that providers call, as they were told; Twilio signs over it"
    )

    wa_verify_token: Secret = setting(
        "WA_VERIFY_TOKEN", development="dev-verify-token", help="the handshake's token, chosen by you"
    )
    wa_app_secret: Secret = setting(
        "WA_APP_SECRET", development="dev-app-secret", help="the Meta app's secret, which signs webhooks"
    )
    wa_app_secret_previous: Secret = setting(
        "WA_APP_SECRET_PREVIOUS", default="", help="the secret before, accepted too while it is being rotated"
    )
    wa_access_token: Secret = setting(
        "WA_ACCESS_TOKEN", development="dev-access-token", help="the Graph API's bearer token"
    )
    wa_phone_number_id: str = setting(
        "WA_PHONE_NUMBER_ID", development="106540352242922", help="the id of the WhatsApp business number"
    )
    wa_other_phone_number_ids: str = setting(
        "WA_OTHER_PHONE_NUMBER_IDS",
        default="",
        help="more ids, with commas, whose messages are answered from that number; others only kept",
    )
    wa_chat_number: str = setting(
        "WA_CHAT_NUMBER",
        default="",
        help="the WhatsApp business number, E.164, for links that open a chat with us; empty: invitations show none",
    )
    wa_graph_url: str = setting(
        "WA_GRAPH_URL", default="https://graph.facebook.com/v25.0", help="the Graph API with its version"
    )
    twilio_account_sid: str = setting("TWILIO_ACCOUNT_SID", development="AC" + "0" * 32, help="the Twilio account")
    twilio_auth_token: Secret = setting(
        "TWILIO_AUTH_TOKEN", development="dev-auth-token", help="its token, which signs webhooks"
    )
    twilio_phone_number: str = setting(
        "TWILIO_PHONE_NUMBER", development="+15550783881", help="the number that SMS come from, E.164"
    )
    twilio_messaging_service_sid: str = setting(
        "TWILIO_MESSAGING_SERVICE_SID", default="", help="send through this service instead of the number"
    )
    twilio_api_url: str = setting("TWILIO_API_URL", default="https://api.twilio.com", help="Twilio's REST API")
    twilio_reconcile_seconds: float = setting(
        "TWILIO_RECONCILE_SECONDS",
        default=60.0,
        minimum=0,
        help="how often Twilio's list is searched for messages that no webhook brought; 0: never",
    )

    jwt_secret: Secret = setting(
        "JWT_SECRET",
        default="",
        development="dev-jwt-secret-for-this-machine-only",
        help="signs tokens of the REST API (HS256), 32 characters or more; not looked at with JWT_JWKS_URL",
    )
    jwt_jwks_url: str = setting(
        "JWT_JWKS_URL",
        default="",
        help="where an identity provider lists the keys that sign tokens (RS256, ES256), instead of JWT_SECRET; wants "
        "JWT_ISSUER and JWT_AUDIENCE",
    )
    jwt_issuer: str | None = setting("JWT_ISSUER", default=None, help="the issuer that tokens must name, if any")
    jwt_audience: str | None = setting("JWT_AUDIENCE", default=None, help="the audience that tokens must name, if any")

    cache_ttl_ms: int = setting(
        "CACHE_TTL_PROFILE", default=300_000, minimum=0, help="how long a person is answered from memory, in ms"
    )
    lease_seconds: float = setting(
        "GATEWAY_LEASE_SECONDS", default=6.0, minimum=1, maximum=120, help="silence after which an instance is dead"
    )
    max_turns: int = setting(
        "GATEWAY_MAX_TURNS",
        default=128,
        minimum=0,
        maximum=2000,
        help="conversations worked on at a time; 0: only store",
    )
    max_sends: int = setting(
        "GATEWAY_MAX_SENDS", default=128, minimum=1, maximum=2000, help="recipients written to at a time"
    )
    max_attempts: int = setting(
        "GATEWAY_MAX_ATTEMPTS", default=3, minimum=1, maximum=20, help="tries before a message is a dead letter"
    )
    max_waiting: int = setting(
        "GATEWAY_MAX_WAITING", default=2000, minimum=1, help="webhooks waiting to be stored before 503 is answered"
    )
    dedup_window_seconds: float = setting(
        "GATEWAY_DEDUP_WINDOW_SECONDS",
        default=30.0,
        minimum=0,
        maximum=600,
        help="how long copies of a stored webhook are answered from memory; 0: the database is always asked",
    )
    ask_destination: bool = setting(
        "ASK_DESTINATION",
        default=False,
        help="whether passengers are asked where they want to go, which gives them an estimate of the fare",
    )
    insurance_required: bool = setting(
        "INSURANCE_REQUIRED",
        default=False,
        help="whether drivers go online only with an approved certificate of insurance that has not expired",
    )
    time_zone: ZoneInfo = setting(
        "SERVICE_TIME_ZONE",
        default=ZoneInfo("Africa/Kigali"),
        help="whose clocks people in the service area live by, the same for every service",
    )
    stale_after_seconds: float = setting(
        "GATEWAY_STALE_AFTER_SECONDS",
        default=600.0,
        minimum=1,
        help="age after which a message no longer books, accepts or moves a trip; its sender is told",
    )
    wait_note_seconds: float = setting(
        "GATEWAY_WAIT_NOTE_SECONDS",
        default=10.0,
        minimum=0,
        maximum=3600,
        help="wait for a service after which people are told that their message is safe; 0: they are not",
    )
    inbox_days: int = setting("GATEWAY_INBOX_DAYS", default=3, minimum=1, help="days that raw messages are kept")
    key_days: int = setting(
        "GATEWAY_KEY_DAYS", default=9, minimum=8, help="days that message ids are remembered; Meta retries for 7"
    )
    outbox_days: int = setting("GATEWAY_OUTBOX_DAYS", default=9, minimum=8, help="days that settled replies are kept")
    dead_letter_days: int = setting(
        "GATEWAY_DEAD_LETTER_DAYS", default=30, minimum=1, maximum=38, help="days that dead letters are kept"
    )
    state_days: int = setting(
        "GATEWAY_STATE_DAYS",
        default=30,
        minimum=1,
        help="days of silence after which it is forgotten where a conversation was",
    )
    erasure_seconds: float = setting(
        "GATEWAY_ERASURE_SECONDS",
        default=60.0,
        minimum=1,
        maximum=3600,
        help="how long an erasure looks for what was under way when it began; longer than a turn and a lease",
    )
    sending_stopped: bool = setting(
        "GATEWAY_SENDING_STOPPED", default=False, help="the stop switch: replies wait in the outbox while true"
    )

    def __post_init__(self) -> None:
        """Raise SettingsError for what one setting alone does not show."""
        problems = []
        if not self.jwt_jwks_url and len(self.jwt_secret.reveal()) < _LEAST_JWT_SECRET:
            what = "is too short" if self.jwt_secret else "is missing"
            problems.append(f"JWT_SECRET: {what} (it signs tokens of the REST API, {_LEAST_JWT_SECRET} characters)")
        if self.jwt_jwks_url:
            # Whose keys also sign for others: without both, anybody's token would be good here.
            pairs = (("JWT_ISSUER", self.jwt_issuer), ("JWT_AUDIENCE", self.jwt_audience))
            problems += [f"{name}: is missing (JWT_JWKS_URL wants it)" for name, value in pairs if not value]
            if not self.jwt_jwks_url.startswith("https://") and not self.development:
                problems.append("JWT_JWKS_URL: must begin with https://")
        if problems:
            raise SettingsError(problems)

    @property
    def development(self) -> bool:
        """Whether public development values and reflection are allowed."""
        return self.environment == "development"

    @property
    def answered_numbers(self) -> frozenset[str]:
        """The ids of the business numbers whose messages are answered."""
        listed = {one.strip() for one in self.wa_other_phone_number_ids.split(",")}
        # Meta's documented samples come from this one; whoever tries them out wants to see an answer.
        samples = {"1234567890"} if self.development else set()
        return frozenset({self.wa_phone_number_id, *listed, *samples} - {""})

    @property
    def base_url(self) -> str:
        """What providers were told, without a slash at its end."""
        return (self.public_base_url or f"http://127.0.0.1:{self.http_port}").rstrip("/")
