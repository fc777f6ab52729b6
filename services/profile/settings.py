"""Every setting of the profile service."""

from dataclasses import dataclass

from chassis.database import DatabaseSettings
from chassis.redis_settings import RedisSettings
from chassis.security import SecuritySettings
from chassis.settings import Secret, setting
from chassis.telemetry import TelemetrySettings
from chassis.warmup import WarmupSettings
from services.profile.insurance.settings import InsuranceSettings
from services.profile.referral.settings import ReferralSettings
from services.profile.wallet.settings import WalletSettings


@dataclass(frozen=True, kw_only=True)
class SealingSettings:
    """The keys of what is stored sealed."""

    number_keys: Secret = setting(
        "NUMBER_KEYS",
        development="dev:aGFpbHdpcmUgZGV2ZWxvcG1lbnQga2V5IG51bWJlcnM=",
        help="what numbers are encrypted with: id:key, the key 32 random bytes in base64; several with commas between, "
        "the first encrypts, all decrypt",
    )
    number_hash_key: Secret = setting(
        "NUMBER_HASH_KEY",
        development="aGFpbHdpcmUgZGV2ZWxvcG1lbnQga2V5IGhhc2hlcyE=",
        help="32 random bytes in base64 for the hashes that numbers are found by; never changes",
    )


@dataclass(frozen=True, kw_only=True)
class ProfileSettings(
    DatabaseSettings,
    InsuranceSettings,
    RedisSettings,
    ReferralSettings,
    SealingSettings,
    SecuritySettings,
    TelemetrySettings,
    WalletSettings,
    WarmupSettings,
):
    """Read once at start; see .env.example for each."""

    environment: str = setting(
        "HAILWIRE_ENV", default="production", choices=("production", "development"), help="development or production"
    )
    grpc_host: str = setting("PROFILE_GRPC_HOST", default="127.0.0.1", help="address of the gRPC server")
    grpc_port: int = setting("PROFILE_GRPC_PORT", default=50051, minimum=0, maximum=65535, help="its port")
    prometheus_host: str = setting("PROFILE_PROMETHEUS_HOST", default="127.0.0.1", help="address of the metrics page")
    prometheus_port: int = setting("PROFILE_PROMETHEUS_PORT", default=9465, minimum=0, maximum=65535, help="its port")
    cache_ttl_ms: int = setting(
        "CACHE_TTL_PROFILE", default=300_000, minimum=0, help="how long a person is answered from memory, in ms"
    )
    lookup_ttl_ms: int = setting(
        "CACHE_PHONE_LOOKUP_TTL",
        default=900_000,
        minimum=0,
        help="how long it is remembered whose a number or user id is, in ms",
    )
    verification_ttl_ms: int = setting(
        "CACHE_VERIFICATION_TTL",
        default=300_000,
        minimum=0,
        help="how long it is remembered which number a user has proved, in ms",
    )
    audit_days: int = setting(
        "PROFILE_AUDIT_DAYS", default=730, minimum=30, help="days that the audit log keeps who changed what"
    )
    enrichment_days: int = setting(
        "PROFILE_ENRICHMENT_DAYS",
        default=30,
        minimum=1,
        help="days that what was understood from messages is kept, decided or not",
    )
    languages: str = setting(
        "LANGUAGES", default="en,fr,rw,sw", help="languages that people may choose, with commas between"
    )

    @property
    def known_languages(self) -> frozenset[str]:
        """The languages one by one."""
        return frozenset(language.strip() for language in self.languages.split(",") if language.strip())
