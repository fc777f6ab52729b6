"""The numbers of this process over gRPC (hailwire.ops.v1), for whoever joins those of all replicas."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

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
        samples = [
            ops_pb2.Sample(name=sample.name, labels=sample.labels, value=sample.value)
            for metric in self._telemetry.registry.collect()
            for sample in metric.samples
        ]
        started = Timestamp()
        started.FromMilliseconds(int(self._telemetry.started_at * 1000))
        return ops_pb2.GetPerformanceResponse(
            service=self._telemetry.service,
            instance_id=self._telemetry.instance_id,
            start_time=started,
            samples=sorted(samples, key=lambda sample: sample.name),
        )
