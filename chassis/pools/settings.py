"""How large pools grow and how long they keep what nobody uses."""

from dataclasses import dataclass

from chassis.settings import setting


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """The same for every pool of leased clients; a pool may have a setting of its own for its size."""

    pool_max_clients: int = setting(
        "POOL_MAX_CLIENTS",
        default=10,
        minimum=1,
        maximum=100,
        help="clients that a pool opens at most, where it has no setting of its own",
    )
    pool_idle_timeout_ms: int = setting(
        "POOL_IDLE_TIMEOUT",
        default=300_000,
        minimum=10,
        help="how long a client that nobody uses stays open, in ms",
    )
