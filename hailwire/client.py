"""Channels to the Hailwire services for internal clients: balanced, retried, with a deadline on every call but streams.

    async with hailwire.client.open_channel("dns:///profile:50051") as channel:
        people = profile_pb2_grpc.ProfileServiceStub(channel)
        answer = await people.BatchGetPeople(profile_pb2.BatchGetPeopleRequest(person_ids=[7]), timeout=1)

Needs grpcio, protobuf and googleapis-common-protos only. Retries are safe: reads change nothing, and changes carry a
request_id, so that a repeat finds the first outcome.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import grpc

# For calls whose caller named no timeout.
DEFAULT_SECONDS = 5.0

# Retried is only what says that the server did not answer: UNAVAILABLE, and CANCELLED, which a server sends that is
# stopped in the middle of a call (our own cancelling never comes back as a status). Four attempts take at most about a
# second before the caller decides.
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
                "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
            },
        }
    ],
}

OPTIONS: tuple[tuple[str, int | str], ...] = (
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    ("grpc.enable_retries", 1),
    # Come back quickly from a restarted peer; the default backs off to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Notice a peer that vanished without closing (a cut network, a paused process), and send its calls elsewhere before
    # a caller has tried in vain for a third time. Servers take offence at pings that come faster than every 5 s.
    ("grpc.keepalive_time_ms", 6_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # The same for grpc's own pings: while one of them is under way no other is sent, and by default it has a minute.
    ("grpc.http2.ping_timeout_ms", 5_000),
    # Batches of 1000 items with offers in them.
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # A pool of connections for each channel: closing one channel never touches another's calls.
    ("grpc.use_local_subchannel_pool", 1),
)


class _Deadline(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc, type-arg, unused-ignore]
    """Gives every call without one a deadline: a call that may wait for ever is a call that will."""

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        if client_call_details.timeout is None:
            client_call_details = client_call_details._replace(timeout=DEFAULT_SECONDS)
        return await continuation(client_call_details, request)


class _Token(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc, type-arg, unused-ignore]
    """Tells with every call who we are. Not as call credentials of grpc's: those insist on TLS of our own."""

    def __init__(self, token: str) -> None:
        self._told = ("authorization", f"Bearer {token}")

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()), self._told)
        return await continuation(client_call_details._replace(metadata=metadata), request)


class _StreamToken(grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc, type-arg, unused-ignore]
    """The same for calls that are answered by a stream: grpc knows an interceptor by one kind of call only."""

    def __init__(self, token: str) -> None:
        self._told = ("authorization", f"Bearer {token}")

    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()), self._told)
        return await continuation(client_call_details._replace(metadata=metadata), request)


def channel(
    target: str,
    *,
    credentials: grpc.ChannelCredentials | None = None,
    server_name: str = "",
    token: str = "",
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
    options: Iterable[tuple[str, int | str]] = OPTIONS,
) -> grpc.aio.Channel:
    """A channel that its caller closes; see `open_channel`.

    `server_name`: whose certificate it has to be, when that is not the name in `target`.
    """
    chain = [_Deadline(), *([_Token(token), _StreamToken(token)] if token else []), *interceptors]
    if credentials is None:
        return grpc.aio.insecure_channel(target, options=tuple(options), interceptors=chain)
    named = [("grpc.ssl_target_name_override", server_name)] if server_name else []
    return grpc.aio.secure_channel(target, credentials, options=(*options, *named), interceptors=chain)


@contextlib.asynccontextmanager
async def open_channel(
    target: str,
    *,
    credentials: grpc.ChannelCredentials | None = None,
    server_name: str = "",
    token: str = "",
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
) -> AsyncIterator[grpc.aio.Channel]:
    """Open a channel to "host:port", "dns:///name:port" or "ipv4:a:p,b:p" (several replicas); TLS with `credentials`.

    Calls go round robin over every address; one that does not answer is tried again elsewhere. `token` is what the
    services' list of callers knows us by.
    """
    opened = channel(target, credentials=credentials, server_name=server_name, token=token, interceptors=interceptors)
    try:
        yield opened
    finally:
        await opened.close(grace=1)
