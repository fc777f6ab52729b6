"""Wires the trips service: settings, telemetry, pool, stores, cache, what is due, servicers, server."""

import contextlib
import datetime
from collections.abc import AsyncIterator, Callable, Mapping

from chassis import logs, process
from chassis.bell import Bell
from chassis.caching.cleaning import cleaning_up
from chassis.caching.shelf import open_shelf
from chassis.database import open_database, statements_in
from chassis.events_servicer import EventsServicer
from chassis.http import serve_prometheus
from chassis.later import in_a_thread
from chassis.listener import open_listener
from chassis.periodic import repeating, repeating_in_turn
from chassis.queues import LOOK_SECONDS, QueueGauges
from chassis.server import GrpcServer, serve_grpc
from chassis.settings import load
from chassis.silent import ending_silent_sessions
from chassis.telemetry import open_telemetry
from chassis.warmup import warming
from hailwire.trips.v1 import (
    blocks_pb2,
    blocks_pb2_grpc,
    erasure_pb2,
    erasure_pb2_grpc,
    events_pb2,
    events_pb2_grpc,
    fares_pb2,
    fares_pb2_grpc,
    matches_pb2,
    matches_pb2_grpc,
    ratings_pb2,
    ratings_pb2_grpc,
    relay_pb2,
    relay_pb2_grpc,
    schedules_pb2,
    schedules_pb2_grpc,
    trips_pb2,
    trips_pb2_grpc,
)
from services.trips import events as event_store
from services.trips import looking, no_shows, relaying, retention, schedule_statements, search, statements
from services.trips.backlog import BACKLOG
from services.trips.blocks_servicer import BlocksServicer
from services.trips.cached import CachedTrips
from services.trips.erasure_servicer import ErasureServicer
from services.trips.events import EventStore
from services.trips.fares_servicer import FaresServicer
from services.trips.matches import MatchStore
from services.trips.matches_servicer import MatchesServicer
from services.trips.ratings_servicer import RatingsServicer
from services.trips.relay_servicer import RelayServicer
from services.trips.schedules import ScheduleStore
from services.trips.schedules_servicer import SchedulesServicer
from services.trips.servicer import TripsServicer
from services.trips.settings import TripsSettings
from services.trips.store import TripStore

# Between looks for old request ids; while there are some, steps follow at once.
_RETENTION_SECONDS = 600.0
# Between looks for drivers who have been silent for hours; at most a hundred at a time, and while there are that many
# the next look follows at once.
_SILENT_SECONDS = 5.0


