"""What happens around every RPC: deadline, trace, metrics and errors, on both sides.

The server side turns typed errors into a status with ErrorInfo and everything else into a fixed INTERNAL text: no
exception text crosses the wire. The client side sends trace context and a deadline that shrinks per hop, and turns
failures back into typed errors.
"""

import asyncio
import contextlib
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2
from grpc_status import rpc_status
from opentelemetry.trace import SpanKind

from chassis import coalesce, deadlines, errors, logs
from chassis.telemetry import Telemetry, failed, traceparent

log = logs.get(__name__)

# Long polls and streams are meant to take long.
_SLOW_EXEMPT = ("/TakeEvents", "/Watch", "/WatchPeople")


class ServerInterceptor(grpc.aio.ServerInterceptor):
    """Wraps every method of a server that is ours; health's Watch and reflection pass untouched.

    Of a stream that answers a request there are counts and a duration, known when it ends, and no span or deadline.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._seconds = telemetry.histogram("rpc_server", "time to serve an RPC")
        self._requests = telemetry.counter("rpc_server_requests", "RPCs served, by method and status code")
        self._in_flight: dict[str, int] = {}
        telemetry.gauge(
            "rpc_server_in_flight",
            "RPCs being served now, by method",
            lambda: [(count, {"method": method}) for method, count in list(self._in_flight.items())],
        )

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Called by grpc for each call."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        method = handler_call_details.method
        if inspect.isasyncgenfunction(handler.unary_stream):
            return grpc.unary_stream_rpc_method_handler(
                self._streaming(handler.unary_stream, method),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        if handler.unary_unary is None:
            return handler
        serve = handler.unary_unary
        parent = ""
        for key, value in handler_call_details.invocation_metadata:
            if key == "traceparent":
                parent = value if isinstance(value, str) else value.decode("ascii", "ignore")

        async def wrapped(request: Any, context: "grpc.aio.ServicerContext[Any, Any]") -> Any:
            return await self._serve(serve, request, context, method, parent)

        return grpc.unary_unary_rpc_method_handler(
            wrapped, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )

    async def _serve(self, serve: Any, request: Any, context: Any, method: str, parent: str) -> Any:
        started = time.perf_counter()
        code = "OK"
        remaining = context.time_remaining()
        self._in_flight[method] = self._in_flight.get(method, 0) + 1
        try:
            with (
                self._telemetry.span(
                    method.lstrip("/"), kind=SpanKind.SERVER, parent=parent, attributes=_described(method)
                ),
                deadlines.within(deadlines.DEFAULT_SECONDS if remaining is None else remaining),
            ):
                return await serve(request, context)
        except grpc.aio.AbortError:
            code = context.code().name
            raise
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        except errors.HailwireError as error:
            code = error.kind.grpc_code.name
            await self._abort(context, error)
        except Exception as error:
            code = "INTERNAL"
            log.exception("rpc failed", error, method=method)
            await self._abort(context, errors.Internal("internal error"))
        finally:
            seconds = self._ended(method, code, started)
            if seconds > self._telemetry.slow_seconds and not method.endswith(_SLOW_EXEMPT):
                log.warning("slow rpc", method=method, code=code, seconds=round(seconds, 3))

    def _streaming(self, serve: Any, method: str) -> Any:
        async def wrapped(request: Any, context: "grpc.aio.ServicerContext[Any, Any]") -> AsyncIterator[Any]:
            started = time.perf_counter()
            code = "CANCELLED"  # by whoever has heard enough
            self._in_flight[method] = self._in_flight.get(method, 0) + 1
            try:
                async for response in serve(request, context):
                    yield response
                code = "OK"
            except Exception as error:
                code = "INTERNAL"
                log.exception("rpc failed", error, method=method)
                await self._abort(context, errors.Internal("internal error"))
            finally:
                self._ended(method, code, started)

        return wrapped

    def _ended(self, method: str, code: str, started: float) -> float:
        """Count it; answers how many seconds it took."""
        seconds = time.perf_counter() - started
        self._in_flight[method] -= 1
        self._seconds.record(seconds, method=method, code=code)
        self._requests.add(1, method=method, code=code)
        return seconds

    @staticmethod
    async def _abort(context: Any, error: errors.HailwireError) -> None:
        status = rpc_status.to_status(errors.to_status(error))
        with contextlib.suppress(asyncio.InvalidStateError):
            await context.abort(status.code, status.details, status.trailing_metadata)


class ClientInterceptor(grpc.aio.UnaryUnaryClientInterceptor):
    """Adds deadline and trace context to every unary call and counts it."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._seconds = telemetry.histogram("rpc_client", "time of an RPC as its caller saw it")
        self.in_flight = 0
        self.calls = 0

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """Called by grpc for each call."""
        method = client_call_details.method
        method = method.decode() if isinstance(method, bytes) else method
        started = time.perf_counter()
        code = "CANCELLED"
        self.calls += 1
        self.in_flight += 1
        with self._telemetry.span(
            method.lstrip("/"), kind=SpanKind.CLIENT, links=coalesce.callers.get(), attributes=_described(method)
        ) as span:
            metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()))
            if parent := traceparent():
                metadata.add("traceparent", parent)
            timeout = client_call_details.timeout
            details = grpc.aio.ClientCallDetails(
                client_call_details.method,
                deadlines.remaining() if timeout is None else min(timeout, deadlines.remaining(timeout)),
                metadata,
                client_call_details.credentials,
                client_call_details.wait_for_ready,
            )
            try:
                call = await continuation(details, request)
                try:
                    code = (await call.code()).name
                except asyncio.CancelledError:
                    call.cancel()  # grpc ends only our waiting; the peer must hear that nobody wants the answer
                    raise
                span.set_attribute("rpc.response.status_code", code)
                if code != "OK":
                    failed(span, code)
                return call
            finally:
                self.in_flight -= 1
                self._seconds.record(time.perf_counter() - started, method=method, code=code)


def _described(method: str) -> dict[str, str | int | float | bool]:
    return {"rpc.system.name": "grpc", "rpc.method": method.lstrip("/")}


async def call(awaitable: Awaitable[Any]) -> Any:
    """Await an RPC and raise what it failed with as a typed error."""
    try:
        return await awaitable
    except grpc.aio.AioRpcError as error:
        raise typed(error) from None
    except grpc.aio.UsageError as error:  # the channel was closed under us
        raise errors.Unavailable("the channel is closed") from error
    except asyncio.CancelledError:
        # grpc says so for a channel that is closed under a call, too. Passed on, it would end a task (or the callers of
        # a whole batch) that nobody asked to end.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise errors.Unavailable("the channel was closed", reason="CALL_CANCELLED") from None


def typed(error: grpc.aio.AioRpcError) -> errors.HailwireError:
    """The typed error behind a failed call."""
    details = error.trailing_metadata()
    for key, value in details or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status()
            with contextlib.suppress(DecodeError):  # a stranger's; the code says enough
                status.ParseFromString(value if isinstance(value, bytes) else value.encode("latin-1"))
                return errors.from_status(status)
    for kind, cls in errors.CLASSES.items():
        if kind.grpc_code is error.code():
            return cls(f"{kind.name.lower()} without details")
    if error.code() is grpc.StatusCode.CANCELLED:
        return errors.Unavailable("the call was cancelled on its way", reason="CALL_CANCELLED")
    return errors.Internal(f"unexpected status {error.code().name}", reason=error.code().name)
