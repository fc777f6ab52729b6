"""Which spans are exported: a share of the traces, and beyond it whatever failed or took long.

Every span is recorded. Whether its trace is sampled is decided at the root and told to everybody by the trace flags.
The spans of the other traces are held for a while: the first one that failed, or a slow turn, takes all of them along,
and those of the batches that it shared. Each process judges what it has seen itself.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags, TraceState
from opentelemetry.util.types import Attributes

# A span takes one to two kilobytes: a few megabytes at most wait for a verdict.
_MOST_HELD = 2000
_MOST_KEPT = 1000
# Whose end somebody waits for. A slow statement makes the turn slow that it belongs to.
_AWAITED = frozenset({SpanKind.SERVER, SpanKind.CONSUMER, SpanKind.PRODUCER})
# Long polls are meant to take long.
_SLOW_EXEMPT = ("/TakeEvents", "/Watch")
# Calls of those who only look whether we are well.
_LOOKING = ("grpc.", "hailwire.ops.")


class AtTheRoot(Sampler):
    """A root is sampled by the share, a batch when one of its callers is, everything below as the root.

    A call or statement that nobody asked for (a sweep that looks for work) is no trace of interest until it fails,
    nor is a probe.
    """

    def __init__(self, ratio: float) -> None:
        self._bound = TraceIdRatioBased.get_bound_for_rate(ratio)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,  # noqa: ARG002
    ) -> SamplingResult:
        """Called for each span that begins."""
        parent = trace.get_current_span(parent_context).get_span_context()
        if parent.is_valid:
            sampled = parent.trace_flags.sampled
        elif links:
            sampled = any(link.context.trace_flags.sampled for link in links)
        elif kind is SpanKind.CLIENT or name.startswith(_LOOKING):
            sampled = False
        else:
            sampled = trace_id & TraceIdRatioBased.TRACE_ID_LIMIT < self._bound
        return SamplingResult(Decision.RECORD_AND_SAMPLE if sampled else Decision.RECORD_ONLY, attributes)

    def get_description(self) -> str:
        """As OpenTelemetry asks for it."""
        return "HailwireAtTheRoot"


@dataclass
class _Held:
    """The spans of a trace that is not sampled, and the batches that worked for it."""

    spans: list[ReadableSpan] = field(default_factory=list)
    batches: set[int] = field(default_factory=set)


class AtTheEnd(SpanProcessor):
    """Passes on the spans of sampled traces, and of others once one of their spans failed or took long."""

    def __init__(self, following: SpanProcessor, slow_seconds: float, most_held: int = _MOST_HELD) -> None:
        self._following = following
        self._slow_nanoseconds = int(slow_seconds * 1e9)
        self._most_held = most_held
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._count = 0
        self._kept: OrderedDict[int, None] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """How many spans wait for a verdict."""
        return self._count

    def on_end(self, span: ReadableSpan) -> None:
        """Called for each span that ended."""
        context = span.get_span_context()
        if context is None or context.trace_flags.sampled:
            self._following.on_end(span)
            return
        with self._lock:
            self._hold(context.trace_id, span)
            if context.trace_id in self._kept:
                self._let_go(context.trace_id)
            elif self._worth_keeping(span):
                self._keep(context.trace_id)

    def _hold(self, trace_id: int, span: ReadableSpan) -> None:
        # Room is made first: the oldest trace may be the span's own, and the span itself must stay.
        while self._held and self._count >= self._most_held:
            _, oldest = self._held.popitem(last=False)
            self._count -= len(oldest.spans)
        self._held.setdefault(trace_id, _Held()).spans.append(span)
        self._count += 1
        for link in span.links:
            if (caller := self._held.get(link.context.trace_id)) is not None:
                caller.batches.add(trace_id)

    def _worth_keeping(self, span: ReadableSpan) -> bool:
        if span.status.status_code is StatusCode.ERROR:
            return True
        lasted = (span.end_time or 0) - (span.start_time or 0)
        return span.kind in _AWAITED and lasted > self._slow_nanoseconds and not span.name.endswith(_SLOW_EXEMPT)

    def _keep(self, trace_id: int) -> None:
        # What fails here would fail in Span.end, and with it the work that was measured.
        held = self._held.get(trace_id, _Held())
        callers = {link.context.trace_id for span in held.spans for link in span.links}
        for one in (trace_id, *callers, *held.batches):
            self._kept[one] = None
            self._let_go(one)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def _let_go(self, trace_id: int) -> None:
        held = self._held.pop(trace_id, _Held())
        self._count -= len(held.spans)
        for span in held.spans:
            self._following.on_end(_sampled(span))

    def shutdown(self) -> None:
        """What is still held had nothing special about it."""
        self._following.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what was passed on."""
        return self._following.force_flush(timeout_millis)


def _sampled(span: ReadableSpan) -> ReadableSpan:
    """The same span as one of a sampled trace: exporters leave out all others."""
    context = span.get_span_context()
    assert context is not None  # noqa: S101 - a span that has ended has one
    return ReadableSpan(
        name=span.name,
        context=SpanContext(
            context.trace_id,
            context.span_id,
            context.is_remote,
            TraceFlags(context.trace_flags | TraceFlags.SAMPLED),
            context.trace_state,
        ),
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
