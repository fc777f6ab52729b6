"""The clients of the providers over one HTTP client. Slow to import: see `Later` in app.py."""

import contextlib
from collections.abc import AsyncIterator

from chassis.http_client import open_http_client
from chassis.records import record
from chassis.telemetry import Telemetry
from services.gateway.providers.twilio.client import TwilioClient
from services.gateway.providers.twilio.listing import MessageList
from services.gateway.providers.whatsapp.client import WhatsAppClient
from services.gateway.settings import GatewaySettings


@record
class Providers:
    """Meta's and Twilio's APIs, and Twilio's list of messages."""

    whatsapp: WhatsAppClient
    twilio: TwilioClient
    messages: MessageList


@contextlib.asynccontextmanager
async def open_providers(settings: GatewaySettings, telemetry: Telemetry) -> AsyncIterator[Providers]:
    """The clients that these settings describe."""
    async with open_http_client("providers", telemetry) as session:
        yield Providers(
            whatsapp=WhatsAppClient(
                session,
                graph_url=settings.wa_graph_url,
                phone_number_id=settings.wa_phone_number_id,
                access_token=settings.wa_access_token,
            ),
            twilio=TwilioClient(
                session,
                api_url=settings.twilio_api_url,
                account_sid=settings.twilio_account_sid,
                auth_token=settings.twilio_auth_token,
                sender=settings.twilio_phone_number,
                messaging_service_sid=settings.twilio_messaging_service_sid or None,
                public_base_url=settings.base_url,
            ),
            messages=MessageList(
                session,
                api_url=settings.twilio_api_url,
                account_sid=settings.twilio_account_sid,
                auth_token=settings.twilio_auth_token,
            ),
        )
