"""Who may call a gRPC port and over what: TLS from files, and a list of callers that each have a token.

Both are off unless configured: inside a cluster a network policy may be enough, and a service mesh may bring its own
TLS. Health stays open to everybody, because the prober of an orchestrator has no token, and so does reflection, which
only development serves.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc

from chassis import errors
from chassis.settings import Secret, SettingsError, setting

_OPEN = ("/grpc.health.v1.Health/", "/grpc.reflection.v1alpha.ServerReflection/")
_SCHEME = "Bearer "
_NAME = re.compile(r"[a-z][a-z0-9._-]*")
# Whoever can reach the port may guess as often as they like.
_LEAST_TOKEN = 16


class CallerUnknown(errors.Unauthenticated):
    """No token of the list came with the call; which one was meant is nobody's business."""

    reason = "CALLER_UNKNOWN"


@dataclass(frozen=True, kw_only=True)
class SecuritySettings:
    """Every service is served and calls the others with the same four."""

    grpc_allowed_callers: Secret = setting(
        "GRPC_ALLOWED_CALLERS",
        default="",
        help="who may call this service: name:token, several with commas between; a name may come twice while its token"
        " changes; empty: whoever reaches the port",
    )
    grpc_caller_token: Secret = setting(
        "GRPC_CALLER_TOKEN", default="", help="the token with which this service calls the others"
    )
    grpc_tls_certificate_file: str = setting(
        "GRPC_TLS_CERTIFICATE_FILE", default="", help="certificate chain of the gRPC server (PEM); empty: without TLS"
    )
    grpc_tls_key_file: str = setting("GRPC_TLS_KEY_FILE", default="", help="its private key (PEM)")
    grpc_tls_ca_file: str = setting(
        "GRPC_TLS_CA_FILE",
        default="",
        help="authorities that sign the services' certificates (PEM); set: other services are called with TLS",
    )

    def server_credentials(self) -> grpc.ServerCredentials | None:
        """What to serve with; None without TLS. Raises SettingsError."""
        if not self.grpc_tls_certificate_file and not self.grpc_tls_key_file:
            return None
        certificate = _read("GRPC_TLS_CERTIFICATE_FILE", self.grpc_tls_certificate_file)
        key = _read("GRPC_TLS_KEY_FILE", self.grpc_tls_key_file)
        return grpc.ssl_server_credentials([(key, certificate)])

    def channel_credentials(self) -> grpc.ChannelCredentials | None:
        """What to call with; None without TLS. Raises SettingsError."""
        if not self.grpc_tls_ca_file:
            return None
        return grpc.ssl_channel_credentials(_read("GRPC_TLS_CA_FILE", self.grpc_tls_ca_file))

    def allowed_callers(self) -> Mapping[bytes, str]:
        """The names by the hash of their tokens; raises SettingsError, which tells the place and never a token."""
        callers: dict[bytes, str] = {}
        problems = []
        parts = [part.strip() for part in self.grpc_allowed_callers.reveal().split(",")]
        for place, part in enumerate(filter(None, parts), start=1):
            name, colon, token = part.partition(":")
            if not colon or not _NAME.fullmatch(name):  # what has no colon may be a token
                problems.append(f"GRPC_ALLOWED_CALLERS: entry {place} must be name:token")
            elif len(token) < _LEAST_TOKEN:
                problems.append(f"GRPC_ALLOWED_CALLERS: the token of {name} needs {_LEAST_TOKEN} characters")
            else:
                callers[_hashed(token)] = name
        if problems:
            raise SettingsError(problems)
        return callers


class AllowedCallers(grpc.aio.ServerInterceptor):
    """Lets only callers of the list pass; put it inside the one that turns errors into statuses."""

    def __init__(self, callers: Mapping[bytes, str]) -> None:
        self._callers = callers

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Called by grpc for each call."""
        handler = await continuation(handler_call_details)
        open_to_all = handler_call_details.method.startswith(_OPEN)
        if handler is None or open_to_all or self._knows(handler_call_details.invocation_metadata):
            return handler
        return grpc.unary_unary_rpc_method_handler(
            _refuse, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )

    def _knows(self, metadata: Any) -> bool:
        told = next((value for key, value in metadata if key == "authorization"), "")
        if not isinstance(told, str) or not told.startswith(_SCHEME):
            return False
        # Hashes are looked up, so that the time it takes says nothing about a token.
        return _hashed(told.removeprefix(_SCHEME)) in self._callers


async def _refuse(_request: Any, _context: Any) -> Any:
    raise CallerUnknown("the caller is not known")


def _hashed(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


def _read(name: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SettingsError([f"{name}: {path or 'an empty path'} cannot be read ({error.strerror})"]) from None
