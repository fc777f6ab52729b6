"""Brings events of the services into the inbox of whoever must hear of them.

Stored first, acknowledged after: an event that is handed out twice is stored once, because its id is its key.
"""

import asyncio
import hashlib
import time
from datetime import UTC

from opentelemetry.trace import SpanKind

from chassis import errors, logs
from chassis.coalesce import Coalescer
from chassis.telemetry import Telemetry, new_traceparent, traceparent
from hailwire.trips.v1 import events_pb2
from services.gateway.arrivals import Arrival, Stored
from services.gateway.claims import EVENT
from services.gateway.clients.trips import Events
from services.gateway.storing import Store

log = logs.get(__name__)

_BATCH = 200
_WAIT_SECONDS = 10.0
_RETRY_SECONDS = 0.5


def arrival(event: events_pb2.Event, parent: str = "", source: str = "trips") -> Arrival:
    """An event as the inbox takes it: its id is that of its source."""
    key = hashlib.blake2b(f"{source} event {event.event_id}".encode(), digest_size=16).digest()
    return Arrival(
        kind=EVENT,
        key=key,
        provider=source,
        raw=event.SerializeToString(),
        person_id=event.recipient_id,
        sent_at=event.create_time.ToDatetime(tzinfo=UTC),
        traceparent=parent or new_traceparent(),
    )


class EventTaker:
    """Takes events until cancelled."""

    def __init__(self, events: Events, store: Store, telemetry: Telemetry, taker_id: str) -> None:
        """`store` is the inbox's, and not the one where webhooks gather: what holds an event is stored step by step."""
        self._events = events
        self._store: Coalescer[list[Arrival], Stored] = Coalescer("event store", store, telemetry=telemetry)
        self._taker_id = taker_id
        self._telemetry = telemetry
        self._taken = telemetry.counter("events_taken", "events brought into the inbox")

    def _traced(self, event: events_pb2.Event) -> Arrival:
        """Each event begins a trace of its own, as a webhook does."""
        with self._telemetry.span("event", kind=SpanKind.CONSUMER):
            return arrival(event, traceparent(), self._events.name)

    async def run(self) -> None:
        """Take, store, acknowledge."""
        while True:
            asked_at = time.monotonic()
            try:
                taken = await self._events.take(self._taker_id, _BATCH, _WAIT_SECONDS)
                if not taken and time.monotonic() - asked_at < _WAIT_SECONDS / 2:
                    await asyncio.sleep(_RETRY_SECONDS)  # a replica that is about to stop does not wait
                if taken:
                    await self._store([self._traced(event) for event in taken])
                    await self._events.acknowledge([event.event_id for event in taken])
                    self._taken.add(len(taken))
            except errors.HailwireError as error:
                log.warning("events cannot be taken", reason=error.reason)
                await asyncio.sleep(_RETRY_SECONDS)
