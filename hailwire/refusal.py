"""Why something was refused: the reason in capitals that the contracts name, for callers to act upon."""

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2


def reason(refused: status_pb2.Status | grpc.aio.AioRpcError) -> str:
    """The reason in an item's `error` or in a call that failed, such as "PERSON_NOT_FOUND"; empty when it has none."""
    status = refused if isinstance(refused, status_pb2.Status) else _status(refused)
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            return str(info.reason)
    return ""


def _status(failed: grpc.aio.AioRpcError) -> status_pb2.Status:
    for key, value in failed.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                break  # a stranger's; its code says enough
    return status_pb2.Status()
