"""What the simulator reads from the environment."""

from dataclasses import dataclass

from chassis.settings import Secret, SettingsError, setting
from simulator.misbehaviour import Misbehaviour, parse


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    """Where it listens, where the gateway is, the credentials both share, and how much it keeps."""

    http_port: int = setting(
        "SIMULATOR_HTTP_PORT", default=8070, minimum=0, maximum=65535, help="port of the pretended providers and phones"
    )
    http_host: str = setting("SIMULATOR_HTTP_HOST", default="127.0.0.1", help="address the simulator listens on")
    gateway_http_port: int = setting(
        "GATEWAY_HTTP_PORT", default=8080, minimum=0, maximum=65535, help="where webhooks go when no URL is set"
    )
    public_base_url: str | None = setting(
        "PUBLIC_BASE_URL", default=None, help="the gateway's address as the providers know it; Twilio signs over it"
    )
    gateway_urls: str | None = setting(
        "SIMULATOR_GATEWAY_URL",
        default=None,
        help="where webhooks really go, several replicas separated by commas (unset: PUBLIC_BASE_URL)",
    )
    app_secret: Secret = setting("WA_APP_SECRET", development="dev-app-secret", help="signs what Meta posts")
    access_token: Secret = setting(
        "WA_ACCESS_TOKEN", development="dev-access-token", help="what the Graph API asks for"
    )
    phone_number_id: str = setting(
        "WA_PHONE_NUMBER_ID", default="106540352242922", help="id of the business number on WhatsApp"
    )
    account_sid: str = setting("TWILIO_ACCOUNT_SID", default="AC" + "0" * 32, help="the Twilio account")
    twilio_api_url: str | None = setting(
        "TWILIO_API_URL", default=None, help="the simulator's address in the media links that Twilio posts"
    )
    auth_token: Secret = setting(
        "TWILIO_AUTH_TOKEN", development="dev-auth-token", help="opens Twilio's REST API and signs what Twilio posts"
    )
    phone_number: str = setting(
        "TWILIO_PHONE_NUMBER", default="+15550783881", help="the business number, in E.164 form, on both providers"
    )
    messaging_service_sid: str | None = setting(
        "TWILIO_MESSAGING_SERVICE_SID", default=None, help="the messaging service that holds the business number"
    )
    statuses: bool = setting("SIMULATOR_STATUSES", default=True, help="whether delivery statuses are posted back")
    status_delay_ms: int = setting(
        "SIMULATOR_STATUS_DELAY_MS", default=50, minimum=0, help="milliseconds between acceptance, sent and delivered"
    )
    status_batch: int = setting(
        "SIMULATOR_STATUS_BATCH", default=50, minimum=1, maximum=1000, help="statuses that Meta puts into one post"
    )
    status_workers: int = setting(
        "SIMULATOR_STATUS_WORKERS", default=4, minimum=1, help="posts of statuses in flight, for each provider"
    )
    queue_max: int = setting(
        "SIMULATOR_QUEUE_MAX", default=100_000, minimum=1, help="statuses and retries waiting before some are dropped"
    )
    outbox_max: int = setting(
        "SIMULATOR_OUTBOX_MAX", default=200_000, minimum=1, help="accepted sends that are remembered"
    )
    outbox_mb: int = setting(
        "SIMULATOR_OUTBOX_MB", default=256, minimum=1, help="megabytes of accepted sends that are remembered"
    )
    throughput: int = setting(
        "SIMULATOR_THROUGHPUT",
        default=80,
        minimum=0,
        help="WhatsApp's messages a second in both directions before 130429; 0 switches it off",
    )
    pair_burst: int = setting(
        "SIMULATOR_PAIR_BURST", default=45, minimum=0, help="burst of WhatsApp's limit per recipient; 0 switches it off"
    )
    retry_seconds: float = setting(
        "SIMULATOR_RETRY_SECONDS",
        default=600.0,
        minimum=0,
        help="how long Meta keeps retrying a webhook (truly 7 days)",
    )
    twilio_retry_seconds: float = setting(
        "SIMULATOR_TWILIO_RETRY_SECONDS",
        default=15.0,
        minimum=0,
        help="how long Twilio keeps retrying a webhook (truly 15 s and at most five times; longer is without counting)",
    )
    twilio_overrides: str = setting(
        "SIMULATOR_TWILIO_OVERRIDES",
        default="rc=5&rp=all",
        help="connection overrides behind the # of the webhook's URL in Twilio's console (usually rc=1&rp=ct)",
    )
    retry_scale: float = setting(
        "SIMULATOR_RETRY_SCALE",
        default=1.0,
        minimum=0.01,
        maximum=100,
        help="what the waits between retries of webhooks are multiplied by",
    )
    seed: int = setting("SIMULATOR_SEED", default=0, minimum=0, help="decides together with SIMULATOR_MISBEHAVE")
    misbehave: str | None = setting(
        "SIMULATOR_MISBEHAVE",
        default=None,
        help="misbehaviour by chance: all, or kind=probability separated by commas (see docs/simulator.md)",
    )
    state: str | None = setting(
        "SIMULATOR_STATE",
        default=None,
        help="file that keeps what a provider would not forget (unset: nothing is kept)",
    )
    webhook_timeout_seconds: float = setting(
        "SIMULATOR_WEBHOOK_TIMEOUT_SECONDS", default=15.0, minimum=0.1, help="how long a provider waits for an answer"
    )

    @property
    def misbehaviour(self) -> Misbehaviour:
        """The seeded profile; raises SettingsError."""
        try:
            return parse(self.misbehave or "", self.seed)
        except ValueError as error:
            raise SettingsError([f"SIMULATOR_MISBEHAVE: {error}"]) from error

    @property
    def public_url(self) -> str:
        """The gateway's address as the providers know it, without a slash at the end."""
        return (self.public_base_url or f"http://127.0.0.1:{self.gateway_http_port}").rstrip("/")

    @property
    def gateways(self) -> tuple[str, ...]:
        """The addresses that webhooks are really posted to, in turn."""
        given = [url.strip().rstrip("/") for url in (self.gateway_urls or "").split(",") if url.strip()]
        return tuple(given) or (self.public_url,)

    @property
    def country_code(self) -> str:
        """The country calling code that Meta puts in front of a recipient without a plus sign."""
        import phonenumbers  # heavy, and needed once

        return str(phonenumbers.parse(self.phone_number).country_code)
