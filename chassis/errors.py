"""One hierarchy of typed errors, and the one table that says what each is in gRPC and HTTP.

A service raises what happened (`TripTaken`); the server interceptor or a batch servicer turns it into a google.rpc
status whose ErrorInfo carries the reason and metadata; the client side turns that back into an error of the same kind
and reason. Nobody parses messages, and no exception text crosses the wire unless it was written for it here.
"""

from collections.abc import Mapping
from enum import Enum

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "hailwire"


class Kind(Enum):
    """What sort of failure it is: (gRPC code, HTTP status)."""

    INVALID_ARGUMENT = (grpc.StatusCode.INVALID_ARGUMENT, 400)
    NOT_FOUND = (grpc.StatusCode.NOT_FOUND, 404)
    ALREADY_EXISTS = (grpc.StatusCode.ALREADY_EXISTS, 409)
    REFUSED = (grpc.StatusCode.FAILED_PRECONDITION, 409)
    UNAUTHENTICATED = (grpc.StatusCode.UNAUTHENTICATED, 401)
    PERMISSION_DENIED = (grpc.StatusCode.PERMISSION_DENIED, 403)
    CONFLICT = (grpc.StatusCode.ABORTED, 409)
    OVERLOADED = (grpc.StatusCode.RESOURCE_EXHAUSTED, 503)
    UNAVAILABLE = (grpc.StatusCode.UNAVAILABLE, 503)
    DEADLINE_EXCEEDED = (grpc.StatusCode.DEADLINE_EXCEEDED, 504)
    INTERNAL = (grpc.StatusCode.INTERNAL, 500)

    @property
    def grpc_code(self) -> grpc.StatusCode:
        """The status code of a call that fails so."""
        return self.value[0]

    @property
    def http_status(self) -> int:
        """The status of a request that fails so."""
        return self.value[1]


_KIND_BY_CODE = {kind.grpc_code.value[0]: kind for kind in Kind}


class HailwireError(Exception):
    """Something that went wrong and has a name; `reason` is stable, `metadata` small and free of personal data."""

    kind: Kind = Kind.INTERNAL
    reason: str = "INTERNAL"

    def __init__(
        self, message: str = "", *, reason: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> None:
        if reason is not None:
            self.reason = reason
        self.metadata = dict(metadata or {})
        self.message = message or self.reason.replace("_", " ").lower()
        super().__init__(self.message)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(reason={self.reason!r}, message={self.message!r}, metadata={self.metadata!r})"


class InvalidArgument(HailwireError):
    """The request itself is wrong; repeating it is no use."""

    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"


class NotFound(HailwireError):
    """There is no such thing."""

    kind = Kind.NOT_FOUND
    reason = "NOT_FOUND"


class AlreadyExists(HailwireError):
    """There is such a thing already."""

    kind = Kind.ALREADY_EXISTS
    reason = "ALREADY_EXISTS"


class Refused(HailwireError):
    """The request is fine, the state of the world forbids it."""

    kind = Kind.REFUSED
    reason = "REFUSED"


class Unauthenticated(HailwireError):
    """We do not know who asks."""

    kind = Kind.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"


class PermissionDenied(HailwireError):
    """We know who asks, and they may not."""

    kind = Kind.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class Conflict(HailwireError):
    """Somebody else was at it; the same request may succeed when repeated."""

    kind = Kind.CONFLICT
    reason = "CONFLICT"


class Overloaded(HailwireError):
    """More is asked than there is room for; repeat later."""

    kind = Kind.OVERLOADED
    reason = "OVERLOADED"


class Unavailable(HailwireError):
    """A dependency cannot be reached; repeat later."""

    kind = Kind.UNAVAILABLE
    reason = "UNAVAILABLE"


class PortInUse(Unavailable):
    """Something else listens where we should."""

    reason = "PORT_IN_USE"


class DeadlineExceeded(HailwireError):
    """The time was over; whether it took effect is unknown until the same request id is repeated."""

    kind = Kind.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"


class Internal(HailwireError):
    """Our own fault."""

    kind = Kind.INTERNAL
    reason = "INTERNAL"


CLASSES: dict[Kind, type[HailwireError]] = {
    cls.kind: cls
    for cls in (
        InvalidArgument,
        NotFound,
        AlreadyExists,
        Refused,
        Unauthenticated,
        PermissionDenied,
        Conflict,
        Overloaded,
        Unavailable,
        DeadlineExceeded,
        Internal,
    )
}


def is_transient(error: BaseException) -> bool:
    """Whether the same request may well succeed later and nothing is known to be wrong with it."""
    return isinstance(error, Unavailable | DeadlineExceeded | Conflict | Overloaded)


def to_status(error: BaseException) -> status_pb2.Status:
    """The google.rpc.Status of an error; strangers become a bare INTERNAL without their text."""
    if not isinstance(error, HailwireError):
        error = Internal("internal error")
    code: int = error.kind.grpc_code.value[0]
    status = status_pb2.Status(code=code, message=error.message)
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata))
    status.details.append(detail)
    return status


def from_status(status: status_pb2.Status) -> HailwireError:
    """The error that a google.rpc.Status stands for, of the same kind and reason as it was raised with."""
    kind = _KIND_BY_CODE.get(status.code, Kind.INTERNAL)
    cls = CLASSES[kind]
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            return cls(status.message, reason=info.reason, metadata=dict(info.metadata))
    return cls(status.message)
