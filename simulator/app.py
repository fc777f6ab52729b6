"""The simulator: settings, phones and outbox, what is posted back, the two pretended APIs, server."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from chassis import logs, process
from chassis.http import serve_http
from chassis.settings import load
from simulator import graph_errors, twilio_errors
from simulator.clock import Clock
from simulator.courier import Courier
from simulator.faults import Faults
from simulator.graph import GraphMessages
from simulator.journal import Journal, Journaled
from simulator.journal_routes import journal_routes
from simulator.media import MediaStore
from simulator.media_routes import media_routes
from simulator.meta_statuses import MetaStatuses, MetaWebhooks
from simulator.outbox import Outbox, Provider
from simulator.phones import PhoneBook
from simulator.routes import clock_routes, fault_routes, outbox_routes, phone_routes, stats_routes
from simulator.settings import SimulatorSettings
from simulator.twilio import TwilioMessages
from simulator.twilio_keywords import OptOuts
from simulator.twilio_log import TwilioLog
from simulator.twilio_statuses import TwilioStatuses, TwilioWebhooks
from simulator.writing import Writer

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Simulator:
    """A running simulator."""

    url: str
    outbox: Outbox
    faults: Faults
    clock: Clock


async def main(environ: Mapping[str, str]) -> None:
    """Serve until this process is asked to end."""
    settings = load(SimulatorSettings, environ)
    logs.configure("simulator")
    async with simulator(settings) as running:
        log.info("simulator ready", url=running.url)
        await process.stopped()


@contextlib.asynccontextmanager
async def simulator(settings: SimulatorSettings) -> AsyncIterator[Simulator]:
    """A simulator that serves as long as the context lasts; port 0 takes any free one."""
    clock = Clock()
    faults = Faults(_is_known_code)
    outbox = Outbox(most_messages=settings.outbox_max, most_bytes=settings.outbox_mb * 1024 * 1024)
    phones = PhoneBook(clock, outbox)
    twilio_log = TwilioLog(settings.outbox_max)
    opt_outs = OptOuts()
    journal = Journal()
    media = MediaStore(clock)
    meta_webhooks, twilio_webhooks = MetaWebhooks(settings), TwilioWebhooks(settings)
    courier = Courier(
        faults,
        journal,
        public_url=settings.public_url,
        gateways=settings.gateways,
        timeout_seconds=settings.webhook_timeout_seconds,
        most_waiting=settings.queue_max,
    )
    async with (
        courier,
        MetaStatuses(settings, clock, courier, phones, meta_webhooks) as meta_statuses,
        TwilioStatuses(settings, clock, courier, phones, twilio_webhooks) as twilio_statuses,
    ):
        graph = GraphMessages(settings, clock, faults, outbox, phones, meta_statuses)
        twilio = TwilioMessages(settings, clock, faults, outbox, phones, twilio_log, opt_outs, twilio_statuses)
        writer = Writer(settings, clock, courier, phones, twilio_log, opt_outs, meta_webhooks, twilio_webhooks)
        graph_calls, twilio_calls = Journaled(graph, journal, "whatsapp"), Journaled(twilio, journal, "twilio")

        def numbers() -> dict[str, int]:
            return {
                "sends_accepted": outbox.last_number,
                "sends_forgotten": outbox.forgotten,
                "statuses_waiting": len(meta_statuses.pump) + len(twilio_statuses.pump),
                "statuses_dropped": meta_statuses.pump.dropped + twilio_statuses.pump.dropped,
                "webhooks_waiting": courier.waiting,
                **courier.counts,
            }

        messages = "/twilio/2010-04-01/Accounts/{account_sid}/Messages"
        routes: list[BaseRoute] = [
            Route("/graph/{version}/{phone_number_id}/messages", graph_calls),
            Route(messages + ".json", twilio_calls),
            Route(messages + "/{sid}.json", twilio_calls),
            *media_routes(settings, media),
            *journal_routes(journal),
            *outbox_routes(outbox),
            *fault_routes(faults),
            *clock_routes(clock),
            *stats_routes(numbers),
            *phone_routes(settings, phones, writer, meta_statuses, media),
        ]
        served = serve_http(
            Starlette(routes=routes),
            host=settings.http_host,
            port=settings.http_port,
            setting="SIMULATOR_HTTP_PORT",
            grace_seconds=2,
        )
        async with served as port:
            try:
                yield Simulator(f"http://{settings.http_host}:{port}", outbox, faults, clock)
            finally:
                # A page's stream of events never ends by itself, and the server waits for it.
                phones.close()
                journal.close()


def _is_known_code(provider: Provider, code: int) -> bool:
    return graph_errors.is_known(code) if provider == "whatsapp" else twilio_errors.is_known(code)
