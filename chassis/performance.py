"""The numbers of this process over gRPC (hailwire.ops.v1), for whoever joins those of all replicas."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from chassis import logs
from chassis.instruments import BOUNDS, Histogram, Instrument, Kind, Reading
from chassis.telemetry import Telemetry
from hailwire.ops.v1 import ops_pb2, ops_pb2_grpc

log = logs.get(__name__)


class PerformanceServicer(ops_pb2_grpc.PerformanceServiceServicer):
    """Reads the same numbers as the Prometheus page, so that the two never disagree."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    async def GetPerformance(  # noqa: N802 - named by the contract
        self,
        request: ops_pb2.GetPerformanceRequest,  # noqa: ARG002
        context: Any,  # noqa: ARG002
    ) -> ops_pb2.GetPerformanceResponse:
        """Every sample, in the order of the names."""
        return performance(self._telemetry)


_KINDS = {
    Kind.COUNTER: ops_pb2.METRIC_KIND_COUNTER,
    Kind.GAUGE: ops_pb2.METRIC_KIND_GAUGE,
    Kind.SHARED_GAUGE: ops_pb2.METRIC_KIND_SHARED_GAUGE,
}


def performance(telemetry: Telemetry) -> ops_pb2.GetPerformanceResponse:
    """Every number of this process now. It holds up the loop for as long as it takes, so it takes little."""
    started = Timestamp()
    started.FromMilliseconds(int(telemetry.started_at * 1000))
    response = ops_pb2.GetPerformanceResponse(
        service=telemetry.service, instance_id=telemetry.instance_id, start_time=started
    )
    everything: list[Instrument | Histogram] = [*telemetry.instruments, *telemetry.histograms]
    for one in sorted(everything, key=lambda one: one.name):
        if isinstance(one, Instrument):
            response.metrics.add(name=one.name, kind=_KINDS[one.kind], help=one.help)
            for value, labels in _read(one):
                response.samples.add(name=one.name, labels=labels, value=value)
        else:
            kind = ops_pb2.METRIC_KIND_HISTOGRAM
            response.metrics.add(name=one.name, kind=kind, help=one.help, bounds=BOUNDS)
            for labels, durations in one.read():
                response.histograms.add(
                    name=one.name, labels=labels, counts=durations.counts, seconds=durations.seconds
                )
    return response


def _read(instrument: Instrument) -> list[Reading]:
    try:
        return list(instrument.read())
    except Exception as error:
        # One that cannot be read must not hide the others.
        log.exception("a metric cannot be read", error, metric=instrument.name)
        return []
