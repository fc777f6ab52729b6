"""The numbers of this process over gRPC (hailwire.ops.v1), for whoever joins those of all replicas."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import Metric

from chassis.telemetry import Telemetry
from hailwire.ops.v1 import ops_pb2, ops_pb2_grpc


class PerformanceServicer(ops_pb2_grpc.PerformanceServiceServicer):
    """Reads the same registry as the Prometheus page, so that the two never disagree."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    async def GetPerformance(  # noqa: N802 - named by the contract
        self,
        request: ops_pb2.GetPerformanceRequest,  # noqa: ARG002
        context: Any,  # noqa: ARG002
    ) -> ops_pb2.GetPerformanceResponse:
        """Every sample, in the order of the names."""
        return performance(self._telemetry)


def performance(telemetry: Telemetry) -> ops_pb2.GetPerformanceResponse:
    """Every number of this process now."""
    started = Timestamp()
    started.FromMilliseconds(int(telemetry.started_at * 1000))
    response = ops_pb2.GetPerformanceResponse(
        service=telemetry.service, instance_id=telemetry.instance_id, start_time=started
    )
    metrics = sorted(_metrics(telemetry), key=lambda pair: pair[0])
    for name, metric in metrics:
        kind = _KINDS.get(metric.type, ops_pb2.METRIC_KIND_GAUGE)
        if name in telemetry.shared:
            kind = ops_pb2.METRIC_KIND_SHARED_GAUGE
        response.metrics.add(name=name, kind=kind, help=metric.documentation)
    samples = [(name, sample) for name, metric in metrics for sample in metric.samples]
    # Sorting is stable: the buckets of one histogram stay in their order.
    for name, sample in sorted(samples, key=lambda pair: pair[1].name):
        response.samples.add(name=sample.name, labels=sample.labels, value=sample.value, metric=name)
    return response


_KINDS = {"counter": ops_pb2.METRIC_KIND_COUNTER, "histogram": ops_pb2.METRIC_KIND_HISTOGRAM}


def _metrics(telemetry: Telemetry) -> Iterator[tuple[str, Metric]]:
    """Each metric under the name that its page shows."""
    for metric in telemetry.registry.collect():
        yield (f"{metric.name}_total" if metric.type == "counter" else metric.name), metric
