"""What a load test is told: how hard, how long, and which mesh. Each LOAD_TEST_* is an option of the command, too."""

from dataclasses import dataclass

from chassis.settings import Secret, setting


@dataclass(frozen=True)
class Profile:
    """A rate of messages and of further statuses a second, and for how many seconds."""

    rate: float
    duration: float
    status_rate: float = 0.0


# "meta" is what Meta asks of whoever receives webhooks for a thousand messages a second: their statuses, and replies.
PROFILES = {"usual": Profile(100, 60), "meta": Profile(300, 300, status_rate=3000)}


@dataclass(frozen=True, kw_only=True)
class LoadTestSettings:
    """How the load is made and judged. What is None comes from the profile."""

    profile: str = setting(
        "LOAD_TEST_PROFILE",
        default="usual",
        choices=tuple(PROFILES),
        help="usual: 100 messages a second for a minute; meta: 300, and 3000 statuses, for five minutes",
    )
    rate: float | None = setting(
        "LOAD_TEST_RATE", default=None, minimum=0.1, maximum=10_000, help="messages a second, instead of the profile's"
    )
    duration: float | None = setting(
        "LOAD_TEST_DURATION",
        default=None,
        minimum=0.1,
        maximum=1200,  # later the drivers' places are too old for a ride
        help="seconds of load, instead of the profile's",
    )
    concurrency: int = setting(
        "LOAD_TEST_CONCURRENCY",
        default=100,
        minimum=1,
        maximum=5000,
        help="messages that come in the very same moment, every ten seconds",
    )
    delay: float | None = setting(
        "LOAD_TEST_DELAY",
        default=None,
        minimum=1,
        maximum=3_600_000,
        help="instead of a rate: milliseconds between two messages of each of LOAD_TEST_CONCURRENCY senders",
    )
    status_rate: float | None = setting(
        "LOAD_TEST_STATUS_RATE",
        default=None,
        minimum=0,
        maximum=50_000,
        help="delivery statuses a second beside those of the simulator, instead of the profile's",
    )
    status_batch: int = setting(
        "LOAD_TEST_STATUS_BATCH", default=1, minimum=1, maximum=1000, help="such statuses in one webhook"
    )
    duplicates: float = setting(
        "LOAD_TEST_DUPLICATES",
        default=0.02,
        minimum=0,
        maximum=1,
        help="share of the messages that are delivered a second time within two seconds",
    )
    warm_up: float = setting(
        "LOAD_TEST_WARM_UP", default=3.0, minimum=0, maximum=60, help="seconds of load before anything is counted"
    )
    drain: float = setting(
        "LOAD_TEST_DRAIN", default=30.0, minimum=0, maximum=600, help="seconds after the load to wait for answers"
    )
    timeout: float = setting(
        "LOAD_TEST_TIMEOUT", default=15.0, minimum=0.1, maximum=60, help="seconds that a webhook's answer may take"
    )
    max_lag: float = setting(
        "LOAD_TEST_MAX_LAG",
        default=100.0,
        minimum=0.1,
        maximum=10_000,
        help="milliseconds by which the generator may itself be late (99 of 100 messages; the latest: ten times that)",
    )
    seed: int = setting("LOAD_TEST_SEED", default=1, minimum=0, help="who writes what and when; the same plan again")
    output: str = setting(
        "LOAD_TEST_OUTPUT",
        default="coverage/load-test-results.json",
        help="where the results go; relative to the checkout",
    )


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who the business is to its providers: what signs their webhooks."""

    app_secret: Secret = setting("WA_APP_SECRET", development="dev-app-secret", help="signs Meta's webhooks")
    auth_token: Secret = setting("TWILIO_AUTH_TOKEN", development="dev-auth-token", help="signs Twilio's webhooks")
    admin_token: Secret = setting("ADMIN_TOKEN", development="dev-admin-token", help="resets the numbers before a run")
    phone_number_id: str = setting(
        "WA_PHONE_NUMBER_ID", default="106540352242922", help="id of the business number on WhatsApp"
    )
    account_sid: str = setting("TWILIO_ACCOUNT_SID", default="AC" + "0" * 32, help="the Twilio account")
    phone_number: str = setting(
        "TWILIO_PHONE_NUMBER", default="+15550783881", help="the business number, in E.164 form, on both providers"
    )


@dataclass(frozen=True, kw_only=True)
class MeshSettings:
    """Where a mesh that runs already is. Without a gateway the load test starts one of its own."""

    gateway_url: str = setting(
        "GATEWAY_URL", default="", help="the gateway of a mesh that runs already, for `hailwire loadtest`"
    )
    simulator_url: str = setting("SIMULATOR_URL", default="", help="the simulator that this mesh sends to")
    metrics_url: str = setting("METRICS_URL", default="", help="the metrics service of this mesh")
    public_base_url: str = setting("PUBLIC_BASE_URL", default="", help="the gateway's address as Twilio signs it")
    profile_target: str = setting("PROFILE_TARGET", default="127.0.0.1:50051", help="the profile service")
    trips_target: str = setting("TRIPS_TARGET", default="127.0.0.1:50052", help="the trips service")
