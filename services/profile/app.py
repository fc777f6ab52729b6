"""Wires the profile service: settings, telemetry, pool, store, cache, servicer, server."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from chassis import logs, process
from chassis.bell import Bell
from chassis.caching.cleaning import cleaning_up
from chassis.caching.second_level import SecondLevel
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
from hailwire.profile.v1 import (
    audit_pb2,
    audit_pb2_grpc,
    disclosure_pb2,
    disclosure_pb2_grpc,
    enrichments_pb2,
    enrichments_pb2_grpc,
    erasure_pb2,
    erasure_pb2_grpc,
    insurance_pb2,
    insurance_pb2_grpc,
    numbers_pb2,
    numbers_pb2_grpc,
    places_pb2,
    places_pb2_grpc,
    profile_pb2,
    profile_pb2_grpc,
    referrals_pb2,
    referrals_pb2_grpc,
    wallet_pb2,
    wallet_pb2_grpc,
)
from hailwire.trips.v1 import events_pb2, events_pb2_grpc
from services.profile import audit, events, statements
from services.profile.audit_servicer import AuditServicer
from services.profile.cached import CachedPeople
from services.profile.cached_numbers import CachedNumbers
from services.profile.disclosure_servicer import DisclosureServicer
from services.profile.enrichments.servicer import EnrichmentsServicer
from services.profile.enrichments.store import EnrichmentStore
from services.profile.erasure_servicer import ErasureServicer
from services.profile.insurance import reminding
from services.profile.insurance.servicer import InsuranceServicer
from services.profile.insurance.store import InsuranceStore
from services.profile.lent import LentPeople
from services.profile.number_store import NumberStore
from services.profile.numbers_servicer import NumbersServicer
from services.profile.places import statements as place_statements
from services.profile.places.servicer import PlacesServicer
from services.profile.places.store import PlaceStore
from services.profile.referral.servicer import ReferralServicer
from services.profile.referral.store import PAY_SECONDS, ReferralStore
from services.profile.sealing import Sealer
from services.profile.servicer import ProfileServicer
from services.profile.settings import ProfileSettings
from services.profile.store import PeopleStore
from services.profile.wallet.servicer import WalletServicer
from services.profile.wallet.store import WalletStore
from services.profile.watching import Watching

# Between looks for old request ids; while there are some, steps follow at once.
_RETENTION_SECONDS = 600.0


@contextlib.asynccontextmanager
async def open_service(settings: ProfileSettings) -> AsyncIterator[GrpcServer]:
    """The service, until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        telemetry = await stack.enter_async_context(open_telemetry("profile", settings))
        database = await stack.enter_async_context(open_database(settings, application="profile", telemetry=telemetry))
        await stack.enter_async_context(ending_silent_sessions(database))
        sealer = Sealer.of(settings.number_keys, settings.number_hash_key)
        store = PeopleStore(database, settings.known_languages, sealer)
        cache = CachedPeople(
            store,
            telemetry,
            LentPeople(
                SecondLevel(await stack.enter_async_context(open_shelf(settings, telemetry)), database),
                sealer,
                ttl_seconds=settings.cache_ttl_ms / 1000,
                lookup_ttl_seconds=settings.lookup_ttl_ms / 1000,
            ),
            ttl_seconds=settings.cache_ttl_ms / 1000,
            lookup_ttl_seconds=settings.lookup_ttl_ms / 1000,
        )
        number_store = NumberStore(database, sealer)
        numbers = CachedNumbers(number_store, telemetry, ttl_seconds=settings.verification_ttl_ms / 1000)
        bell = Bell()
        watching = Watching(cache)

        def distrust() -> None:
            watching.distrust()
            numbers.distrust()

        def trust() -> None:
            watching.trust()
            numbers.trust()

        channels: dict[str, Callable[[str], None]] = {
            "profile_people": watching.heard,
            "profile_numbers": numbers.heard,
            "profile_event": bell.ring,
        }
        await stack.enter_async_context(
            open_listener(settings.direct_url, channels, on_lost=distrust, on_restored=trust)
        )
        await stack.enter_async_context(cleaning_up(cache.cleanup))
        await stack.enter_async_context(cleaning_up(numbers.cleanup))
        queues = QueueGauges(database, events.BACKLOG)
        await stack.enter_async_context(repeating("looking at queues", LOOK_SECONDS, queues.look))
        enrichments = EnrichmentStore(database, days=settings.enrichment_days)
        wallet_terms = settings.wallet_terms()
        referrals = ReferralStore(database, settings.referral_terms(wallet_terms.currency), wallet_terms)
        await stack.enter_async_context(repeating("paying rewards", PAY_SECONDS, referrals.pay))
        insurance = InsuranceStore(database, settings.insurance_terms())
        await stack.enter_async_context(
            repeating_in_turn(
                _RETENTION_SECONDS,
                {
                    "profile retention": store.expire_requests,
                    "number retention": number_store.expire,
                    "audit retention": lambda: audit.expire(database, settings.audit_days),
                    "enrichment retention": enrichments.expire,
                    "document retention": insurance.expire_loose,
                },
            )
        )
        await stack.enter_async_context(
            repeating(
                "insurance reminders", reminding.LOOK_SECONDS, lambda: reminding.remind(database, insurance.terms)
            )
        )
        await stack.enter_async_context(
            serve_prometheus(
                telemetry,
                host=settings.prometheus_host,
                port=settings.prometheus_port,
                setting="PROFILE_PROMETHEUS_PORT",
            )
        )
        servicer, audit_servicer = ProfileServicer(cache, sealer, watching), AuditServicer(database)
        numbers_servicer = NumbersServicer(numbers, cache, sealer)
        wallets = WalletServicer(WalletStore(database, wallet_terms))
        insurance_servicer = InsuranceServicer(insurance, sealer)
        places = PlacesServicer(PlaceStore(database), sealer)
        enrichments_servicer = EnrichmentsServicer(enrichments, sealer)
        referral_servicer = ReferralServicer(referrals)
        erasure_servicer = ErasureServicer(database, sealer, forget=cache.forget)
        disclosure_servicer = DisclosureServicer(database, sealer)
        events_servicer = EventsServicer(events.ProfileEvents(database), bell)
        server = await stack.enter_async_context(
            serve_grpc(
                f"{settings.grpc_host}:{settings.grpc_port}",
                register=[
                    lambda server: profile_pb2_grpc.add_ProfileServiceServicer_to_server(servicer, server),
                    lambda server: audit_pb2_grpc.add_AuditServiceServicer_to_server(audit_servicer, server),
                    lambda server: erasure_pb2_grpc.add_ErasureServiceServicer_to_server(erasure_servicer, server),
                    lambda server: wallet_pb2_grpc.add_WalletServiceServicer_to_server(wallets, server),
                    lambda server: referrals_pb2_grpc.add_ReferralServiceServicer_to_server(referral_servicer, server),
                    lambda server: insurance_pb2_grpc.add_InsuranceServiceServicer_to_server(
                        insurance_servicer, server
                    ),
                    lambda server: places_pb2_grpc.add_PlacesServiceServicer_to_server(places, server),
                    lambda server: enrichments_pb2_grpc.add_EnrichmentsServiceServicer_to_server(
                        enrichments_servicer, server
                    ),
                    lambda server: numbers_pb2_grpc.add_NumbersServiceServicer_to_server(numbers_servicer, server),
                    lambda server: disclosure_pb2_grpc.add_DisclosureServiceServicer_to_server(
                        disclosure_servicer, server
                    ),
                    lambda server: events_pb2_grpc.add_EventsServiceServicer_to_server(events_servicer, server),
                ],
                services=[
                    profile_pb2.DESCRIPTOR.services_by_name["ProfileService"].full_name,
                    audit_pb2.DESCRIPTOR.services_by_name["AuditService"].full_name,
                    erasure_pb2.DESCRIPTOR.services_by_name["ErasureService"].full_name,
                    wallet_pb2.DESCRIPTOR.services_by_name["WalletService"].full_name,
                    referrals_pb2.DESCRIPTOR.services_by_name["ReferralService"].full_name,
                    insurance_pb2.DESCRIPTOR.services_by_name["InsuranceService"].full_name,
                    places_pb2.DESCRIPTOR.services_by_name["PlacesService"].full_name,
                    enrichments_pb2.DESCRIPTOR.services_by_name["EnrichmentsService"].full_name,
                    numbers_pb2.DESCRIPTOR.services_by_name["NumbersService"].full_name,
                    disclosure_pb2.DESCRIPTOR.services_by_name["DisclosureService"].full_name,
                    events_pb2.DESCRIPTOR.services_by_name["EventsService"].full_name,
                ],
                probe=database.ping,
                telemetry=telemetry,
                development=settings.environment == "development",
                setting="PROFILE_GRPC_PORT",
                security=settings,
            )
        )
        await stack.enter_async_context(
            warming(
                {
                    # What turns ask all the time; each of the others costs two milliseconds when it is first asked.
                    "database": lambda: database.warm(statements_in(statements, place_statements)),
                    "seals": lambda: in_a_thread(sealer.warm),
                    "metrics page": lambda: in_a_thread(telemetry.make_page),
                },
                settings,
                telemetry,
                after=server.settled,
            )
        )
        # Whoever waits for something to happen would hold up the drain: they are answered first.
        stack.callback(bell.close)
        stack.callback(watching.end)
        yield server


async def main(environ: Mapping[str, str]) -> None:
    """Serve until the process is asked to end."""
    settings = load(ProfileSettings, environ)
    logs.configure("profile", settings.log_level)
    async with open_service(settings):
        await process.stopped()
