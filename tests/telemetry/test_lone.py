"""The trace of one message, edge by edge: from the webhook through every process to the delivery status."""

from tests.chassis.collector import Collector
from tests.gateway.mesh import Mesh, payload, sms, text
from tests.telemetry.collecting import Graph, Node, arrived

WEBHOOK = "POST /webhooks/whatsapp"
RESOLVE = "hailwire.profile.v1.ProfileService/BatchResolvePeople"


def statuses(graph: Graph) -> list[Node]:
    return graph.named("delivery status")


def both_sides(graph: Graph) -> bool:
    """Whether the other process has exported its side of the RPC, too."""
    return {"CLIENT", "SERVER"} <= {one.kind for one in graph.named(RESOLVE)}


async def test_one_trace_from_the_webhook_to_the_delivery_status(mesh: Mesh, collector: Collector) -> None:
    """Webhook, inbox, turn, RPC on both sides, SQL, outbox, provider call and status hang below one another."""
    answer = await mesh.whatsapp(payload(text("250788000001", "hello")))
    trace_id = bytes.fromhex(answer.headers["traceresponse"][3:35])
    await mesh.answered("+250788000001")
    graph = await arrived(
        collector,
        lambda graph: len(statuses(graph)) == len(graph.named(WEBHOOK)) - 1 >= 2 and both_sides(graph),
        "delivery statuses",
    )
    webhook = next(node for node in graph.named(WEBHOOK) if node.span.trace_id == trace_id)
    edges = {(above.name, one.name, one.kind) for above in graph.tree(webhook) for one in graph.below(above)}
    assert edges >= {
        (WEBHOOK, "inbox store", "INTERNAL"),
        ("inbox store", "gateway.inbox_store", "CLIENT"),  # nothing to be done by that: they are new
        (WEBHOOK, "stranger store", "INTERNAL"),
        ("stranger store", "gateway.inbox_receive", "CLIENT"),
        ("stranger store", "gateway.inbox_enqueue", "CLIENT"),
        (WEBHOOK, "turn", "CONSUMER"),
        ("turn", RESOLVE, "CLIENT"),
        (RESOLVE, RESOLVE, "SERVER"),
        (RESOLVE, "profile.find_people_by_identity", "CLIENT"),
        ("turn", "turn commit", "INTERNAL"),
        ("turn commit", "gateway.commit_end", "CLIENT"),
        ("turn", "send", "PRODUCER"),
        ("send", "POST whatsapp", "CLIENT"),
        ("send", "outbox settle", "INTERNAL"),
        ("outbox settle", "gateway.outbox_settle", "CLIENT"),
        ("send", "delivery status", "CONSUMER"),
    }
    assert not webhook.span.parent_span_id
    assert {node.span.trace_id for node in graph.tree(webhook)} == {trace_id}
    assert not any(node.failed for node in graph.nodes.values())
    server = next(node for node in graph.tree(webhook) if node.kind == "SERVER" and node.name == RESOLVE)
    assert server.service == "profile"
    # The webhooks that told the statuses are traces of their own, linked to.
    others = {node.id for node in graph.named(WEBHOOK)} - {webhook.id}
    assert all(len(one.links) == 1 and one.links <= others for one in statuses(graph))


async def test_attributes_are_those_of_the_semantic_conventions(mesh: Mesh, collector: Collector) -> None:
    """HTTP, RPC and database spans say what they are in OpenTelemetry's words."""
    await mesh.twilio(sms("+250788000002", "hello"))
    await mesh.answered("+250788000002")
    graph = await arrived(collector, lambda graph: statuses(graph) and both_sides(graph), "a delivery status")
    webhook = graph.named("POST /webhooks/twilio")[0]
    assert webhook.attributes == {
        "http.request.method": "POST",
        "http.route": "/webhooks/twilio",
        "http.response.status_code": 200,
        "url.scheme": "http",
    }
    call = graph.one("POST twilio").attributes
    assert (call["http.request.method"], call["http.response.status_code"]) == ("POST", 201)
    assert call["server.address"] == "127.0.0.1"
    statement = graph.one("gateway.outbox_settle")
    assert statement.attributes == {"db.system.name": "postgresql", "db.query.summary": "gateway.outbox_settle"}
    client, server = graph.named(RESOLVE)[:2]
    assert client.attributes == {
        "rpc.system.name": "grpc",
        "rpc.method": "hailwire.profile.v1.ProfileService/BatchResolvePeople",
        "rpc.response.status_code": "OK",
    }
    assert server.attributes["rpc.system.name"] == "grpc"
    assert graph.one("turn").attributes["hailwire.ending"] == "done"


async def test_a_failed_send_is_seen_in_the_trace_of_its_message(mesh: Mesh, collector: Collector) -> None:
    """What the provider refused, and the failure that it told later, lie below the message that caused them."""
    mesh.goes_wrong("whatsapp", "131026", to="+250788000003")
    await mesh.whatsapp(payload(text("250788000003", "hello")))
    graph = await arrived(collector, lambda graph: graph.named("send"), "a send")
    send = graph.one("send")
    assert send.failed
    assert send.attributes["hailwire.state"] == "failed"
    assert graph.way(graph.child(send, "POST whatsapp")) == [WEBHOOK, "turn", "send", "POST whatsapp"]
