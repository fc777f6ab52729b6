"""What the gateway does not need to serve, and prepares right after: see chassis/warmup.py."""

import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from chassis.channels import connected
from chassis.database import Database, statements_in
from chassis.later import Later, in_a_thread
from chassis.telemetry import Telemetry
from chassis.warmup import Step
from services.gateway import (
    aliases,
    claims,
    commit,
    ending,
    inbox,
    instance,
    known_senders,
    lanes,
    queueing,
    settling,
    statuses,
    turns,
)
from services.gateway.clients.enrichments import Enrichments
from services.gateway.clients.insurance import Insurances
from services.gateway.clients.numbers import Numbers
from services.gateway.code_sending import CodeSending
from services.gateway.conversations import catalogue, routing, wording
from services.gateway.downloads import Downloads
from services.gateway.media.folder import Folder
from services.gateway.settings import GatewaySettings
from services.gateway.storing import Storing
from services.gateway.verification_codes import VerificationCodes

if TYPE_CHECKING:
    import aiohttp

    from services.gateway.media.fetching import Fetcher
    from services.gateway.providers.outside import Providers
    from services.gateway.user_api import Routed

# What every message passes, from the webhook to the provider's acceptance.
_HOT = (aliases, claims, commit, ending, inbox, instance, known_senders, lanes, queueing, settling, statuses, turns)


def providers(settings: GatewaySettings, telemetry: Telemetry) -> "Later[Providers]":
    """The providers' clients, once somebody wants them."""

    def load() -> "Callable[[], AbstractAsyncContextManager[Providers]]":
        # An HTTP client takes as long to import as most of us together, and nothing is sent before we serve.
        from services.gateway.providers.outside import open_providers

        return lambda: open_providers(settings, telemetry)

    return Later(load)


@contextlib.asynccontextmanager
async def files(
    settings: GatewaySettings,
    telemetry: Telemetry,
    database: Database,
    *,
    insurances: Insurances,
    store: Storing,
) -> AsyncIterator[tuple[Callable[[], Coroutine[Any, Any, None]], ...]]:
    """What fetches files that people send, and what tidies up behind: to be run in the background."""

    def load() -> "Callable[[], AbstractAsyncContextManager[Fetcher]]":
        # Brings the HTTP client along, and is not needed before somebody sends a file that is wanted.
        from services.gateway.media.opening import open_fetcher

        return lambda: open_fetcher(settings, telemetry)

    fetcher = Later(load)
    folder = Folder(Path(settings.home) / "media")
    downloads = Downloads(
        database,
        telemetry,
        fetcher=fetcher.get,
        folder=folder,
        insurances=insurances,
        store=store,
        seconds=settings.media_download_timeout_ms / 1000,
    )
    try:
        yield folder.run, downloads.run
    finally:
        await fetcher.close()


@contextlib.asynccontextmanager
async def user_apis(
    settings: GatewaySettings, telemetry: Telemetry, *, numbers: Numbers, sending: CodeSending, enrichments: Enrichments
) -> "AsyncIterator[Callable[[], Sequence[Routed]]]":
    """What makes the REST APIs for outside apps, with the other quiet routes."""

    def load() -> "Callable[[], AbstractAsyncContextManager[aiohttp.ClientSession]]":
        from chassis.http_client import open_http_client

        return lambda: open_http_client("signing keys", telemetry, most=2)

    session = Later(load)
    about_numbers = telemetry.counter("phone_number_requests", "requests about phone numbers, by step and result")
    about_items = telemetry.counter("enrichment_item_requests", "requests about enrichment items, by step and result")

    def make() -> "Sequence[Routed]":
        # Numbering plans and signatures take as long to import as a service may take to start.
        from services.gateway.enrichment_items import EnrichmentItems
        from services.gateway.phone_numbers import PhoneNumbers
        from services.gateway.signing_keys import SigningKeys
        from services.gateway.tokens import Tokens

        tokens = Tokens(
            secret=settings.jwt_secret,
            keys=SigningKeys(settings.jwt_jwks_url, session.get) if settings.jwt_jwks_url else None,
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
        )
        codes = VerificationCodes(settings.twilio_auth_token)
        return (
            PhoneNumbers(tokens=tokens, numbers=numbers, codes=codes, sending=sending, answers=about_numbers),
            EnrichmentItems(tokens=tokens, numbers=numbers, enrichments=enrichments, answers=about_items),
        )

    try:
        yield make
    finally:
        await session.close()


def steps(
    database: Database,
    telemetry: Telemetry,
    *,
    channels: Mapping[str, grpc.aio.Channel],
    outside: "Later[Providers]",
    routes: Step,
) -> dict[str, Step]:
    """Each step of the warmup by its name."""
    hot = statements_in(*_HOT)

    def connecting(channel: grpc.aio.Channel) -> Step:
        return lambda: connected(channel)

    return {
        "database": lambda: database.warm(hot),
        **{name: connecting(channel) for name, channel in channels.items()},
        "handlers": routing.preload,
        "words": lambda: in_a_thread(_words),
        "providers": outside.get,
        "routes": routes,
        "metrics page": lambda: in_a_thread(telemetry.make_page),
    }


def _words() -> None:
    catalogue.load()
    wording.load()
