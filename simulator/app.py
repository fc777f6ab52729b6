"""The simulator: settings, phones and outbox, what is posted back, the two pretended APIs, server."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from chassis import logs, process
from chassis.http import serve_http
from chassis.settings import load
from simulator import graph_errors, twilio_errors
from simulator.clock import Clock
from simulator.courier import Courier
from simulator.envelopes import Envelopes, MetaEnvelopes, TwilioEnvelopes
from simulator.faults import Faults
from simulator.graph import GraphMessages
from simulator.hostile_routes import fault_routes, misbehaviour_routes, written_routes
from simulator.journal import Journal, Journaled
from simulator.journal_routes import journal_routes
from simulator.mailroom import Mailroom
from simulator.media import MediaStore
from simulator.media_routes import media_routes
from simulator.meta_statuses import MetaStatuses
from simulator.mischief import Mischief
from simulator.outbox import Outbox, Provider
from simulator.pair_limit import PairLimit, Throughput
from simulator.phones import PhoneBook
from simulator.resetting import ResettableProtocol
from simulator.restoring import Restorer
from simulator.routes import clock_routes, outbox_routes, phone_routes, stats_routes
from simulator.sending import InService
from simulator.settings import SimulatorSettings
from simulator.state_log import StateLog
from simulator.twilio import TwilioMessages
from simulator.twilio_keywords import OptOuts
from simulator.twilio_log import TwilioLog
from simulator.twilio_statuses import TwilioStatuses
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
    pair_limit = PairLimit(settings.pair_burst)
    throughput = Throughput(settings.throughput)
    journal = Journal()
    media = MediaStore(clock)
    envelopes: dict[Provider, Envelopes] = {
        "whatsapp": MetaEnvelopes(settings),
        "twilio": TwilioEnvelopes(settings),
    }
    with StateLog(Path(settings.state) if settings.state else None) as state:
        mischief = Mischief(clock, faults, settings.misbehaviour, state)
        mailroom = Mailroom(settings, clock, state, phones, mischief)
        courier = Courier(
            journal,
            mischief,
            envelopes,
            mailroom.arrived,
            mailroom.failed,
            public_url=settings.public_url,
            gateways=settings.gateways,
            timeout_seconds=settings.webhook_timeout_seconds,
            most_waiting=settings.queue_max,
        )
        mailroom.hire(courier)
        meta_statuses = MetaStatuses(settings, clock, mischief, mailroom, phones)
        twilio_statuses = TwilioStatuses(settings, clock, mailroom, phones, twilio_log)
        graph = GraphMessages(settings, clock, mischief, state, outbox, phones, meta_statuses, pair_limit, throughput)
        twilio = TwilioMessages(settings, clock, mischief, state, outbox, phones, twilio_log, opt_outs, twilio_statuses)
        writer = Writer(settings, clock, state, mischief, mailroom, phones, twilio_log, opt_outs, throughput)
        restorer = Restorer(
            clock,
            mischief,
            outbox,
            phones,
            twilio_log,
            opt_outs,
            pair_limit,
            mailroom,
            meta_statuses,
            twilio_statuses,
            writer,
        )
        graph_calls = Journaled(InService(graph, faults, "whatsapp"), journal, "whatsapp")
        twilio_calls = Journaled(InService(twilio, faults, "twilio"), journal, "twilio")

        journeys = (meta_statuses.journeys, twilio_statuses.journeys)

        def numbers() -> dict[str, int]:
            return {
                "sends_accepted": outbox.last_number,
                "sends_forgotten": outbox.forgotten,
                "statuses_waiting": mailroom.statuses_waiting + sum(map(len, journeys)),
                "statuses_dropped": mailroom.statuses_dropped + sum(way.dropped for way in journeys),
                "webhooks_waiting": mailroom.under_way + courier.extra,
                "copies_waiting": mailroom.copies,
                **courier.counts,
            }

        messages = "/twilio/2010-04-01/Accounts/{account_sid}/Messages"
        routes: list[BaseRoute] = [
            Route("/graph/{version}/{phone_number_id}/messages", graph_calls),
            Route(messages + ".json", twilio_calls),
            Route(messages + "/{sid}.json", twilio_calls),
            *media_routes(settings, media),
            *journal_routes(journal),
            *outbox_routes(outbox, lambda: state.append("outbox_cleared")),
            *fault_routes(faults),
            *misbehaviour_routes(mischief, lambda profile: state.append("misbehaviour", profile=profile.rendered())),
            *clock_routes(clock, lambda shift: state.append("clock_shifted", seconds=shift)),
            *written_routes(mailroom.messages),
            *stats_routes(numbers),
            *phone_routes(settings, phones, writer, meta_statuses, media),
        ]
        served = serve_http(
            Starlette(routes=routes),
            host=settings.http_host,
            port=settings.http_port,
            setting="SIMULATOR_HTTP_PORT",
            grace_seconds=2,
            http=ResettableProtocol,
        )
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(courier)
            await stack.enter_async_context(mailroom)
            await restorer.restore(state)
            port = await stack.enter_async_context(served)
            try:
                yield Simulator(f"http://{settings.http_host}:{port}", outbox, faults, clock)
            finally:
                # A page's stream of events never ends by itself, and the server waits for it.
                for way in journeys:
                    way.close()
                phones.close()
                journal.close()


def _is_known_code(provider: Provider, code: int) -> bool:
    return graph_errors.is_known(code) if provider == "whatsapp" else twilio_errors.is_known(code)