@contextlib.asynccontextmanager
async def open_service(settings: TripsSettings) -> AsyncIterator[GrpcServer]:
    """The service, until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        telemetry = await stack.enter_async_context(open_telemetry("trips", settings))
        database = await stack.enter_async_context(open_database(settings, application="trips", telemetry=telemetry))
        await stack.enter_async_context(ending_silent_sessions(database))
        trips = TripStore(database, settings.terms)
        events = EventStore(database, datetime.timedelta(seconds=settings.event_lease_seconds))
        cache = CachedTrips(
            trips,
            telemetry,
            await stack.enter_async_context(open_shelf(settings, telemetry)),
            database,
            location_ttl_seconds=settings.location_ttl_ms / 1000,
            state_ttl_seconds=settings.state_ttl_ms / 1000,
        )
        schedules = ScheduleStore(database, settings.terms, settings.schedule_terms, forget_trips=cache.changed_trips)
        matches = MatchStore(database, settings.match_retention_days)
        bell = Bell()
        channels: dict[str, Callable[[str], None]] = {
            "trips_event": bell.ring,
            "trips_trip": cache.heard_trips,
            "trips_presence": cache.heard_presences,
        }
        await stack.enter_async_context(
            open_listener(settings.direct_url, channels, on_lost=cache.distrust, on_restored=cache.trust)
        )
        await stack.enter_async_context(cleaning_up(cache.cleanup))
        await stack.enter_async_context(repeating("trips due", settings.due_interval_ms / 1000, trips.lapse))
        await stack.enter_async_context(repeating("silent drivers", _SILENT_SECONDS, trips.retire))
        await stack.enter_async_context(
            repeating("scheduled rides due", settings.due_interval_ms / 1000, schedules.serve_due)
        )
        queues = QueueGauges(database, BACKLOG)
        await stack.enter_async_context(repeating("looking at queues", LOOK_SECONDS, queues.look))
        await stack.enter_async_context(
            repeating_in_turn(
                _RETENTION_SECONDS,
                {
                    "matches retention": matches.expire,
                    "trips retention": trips.expire_requests,
                    "forgetting places": lambda: retention.forget_places(database, settings.location_days),
                    "forgetting what was said": lambda: relaying.forget(database),
                    "no-shows retention": lambda: no_shows.expire(database),
                },
            )
        )
        await stack.enter_async_context(
            serve_prometheus(
                telemetry,
                host=settings.prometheus_host,
                port=settings.prometheus_port,
                setting="TRIPS_PROMETHEUS_PORT",
            )
        )
        trips_servicer, events_servicer = TripsServicer(cache), EventsServicer(events, bell)
        erasure_servicer = ErasureServicer(database, settings.terms, forget=cache.forget_person)
        fares_servicer, ratings_servicer = FaresServicer(settings.terms), RatingsServicer(trips)
        matches_servicer, relay_servicer = MatchesServicer(matches), RelayServicer(trips)
        blocks_servicer = BlocksServicer(trips)
        schedules_servicer = SchedulesServicer(schedules)
        server = await stack.enter_async_context(
            serve_grpc(
                f"{settings.grpc_host}:{settings.grpc_port}",
                register=[
                    lambda server: trips_pb2_grpc.add_TripsServiceServicer_to_server(trips_servicer, server),
                    lambda server: schedules_pb2_grpc.add_SchedulesServiceServicer_to_server(
                        schedules_servicer, server
                    ),
                    lambda server: events_pb2_grpc.add_EventsServiceServicer_to_server(events_servicer, server),
                    lambda server: erasure_pb2_grpc.add_ErasureServiceServicer_to_server(erasure_servicer, server),
                    lambda server: ratings_pb2_grpc.add_RatingsServiceServicer_to_server(ratings_servicer, server),
                    lambda server: matches_pb2_grpc.add_MatchesServiceServicer_to_server(matches_servicer, server),
                    lambda server: blocks_pb2_grpc.add_BlocksServiceServicer_to_server(blocks_servicer, server),
                    lambda server: relay_pb2_grpc.add_RelayServiceServicer_to_server(relay_servicer, server),
                    lambda server: fares_pb2_grpc.add_FaresServiceServicer_to_server(fares_servicer, server),
                ],
                services=[
                    trips_pb2.DESCRIPTOR.services_by_name["TripsService"].full_name,
                    schedules_pb2.DESCRIPTOR.services_by_name["SchedulesService"].full_name,
                    events_pb2.DESCRIPTOR.services_by_name["EventsService"].full_name,
                    erasure_pb2.DESCRIPTOR.services_by_name["ErasureService"].full_name,
                    ratings_pb2.DESCRIPTOR.services_by_name["RatingsService"].full_name,
                    matches_pb2.DESCRIPTOR.services_by_name["MatchesService"].full_name,
                    blocks_pb2.DESCRIPTOR.services_by_name["BlocksService"].full_name,
                    relay_pb2.DESCRIPTOR.services_by_name["RelayService"].full_name,
                    fares_pb2.DESCRIPTOR.services_by_name["FaresService"].full_name,
                ],
                probe=database.ping,
                telemetry=telemetry,
                development=settings.environment == "development",
                setting="TRIPS_GRPC_PORT",
                security=settings,
            )
        )
        await stack.enter_async_context(
            warming(
                {
                    "database": lambda: database.warm(
                        statements_in(statements, search, looking, no_shows, event_store, schedule_statements)
                    ),
                    "metrics page": lambda: in_a_thread(telemetry.make_page),
                },
                settings,
                telemetry,
                after=server.settled,
            )
        )
        # Takers that wait would hold up the drain: they are answered first.
        stack.callback(bell.close)
        yield server


async def main(environ: Mapping[str, str]) -> None:
    """Serve until the process is asked to end."""
    settings = load(TripsSettings, environ)
    logs.configure("trips", settings.log_level)
    async with open_service(settings):
        await process.stopped()
