"""gRPC channels to other services: balanced per call over every address of a name, retried by service config."""

import contextlib
import json
from collections.abc import AsyncIterator

import grpc

from chassis.interceptors import ClientInterceptor
from chassis.telemetry import Telemetry

# A retry is safe for every method: reads change nothing and changes carry a request_id. Only UNAVAILABLE is retried,
# which says that the server did not answer; four attempts take at most about a second before the caller decides.
_SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 3,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}

OPTIONS: list[tuple[str, int | str]] = [
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    ("grpc.enable_retries", 1),
    # Come back quickly from a restarted peer; the default backs off to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Notice a peer that vanished without closing (a cut network, a paused process).
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # Batches of 1000 items with offers in them.
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # One connection per channel, not one shared by every channel of the process to the same address.
    ("grpc.use_local_subchannel_pool", 1),
]


@contextlib.asynccontextmanager
async def open_channel(target: str, telemetry: Telemetry) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to "host:port", "dns:///name:port" or "ipv4:a:p,b:p" (several replicas)."""
    channel = grpc.aio.insecure_channel(target, options=OPTIONS, interceptors=[ClientInterceptor(telemetry)])
    try:
        yield channel
    finally:
        await channel.close(grace=1)
