"""Why a file does not come: for good, or for now. Sorted by type, so that nobody retries what cannot get better."""

from chassis import errors
from hailwire.trips.v1 import events_pb2


class FileRefused(errors.Refused):
    """It is not taken, however often it is asked for; `told` is what its sender hears."""

    told: events_pb2.FileRefusal.ValueType = events_pb2.FILE_REFUSAL_UNREACHABLE


class FileTooLarge(FileRefused):
    """More bytes than MAX_MEDIA_SIZE_MB."""

    reason = "FILE_TOO_LARGE"
    told = events_pb2.FILE_REFUSAL_TOO_LARGE


class FileOfWrongKind(FileRefused):
    """Neither a photo nor a PDF, whatever was said of it."""

    reason = "FILE_OF_WRONG_KIND"
    told = events_pb2.FILE_REFUSAL_WRONG_KIND


class PlaceRefused(FileRefused):
    """An address that is nobody's of whom we fetch files: another host, another scheme, a private network."""

    reason = "PLACE_REFUSED"


class FileUnreachable(errors.Unavailable):
    """Its provider did not give it now: it may later."""

    reason = "FILE_UNREACHABLE"
