"""What a collector received, as a graph: spans by id, their parents, their links, and the processes that sent them."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status as SpanStatus

from tests.chassis.collector import Collector

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Node:
    """A span and the service that sent it."""

    service: str
    span: Span

    @property
    def name(self) -> str:
        return self.span.name

    @property
    def kind(self) -> str:
        return Span.SpanKind.Name(self.span.kind).removeprefix("SPAN_KIND_")

    @property
    def id(self) -> bytes:
        return self.span.span_id

    @property
    def failed(self) -> bool:
        return self.span.status.code == SpanStatus.STATUS_CODE_ERROR

    @property
    def attributes(self) -> dict[str, Any]:
        return {item.key: getattr(item.value, str(item.value.WhichOneof("value"))) for item in self.span.attributes}

    @property
    def links(self) -> set[bytes]:
        return {link.span_id for link in self.span.links}


class Graph:
    """Everything that has arrived so far."""

    def __init__(self, collector: Collector) -> None:
        self.nodes = {span.span_id: Node(service, span) for service, spans in collector.spans.items() for span in spans}

    def named(self, name: str, service: str = "") -> list[Node]:
        """In the order of their beginnings."""
        found = [node for node in self.nodes.values() if node.name == name and service in {"", node.service}]
        return sorted(found, key=lambda node: node.span.start_time_unix_nano)

    def one(self, name: str, service: str = "") -> Node:
        """The only one of that name."""
        found = self.named(name, service)
        assert len(found) == 1, f"{len(found)} spans {name!r}; there are {self.counted()}"
        return found[0]

    def counted(self) -> dict[str, int]:
        """How many there are of each name."""
        return dict(sorted(Counter(node.name for node in self.nodes.values()).items()))

    def parent(self, node: Node) -> Node | None:
        """What it lies below; None for a root. A parent that has not arrived is an error."""
        return self.nodes[node.span.parent_span_id] if node.span.parent_span_id else None

    def below(self, node: Node) -> list[Node]:
        """Its children, in the order of their beginnings."""
        children = [one for one in self.nodes.values() if one.span.parent_span_id == node.id]
        return sorted(children, key=lambda one: one.span.start_time_unix_nano)

    def child(self, node: Node, name: str) -> Node:
        """Its only child of that name."""
        found = [one for one in self.below(node) if one.name == name]
        assert len(found) == 1, f"{len(found)} {name!r} below {node.name!r}: {[one.name for one in self.below(node)]}"
        return found[0]

    def way(self, node: Node) -> list[str]:
        """The names from the root down to it."""
        names = [node.name]
        while (above := self.parent(node)) is not None:
            names.insert(0, above.name)
            node = above
        return names

    def tree(self, node: Node) -> Iterator[Node]:
        """It and everything below it."""
        yield node
        for one in self.below(node):
            yield from self.tree(one)


async def arrived(collector: Collector, holds: Callable[[Graph], Any], what: str) -> Graph:
    """Wait until what has arrived satisfies `holds`, which may fail meanwhile for what is missing."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        graph = Graph(collector)
        try:
            if holds(graph):
                return graph
        except (AssertionError, KeyError, IndexError):
            if time.monotonic() > end:
                raise
        assert time.monotonic() < end, f"{what} did not arrive; there are {graph.counted()}"
        await asyncio.sleep(0.05)
