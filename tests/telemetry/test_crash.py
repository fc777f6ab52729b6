"""One trace across the death of a process: the rerun hangs below the webhook that another life of the gateway took."""

from pathlib import Path

import pytest

from tests.chassis.collector import Collector
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman
from tests.telemetry.collecting import arrived

pytestmark = pytest.mark.slow

WEBHOOK = "POST /webhooks/whatsapp"
NUMBER = "+250788000777"
WORDS = "zanzibar quixotry"


async def test_a_trace_goes_on_after_kill_9(fresh_database_url: str, tmp_path: Path, collector: Collector) -> None:
    """A message committed by a gateway that is then killed is answered by the next one in the same trace."""
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "GATEWAY_LEASE_SECONDS": "2",
        # However long the second gateway takes to start: the answer is the only thing that is sent.
        "GATEWAY_WAIT_NOTE_SECONDS": "0",
        "SIMULATOR_STATUS_DELAY_MS": "500",
        "LOG_LEVEL": "DEBUG",
    }
    async with (
        open_mesh(fresh_database_url, tmp_path, settings=settings) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        phone = Phone(postman, deliveries, NUMBER)
        # Nobody can be resolved: the turn waits after the inbox has committed.
        mesh.profiles[0].pause()
        await phone.say(WORDS)
        seen = await arrived(collector, lambda graph: graph.named("inbox store"), "the first gateway's spans")
        seen = await arrived(collector, lambda graph: graph.named(WEBHOOK), "the webhook's span")
        webhook = seen.one(WEBHOOK)
        assert not seen.named("send")
        mesh.gateways[0].kill()
        mesh.profiles[0].resume()
        await mesh.gateways[0].restart()
        await phone.hear("")
        graph = await arrived(
            collector,
            lambda graph: graph.parent(graph.named("delivery status")[0]) in graph.named("send"),
            "a delivery status and its send",
        )
    send = graph.one("send")
    assert graph.way(send) == [WEBHOOK, "turn", "send"]
    turn = graph.parent(send)
    assert turn is not None
    assert graph.parent(turn) == webhook
    assert mesh.gateways[0].starts == 2
    assert graph.way(graph.named("delivery status")[0]) == [WEBHOOK, "turn", "send", "delivery status"]
    assert {one.span.trace_id for one in (webhook, turn, send)} == {webhook.span.trace_id}
    told = [process.log.read_text(encoding="utf-8") for process in mesh.services]
    told += [body.decode("latin-1") for body in collector.bodies]
    for mark in (NUMBER[1:], *WORDS.split()):
        assert not [one for one in told if mark in one]
