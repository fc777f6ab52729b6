"""Typed errors on their way over the wire, and that nothing else travels with them."""

import logging
from typing import Any

import grpc
import pytest
from google.rpc import status_pb2

from chassis import errors, interceptors
from chassis.channels import open_channel
from chassis.telemetry import Telemetry
from tests.chassis import tiny

PERSONAL = "Amina +250788000111"


class TripGone(errors.NotFound):
    """A service's own error."""

    reason = "TRIP_GONE"


def raising(error: BaseException) -> tiny.Handler:
    async def handler(request: bytes, context: Any) -> bytes:
        raise error

    return handler


@pytest.mark.parametrize("kind", [kind for kind in errors.Kind if kind is not errors.Kind.UNAVAILABLE])
async def test_every_kind_survives_a_failed_call(kind: errors.Kind, telemetry: Telemetry) -> None:
    """Kind, reason, message and metadata arrive as they were raised."""
    raised = errors.CLASSES[kind]("what happened", reason="THE_REASON", metadata={"trip_id": "7"})
    async with tiny.opened(raising(raised), telemetry) as channel:
        with pytest.raises(errors.CLASSES[kind]) as caught:
            await tiny.ask(channel)
    assert type(caught.value) is errors.CLASSES[kind]
    assert (caught.value.reason, caught.value.message) == ("THE_REASON", "what happened")
    assert caught.value.metadata == {"trip_id": "7"}


async def test_unavailable_survives_its_retries(telemetry: Telemetry) -> None:
    """The kind that is retried on the way still arrives with its reason in the end."""
    raised = errors.Unavailable("no database", reason="DATABASE_UNAVAILABLE")
    async with tiny.opened(raising(raised), telemetry) as channel:
        with pytest.raises(errors.Unavailable) as caught:
            await tiny.ask(channel)
    assert caught.value.reason == "DATABASE_UNAVAILABLE"


@pytest.mark.parametrize("kind", errors.Kind)
def test_every_kind_survives_as_an_item_of_a_batch(kind: errors.Kind) -> None:
    """The status of one item, serialized and parsed, stands for the same error."""
    raised = errors.CLASSES[kind]("what happened", reason="THE_REASON", metadata={"trip_id": "7"})
    status = status_pb2.Status.FromString(errors.to_status(raised).SerializeToString())
    assert status.code == kind.grpc_code.value[0]
    assert repr(errors.from_status(status)) == repr(raised)


def test_a_services_own_error_keeps_its_reason() -> None:
    """A subclass arrives as its kind with the reason of the subclass, which also words it when nobody else did."""
    arrived = errors.from_status(errors.to_status(TripGone()))
    assert type(arrived) is errors.NotFound
    assert (arrived.reason, arrived.message) == ("TRIP_GONE", "trip gone")


async def test_a_strangers_text_never_crosses(telemetry: Telemetry, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever an uncaught exception says stays out of status, metadata and log; the frames are logged."""
    async with tiny.opened(raising(ValueError(PERSONAL)), telemetry) as channel:
        with (
            caplog.at_level(logging.DEBUG, logger="chassis.interceptors"),
            pytest.raises(grpc.aio.AioRpcError) as caught,
        ):
            await tiny.multicallable(channel)(b"")
    failure = caught.value
    assert (failure.code(), failure.details()) == (grpc.StatusCode.INTERNAL, "internal error")
    assert PERSONAL not in repr((failure.details(), failure.debug_error_string(), failure.trailing_metadata()))
    (record,) = [record for record in caplog.records if record.getMessage() == "rpc failed"]
    fields = record.__dict__["fields"]
    assert fields["error"] == "ValueError"
    assert fields["frames"][-1].endswith("handler")
    assert PERSONAL not in repr(fields) + caplog.text
    assert PERSONAL not in str(errors.to_status(ValueError(PERSONAL)))


async def test_an_abort_passes(telemetry: Telemetry) -> None:
    """A servicer may end a call itself, and the call is counted under the code that it chose."""

    async def handler(request: bytes, context: Any) -> bytes:
        await context.abort(grpc.StatusCode.NOT_FOUND, "nothing here")
        raise AssertionError

    async with tiny.opened(handler, telemetry) as channel:
        with pytest.raises(errors.NotFound):
            await tiny.ask(channel)
    requests = telemetry.counter("rpc_server_requests", "")
    assert requests.value(method=tiny.METHOD, code="NOT_FOUND") == 1


@pytest.mark.parametrize("details", [b"", b"\xff\xff\xff", b"\x08\x05"])
async def test_peers_that_are_not_ours(details: bytes, telemetry: Telemetry) -> None:
    """A failure without details of ours, or with garbage in their place, still has a kind."""

    async def handler(request: bytes, context: Any) -> bytes:
        metadata = (("grpc-status-details-bin", details),) if details else ()
        await context.abort(grpc.StatusCode.NOT_FOUND, "", metadata)
        raise AssertionError

    async with tiny.opened(handler, telemetry) as channel:
        with pytest.raises(errors.NotFound) as caught:
            await tiny.ask(channel)
    assert caught.value.reason == "NOT_FOUND"


async def test_a_method_that_is_not_there(telemetry: Telemetry) -> None:
    """A code that has no kind of its own is our fault, by name."""
    async with tiny.opened(raising(AssertionError()), telemetry) as channel:
        with pytest.raises(errors.Internal, match="UNIMPLEMENTED") as caught:
            await interceptors.call(tiny.multicallable(channel, "/test.Tiny/Nothing")(b""))
    assert caught.value.reason == "UNIMPLEMENTED"


async def test_nobody_there(telemetry: Telemetry) -> None:
    """A peer that cannot be reached, and a channel that was closed, are Unavailable."""
    async with tiny.served(raising(AssertionError()), telemetry) as server:
        port = server.port
    async with open_channel(f"127.0.0.1:{port}", telemetry) as channel:
        with pytest.raises(errors.Unavailable):
            await tiny.ask(channel, timeout=30)
    with pytest.raises(errors.Unavailable):
        await tiny.ask(channel)


def test_what_may_be_repeated() -> None:
    """Transient is what says nothing against the request."""
    transient = {kind for kind in errors.Kind if errors.is_transient(errors.CLASSES[kind]())}
    assert transient == {
        errors.Kind.UNAVAILABLE,
        errors.Kind.DEADLINE_EXCEEDED,
        errors.Kind.CONFLICT,
        errors.Kind.OVERLOADED,
    }
    assert not errors.is_transient(ValueError())


def test_the_table_is_whole() -> None:
    """Every kind has one class, a gRPC code of its own and an HTTP status of the failing sort."""
    assert set(errors.CLASSES) == set(errors.Kind)
    assert len({kind.grpc_code for kind in errors.Kind}) == len(errors.Kind)
    assert all(400 <= kind.http_status < 600 for kind in errors.Kind)
