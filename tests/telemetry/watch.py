"""A collector that prints each trace as a tree: `python -m tests.telemetry.watch`, then a mesh that exports to it."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator

from tests.chassis.collector import Collector
from tests.telemetry.collecting import Graph, Node

PORT = 4318
# A trace is printed when its last span ended so long ago: exporters collect for up to five seconds.
_QUIET_SECONDS = 7.0


def tree(graph: Graph, node: Node, begin: int, depth: int = 0) -> Iterator[str]:
    """A line for each span: when it began and how long it took in ms, who made it, its name, its failure."""
    span = node.span
    began = (span.start_time_unix_nano - begin) / 1e6
    took = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
    links = f"  ({len(span.links)} links)" if span.links else ""
    failure = f"  FAILED {span.status.message}" if node.failed else ""
    yield f"{began:9.1f} {took:8.1f}  {node.service:<8} {'  ' * depth}{node.name}{links}{failure}"
    for child in graph.below(node):
        yield from tree(graph, child, begin, depth + 1)


def roots(graph: Graph) -> Iterator[Node]:
    """The spans whose parent is none or unknown, in the order of their beginnings."""
    found = [one for one in graph.nodes.values() if one.span.parent_span_id not in graph.nodes]
    yield from sorted(found, key=lambda one: one.span.start_time_unix_nano)


def over(graph: Graph) -> set[bytes]:
    """The traces of which nothing is to be expected any more."""
    ended: dict[bytes, int] = {}
    for one in graph.nodes.values():
        ended[one.span.trace_id] = max(ended.get(one.span.trace_id, 0), one.span.end_time_unix_nano)
    return {trace_id for trace_id, end in ended.items() if time.time() - end / 1e9 > _QUIET_SECONDS}


async def watch(port: int) -> None:
    """Print what arrives until interrupted."""
    async with Collector().open(port) as collector:
        print(
            f"listening on {collector.url}; start a mesh with OTEL_EXPORTER_OTLP_ENDPOINT={collector.url}", flush=True
        )
        while True:
            await asyncio.sleep(1)
            graph = Graph(collector)
            ready = over(graph)
            for root in roots(graph):
                if root.span.trace_id in ready:
                    print(f"\ntrace {root.span.trace_id.hex()}", flush=True)
                    for line in tree(graph, root, root.span.start_time_unix_nano):
                        print(line, flush=True)
            collector.bodies.clear()
            for service, spans in collector.spans.items():
                collector.spans[service] = [span for span in spans if span.trace_id not in ready]


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(watch(int(sys.argv[1]) if len(sys.argv) > 1 else PORT))
