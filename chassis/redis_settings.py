"""Where Redis is, if there is one, and how much of it a process takes."""

from dataclasses import dataclass

from chassis.settings import setting


@dataclass(frozen=True, kw_only=True)
class RedisSettings:
    """For services that share copies of what they have read (chassis/caching/second_level.py)."""

    redis_url: str = setting(
        "REDIS_URL",
        default="",
        help="redis:// or rediss://user:password@host:port/number, shared by the replicas of a service; empty: none",
    )
    redis_pool_min: int = setting(
        "REDIS_POOL_MIN", default=2, minimum=0, maximum=100, help="connections to Redis that a service keeps open"
    )
    redis_pool_max: int = setting(
        "REDIS_POOL_MAX", default=10, minimum=1, maximum=100, help="connections to Redis that a service opens at most"
    )
    redis_pool_idle_ms: int = setting(
        "REDIS_POOL_IDLE_TIMEOUT",
        default=30_000,
        minimum=10,
        help="how long a connection to Redis that nobody uses stays open, in ms",
    )
    redis_acquire_ms: int = setting(
        "REDIS_ACQUIRE_TIMEOUT", default=5000, minimum=1, help="how long to wait for a free connection to Redis, in ms"
    )
    redis_timeout_ms: int = setting(
        "REDIS_TIMEOUT",
        default=10,
        minimum=1,
        maximum=10_000,
        help="how long Redis may take for a question, in ms, before the database is asked instead",
    )
    redis_ttl_ms: int = setting(
        "REDIS_TTL",
        default=300_000,
        minimum=1000,
        help="how long Redis keeps a copy at most, in ms; no longer than memory would",
    )
