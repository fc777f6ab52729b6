"""Erases people over gRPC."""

from collections.abc import Callable, Iterable

from chassis import changes, errors, ledger
from chassis.database import Database
from hailwire.profile.v1 import erasure_pb2 as pb
from hailwire.profile.v1 import erasure_pb2_grpc
from services.profile import erasing
from services.profile.audit import Entry
from services.profile.erasing import Erasure
from services.profile.sealing import Sealer


class ErasureServicer(erasure_pb2_grpc.ErasureServiceServicer):
    """ErasureService; `forget` lets this replica's memory go at once, the others are notified."""

    def __init__(self, database: Database, sealer: Sealer, *, forget: Callable[[Iterable[int]], None]) -> None:
        self._database = database
        self._sealer = sealer
        self._forget = forget

    async def ErasePerson(self, request: pb.ErasePersonRequest, context: object) -> pb.ErasePersonResponse:
        """Takes out everything about one person."""
        ledger.check_request_id(request.request_id)
        try:
            Entry("person.erased", request.person_id, request.actor)
        except ValueError as error:
            raise errors.InvalidArgument("no such actor", reason="ACTOR_INVALID") from error
        item = Erasure(request.person_id, request.actor)
        people = await erasing.erase(
            self._database, self._sealer, changes.Request(request.request_id, ledger.fingerprint(request), item)
        )
        self._forget(people)
        return pb.ErasePersonResponse(person_ids=people)
