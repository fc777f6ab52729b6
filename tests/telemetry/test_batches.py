"""The traces of many messages at once: what they shared is a trace of its own, linked to each of theirs."""

import asyncio

from tests.chassis.collector import Collector
from tests.gateway.mesh import Mesh, payload, text, until
from tests.telemetry.collecting import Graph, Node, arrived

WEBHOOK = "POST /webhooks/whatsapp"
RESOLVE = "hailwire.profile.v1.ProfileService/BatchResolvePeople"
PEOPLE = 60


def served(graph: Graph, batches: list[Node], one: Node) -> list[Node]:
    """The batches that worked for this span: below it when it was alone, linked to it when it was not."""
    return [batch for batch in batches if batch.span.parent_span_id == one.id or one.id in batch.links]


def both_sides(graph: Graph) -> bool:
    """Whether the other process has exported its side of every RPC, too."""
    batches = [one for one in graph.named(RESOLVE) if one.kind != "SERVER"]
    return all(any(one.kind == "SERVER" for one in graph.tree(batch)) for batch in batches)


async def test_what_many_messages_shared_is_linked_to_each_of_them(mesh: Mesh, collector: Collector) -> None:
    """Every webhook, turn and send leads to the one transaction and RPC that it travelled in, and to nobody else's."""
    phones = [f"250788{number:06}" for number in range(PEOPLE)]
    answers = await asyncio.gather(*(mesh.whatsapp(payload(text(phone, "hello"))) for phone in phones))
    assert {answer.status for answer in answers} == {200}
    traces = {bytes.fromhex(answer.headers["traceresponse"][3:35]) for answer in answers}
    await until(mesh.quiet, "the end of everything in flight", within=60)
    await arrived(collector, lambda graph: len(graph.named("send")) == PEOPLE, "sends")
    graph = await arrived(
        collector,
        lambda graph: all(served(graph, graph.named("outbox settle"), one) for one in graph.named("send")),
        "their settling",
    )
    graph = await arrived(collector, both_sides, "what the other process did")
    webhooks = [one for one in graph.named(WEBHOOK) if one.span.trace_id in traces]
    turns, sends = graph.named("turn"), graph.named("send")
    assert len(webhooks) == len(turns) == PEOPLE
    for name, callers in (
        ("inbox store", webhooks),
        (RESOLVE, turns),
        ("turn commit", turns),
        ("outbox settle", sends),
    ):
        batches = [one for one in graph.named(name) if one.kind != "SERVER"]
        for one in callers:
            assert len(served(graph, batches, one)) == 1, name
        shared = [batch for batch in batches if batch.links]
        assert shared, f"no two ever shared {name}"
        for batch in shared:
            assert len(batch.links) >= 2
            assert not batch.span.parent_span_id
            assert batch.span.trace_id not in traces
            # What was done for all of them lies below the batch, on both sides of an RPC.
            below = [one for one in graph.tree(batch) if one is not batch]
            assert below
            assert {one.span.trace_id for one in below} == {batch.span.trace_id}
            if name == RESOLVE:
                assert [one.service for one in below if one.kind == "SERVER"] == ["profile"]
                assert [one for one in below if one.name.startswith("profile.")]
    for turn in turns:
        assert turn.span.parent_span_id in {one.id for one in webhooks}
    for send in sends:
        above = graph.parent(send)
        assert above is not None
        assert above.name == "turn"
