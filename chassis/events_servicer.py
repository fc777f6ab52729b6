"""EventsService, for every service that has something to tell: translates, and waits while there is nothing."""

import datetime
import time
from collections.abc import Sequence
from typing import Protocol

from chassis import errors, pages
from chassis.bell import Bell
from hailwire.trips.v1 import events_pb2 as pb
from hailwire.trips.v1 import events_pb2_grpc

_DEFAULT_EVENTS = 100
_LONGEST_WAIT_SECONDS = 30.0
_LONGEST_TAKER_ID = 64


class EventSource(Protocol):
    """The events of a service's database."""

    lease: datetime.timedelta

    async def take(self, taker_id: str, most: int) -> list[pb.Event]:
        """Up to `most` for this taker, of each recipient in order, until acknowledged or the lease ends."""

    async def acknowledge(self, event_ids: Sequence[int]) -> None:
        """These are stored where they belong."""


class EventsServicer(events_pb2_grpc.EventsServiceServicer):
    """EventsService over a source of events."""

    def __init__(self, events: EventSource, bell: Bell) -> None:
        self._events = events
        self._bell = bell

    async def TakeEvents(self, request: pb.TakeEventsRequest, context: object) -> pb.TakeEventsResponse:
        """Takes pending events, and waits while there are none."""
        if not 0 < len(request.taker_id) <= _LONGEST_TAKER_ID or "\0" in request.taker_id:
            raise errors.InvalidArgument("taker_id is required, at most 64 characters", reason="TAKER_ID_INVALID")
        if not 0 <= request.max_events <= pages.MAX_BATCH:
            raise errors.InvalidArgument("max_events must be 0 to 1000", reason="MAX_EVENTS_INVALID")
        most = request.max_events or _DEFAULT_EVENTS
        seconds = max(0.0, min(_LONGEST_WAIT_SECONDS, request.wait.seconds + request.wait.nanos / 1e9))
        until = time.monotonic() + seconds
        while True:
            rings = self._bell.rings
            events = await self._events.take(request.taker_id, most)
            left = until - time.monotonic()
            if events or left <= 0 or self._bell.closed:
                break
            await self._bell.wait(rings, left)
        response = pb.TakeEventsResponse(events=events)
        response.lease.FromTimedelta(self._events.lease)
        return response

    async def AcknowledgeEvents(
        self, request: pb.AcknowledgeEventsRequest, context: object
    ) -> pb.AcknowledgeEventsResponse:
        """Lets go of events that their taker has stored."""
        pages.check_batch(request.event_ids)
        await self._events.acknowledge(request.event_ids)
        return pb.AcknowledgeEventsResponse()
