"""Wires the gateway: settings, telemetry, pool, clients, inbox, turns, outbox, doors. Read it from top to bottom."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis import errors, logs, process
from chassis.channels import open_channel
from chassis.database import open_database
from chassis.http import serve_http, serve_prometheus
from chassis.listener import open_listener
from chassis.periodic import repeating
from chassis.queues import LOOK_SECONDS, QueueGauges
from chassis.requests import Measured
from chassis.response_cache import ResponseCache
from chassis.server import serve_grpc
from chassis.settings import load
from chassis.silent import ending_silent_sessions
from chassis.strain import watching
from chassis.telemetry import open_telemetry
from chassis.warmup import warming
from services.gateway import openapi, preparing
from services.gateway.arrivals import Stored
from services.gateway.backlog import BACKLOG
from services.gateway.clients.batching import Peer
from services.gateway.clients.copies import PeopleCopies
from services.gateway.clients.erasure import Erasures
from services.gateway.clients.numbers import Numbers
from services.gateway.clients.profile import Profile
from services.gateway.clients.trips import Events, Trips
from services.gateway.code_sending import CodeSending
from services.gateway.commit import TurnCommit
from services.gateway.conversation import Conversations
from services.gateway.conversations import routing
from services.gateway.costs import Costs
from services.gateway.erasing import Eraser
from services.gateway.events import EventTaker
from services.gateway.inbox import Inbox
from services.gateway.instance import Instance
from services.gateway.intake import Intake, arrivals_of
from services.gateway.limiting import Limiting
from services.gateway.linking import Linking
from services.gateway.messages import Item
from services.gateway.missed import Missed
from services.gateway.proving import Proving
from services.gateway.queueing import NOTIFY_CHANNEL
from services.gateway.quiet import UNCHANGING, Probe, QuietRoutes
from services.gateway.recent import RecentKeys
from services.gateway.reconciling import reconcile
from services.gateway.retention import Retention
from services.gateway.room import Room
from services.gateway.sender import Sender
from services.gateway.settings import GatewaySettings
from services.gateway.spool import Spool
from services.gateway.statuses import Statuses
from services.gateway.storing import Storing
from services.gateway.turns import Turns
from services.gateway.verification_codes import VerificationCodes
from services.gateway.waiting import WaitNotes
from services.gateway.webhooks import Webhooks

log = logs.get(__name__)

# How long turns and sends under way may take once we are asked to stop.
_DRAIN_SECONDS = 8.0
# Before background work that failed starts again.
_RESTART_SECONDS = 1.0
# Between questions whether it is time to look for missed messages: whichever gateway asks first then, looks.
_MISSED_SECONDS = 5.0


@dataclass
class Gateway:
    """A gateway that is up, and where."""

    http_port: int
    grpc_port: int
    prometheus_port: int


@contextlib.asynccontextmanager
async def open_gateway(settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """The gateway, until the block ends; what is under way is finished on the way out, newest door first."""
    async with contextlib.AsyncExitStack() as stack:
        telemetry = await stack.enter_async_context(open_telemetry("gateway", settings))
        database = await stack.enter_async_context(open_database(settings, application="gateway", telemetry=telemetry))
        await stack.enter_async_context(ending_silent_sessions(database))
        profile_channel = await stack.enter_async_context(
            open_channel(settings.profile_target, telemetry, settings, name="profile")
        )
        trips_channel = await stack.enter_async_context(
            open_channel(settings.trips_target, telemetry, settings, name="trips")
        )
        providers = preparing.providers(settings, telemetry)
        stack.push_async_callback(providers.close)
        profile, trips = (
            Profile(
                profile_channel, PeopleCopies(profile_channel, telemetry, ttl_seconds=settings.cache_ttl_ms / 1000)
            ),
            Trips(trips_channel),
        )

        instance = Instance(database, telemetry, lease_seconds=settings.lease_seconds)
        sender = Sender(
            database,
            telemetry,
            instance=instance,
            providers=providers.get,
            codes=VerificationCodes(settings.twilio_auth_token),
            costs=Costs(telemetry, settings),
            most=settings.max_sends,
            stopped=settings.sending_stopped,
        )

        def leasing_as() -> int:
            return instance.instance_id if instance.fresh else 0

        room = Room(settings.max_turns)
        turns = Turns(
            database,
            telemetry,
            instance=instance,
            room=room,
            conversations=Conversations(
                profile,
                trips,
                Proving(
                    Numbers(profile_channel),
                    VerificationCodes(settings.twilio_auth_token),
                    CodeSending(database, sender, leasing_as),
                    Linking(database),
                ),
                limiting=Limiting(telemetry, settings),
                stale_after_seconds=settings.stale_after_seconds,
                ask_destination=settings.ask_destination,
                insurance_required=settings.insurance_required,
                chat_number=settings.wa_chat_number,
                zone=settings.time_zone,
            ),
            commit=TurnCommit(
                database,
                instance_id=leasing_as,
                send_room=sender.reserve,
                start_sending=sender.start,
                keep=lambda: turns.keeping,
                wait_notes=WaitNotes(telemetry, seconds=settings.wait_note_seconds),
            ),
            max_attempts=settings.max_attempts,
        )
        statuses = Statuses(database, telemetry)
        inbox = Inbox(database, telemetry, room=room, instance_id=leasing_as, start=turns.start)
        store = Storing(inbox.store_known, inbox.store, max_strangers=settings.max_waiting, telemetry=telemetry)
        spool = Spool(Path(settings.home) / "spool", telemetry)
        retention = Retention(
            database,
            key_days=settings.key_days,
            outbox_days=settings.outbox_days,
            dead_letter_days=settings.dead_letter_days,
            inbox_days=settings.inbox_days,
            state_days=settings.state_days,
        )

        async def feed(items: list[Item]) -> Stored:
            return await store(arrivals_of(items))

        routing.check_routes()
        await stack.enter_async_context(_running(instance.run))
        stack.push_async_callback(_farewell, instance)
        for work in (
            profile.hear,
            retention.run,
            statuses.run,
            lambda: reconcile(database, instance, lambda: turns.held, lambda: sender.held),
            lambda: spool.run(feed),
            lambda: spool.tidy(settings.dead_letter_days),
            *await stack.enter_async_context(
                preparing.files(settings, telemetry, database, insurances=profile.insurances, store=store)
            ),
            Eraser(
                database,
                profile=profile,
                erasures=Erasures(profile.peer, profile_channel, trips.peer, trips_channel),
                spool=spool,
                settle_seconds=settings.erasure_seconds,
            ).run,
        ):
            await stack.enter_async_context(_running(work))
        await stack.enter_async_context(open_listener(settings.direct_url, {NOTIFY_CHANNEL: turns.hint}))
        await stack.enter_async_context(_running(sender.run))
        stack.push_async_callback(sender.drain, _DRAIN_SECONDS)
        await stack.enter_async_context(_running(turns.run))
        stack.push_async_callback(turns.drain, _DRAIN_SECONDS)
        for source in (Events(trips_channel), Events(profile_channel, "profile")):
            taker = EventTaker(source, inbox.store, telemetry, telemetry.instance_id)
            await stack.enter_async_context(_running(taker.run))

        if settings.twilio_reconcile_seconds:
            missed = Missed(
                database,
                telemetry,
                providers=providers.get,
                number=settings.twilio_phone_number,
                every_seconds=settings.twilio_reconcile_seconds,
                store=feed,
            )
            await stack.enter_async_context(repeating("looking for missed messages", _MISSED_SECONDS, missed.look))
        queues = QueueGauges(database, BACKLOG)
        await stack.enter_async_context(repeating("looking at queues", LOOK_SECONDS, queues.look))
        routing.watch(telemetry)

        prometheus_port = await stack.enter_async_context(
            serve_prometheus(
                telemetry,
                host=settings.prometheus_host,
                port=settings.prometheus_port,
                setting="GATEWAY_PROMETHEUS_PORT",
            )
        )

        async def joined() -> None:
            if not instance.fresh:
                raise errors.Unavailable("not joined", reason="NOT_JOINED")
            await database.ping()

        grpc_server = await stack.enter_async_context(
            serve_grpc(
                f"{settings.grpc_host}:{settings.grpc_port}",
                register=[],
                services=["hailwire.gateway"],
                probe=joined,
                telemetry=telemetry,
                development=settings.development,
                setting="GATEWAY_GRPC_PORT",
                security=settings,
            )
        )
        routes = QuietRoutes(
            required={"database": joined, "profile": _Once(profile.peer), "trips": _Once(trips.peer)},
            informative={"profile now": _serving(profile.peer), "trips now": _serving(trips.peer)},
            user_apis=await stack.enter_async_context(
                preparing.user_apis(
                    settings,
                    telemetry,
                    numbers=Numbers(profile_channel),
                    sending=CodeSending(database, sender, leasing_as),
                    enrichments=profile.enrichments,
                )
            ),
        )
        app = Webhooks(
            intake=Intake(
                telemetry,
                store=store,
                recent=RecentKeys(telemetry, seconds=settings.dedup_window_seconds),
                spool=spool,
                max_waiting=settings.max_waiting,
                strain=await stack.enter_async_context(watching(telemetry)),
                stored=statuses.hint,
            ),
            telemetry=telemetry,
            verify_token=settings.wa_verify_token,
            app_secrets=(settings.wa_app_secret, settings.wa_app_secret_previous),
            auth_token=settings.twilio_auth_token,
            base_url=settings.base_url,
            answered_numbers=settings.answered_numbers,
            rest=ResponseCache(
                routes,
                telemetry,
                dict.fromkeys(UNCHANGING, settings.response_cache_ttl_ms / 1000),
                entries=settings.response_cache_entries,
            ),
        )
        http_port = await stack.enter_async_context(
            serve_http(
                Measured(app, telemetry, openapi.DOCUMENT["paths"]),
                host=settings.http_host,
                port=settings.http_port,
                setting="GATEWAY_HTTP_PORT",
            )
        )
        await stack.enter_async_context(
            warming(
                preparing.steps(
                    database,
                    telemetry,
                    channels={"profile": profile_channel, "trips": trips_channel},
                    outside=providers,
                    routes=routes.load,
                ),
                settings,
                telemetry,
                after=grpc_server.settled,
            )
        )
        log.info("gateway up", http_port=http_port, grpc_port=grpc_server.port)
        yield Gateway(http_port, grpc_server.port, prometheus_port)


@contextlib.asynccontextmanager
async def _running(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run in the background until the block ends."""
    task = asyncio.create_task(_again_and_again(work))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _again_and_again(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    # One row that we cannot cope with must not end what everybody else depends on.
    while True:
        try:
            await work()
        except Exception as error:
            log.exception("background work failed; it starts again", error)
        else:
            return
        await asyncio.sleep(_RESTART_SECONDS)


async def _farewell(instance: Instance) -> None:
    # Without the database nobody hears it; the lease then ends by itself.
    with contextlib.suppress(errors.HailwireError):
        await instance.leave()


class _Once:
    """A probe that is content once the peer has served: later it may be away, and messages wait for it."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._seen = False

    async def __call__(self) -> None:
        if not self._seen:
            await _serving(self._peer)()
            self._seen = True


def _serving(peer: Peer) -> Probe:
    async def probe() -> None:
        if not await peer.serving():
            raise errors.Unavailable(f"{peer.name} is not serving", reason="PEER_NOT_SERVING")

    return probe


async def main(environ: Mapping[str, str]) -> None:
    """Serve until the process is asked to end."""
    settings = load(GatewaySettings, environ)
    logs.configure("gateway", settings.log_level)
    if extra := environ.get("HAILWIRE_EXTRA_HANDLERS", ""):
        if not settings.development:
            raise errors.Refused("HAILWIRE_EXTRA_HANDLERS is for development only", reason="DEVELOPMENT_ONLY")
        routing.load_extra_handlers(extra)
    async with open_gateway(settings):
        await process.stopped()
