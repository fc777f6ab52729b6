"""The fetcher that the settings describe, with an HTTP client of its own. Slow to import: see preparing.py."""

import contextlib
from collections.abc import AsyncIterator

import aiohttp

from chassis.http_client import open_http_client
from chassis.telemetry import Telemetry
from services.gateway.media.fetching import Fetcher
from services.gateway.media.places import Origin, Places, Source
from services.gateway.media.resolving import PublicResolver
from services.gateway.messages import Provider
from services.gateway.providers.whatsapp.client import graph_root
from services.gateway.settings import GatewaySettings

# Where Meta's API says that files are: a place of Meta's that wants the same token.
_META_FILES = Origin("https", "lookaside.fbsbx.com", 443)
# Files fetched at a time need no more.
_MOST_CONNECTIONS = 16


@contextlib.asynccontextmanager
async def open_fetcher(settings: GatewaySettings, telemetry: Telemetry) -> AsyncIterator[Fetcher]:
    """It, until the block ends."""
    basic = aiohttp.encode_basic_auth(settings.twilio_account_sid, settings.twilio_auth_token.reveal())
    sources = {
        Provider.WHATSAPP: Source(
            Origin.of(settings.wa_graph_url),
            f"Bearer {settings.wa_access_token.reveal()}",
            frozenset({_META_FILES}),
        ),
        Provider.TWILIO: Source(Origin.of(settings.twilio_api_url), basic),
    }
    own = frozenset(source.api for source in sources.values())
    async with open_http_client(
        "media", telemetry, most=_MOST_CONNECTIONS, resolver=PublicResolver(own), decompress=False
    ) as session:
        yield Fetcher(
            session,
            sources=sources,
            graph_root=graph_root(settings.wa_graph_url),
            places=Places(settings.media_hosts.split(",")),
            most_bytes=settings.most_media_bytes,
            seconds=settings.media_download_timeout_ms / 1000,
        )
