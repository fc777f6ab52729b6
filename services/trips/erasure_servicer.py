"""Erases people over gRPC."""

from collections.abc import Callable

from chassis import changes, ledger
from chassis.database import Database
from hailwire.trips.v1 import erasure_pb2 as pb
from hailwire.trips.v1 import erasure_pb2_grpc
from services.trips import erasing
from services.trips.board import Erasure
from services.trips.presence import check_person
from services.trips.terms import Terms


class ErasureServicer(erasure_pb2_grpc.ErasureServiceServicer):
    """ErasureService; `forget` lets this replica's memory of all trips and of one person go at once."""

    def __init__(self, database: Database, terms: Terms, *, forget: Callable[[int], None]) -> None:
        self._database = database
        self._terms = terms
        self._forget = forget

    async def ErasePerson(self, request: pb.ErasePersonRequest, context: object) -> pb.ErasePersonResponse:
        """Takes out everything about one person."""
        ledger.check_request_id(request.request_id)
        check_person(request.person_id)
        asked = changes.Request(request.request_id, ledger.fingerprint(request), Erasure(request.person_id))
        response = await erasing.erase(self._database, self._terms, asked)
        self._forget(request.person_id)
        return response
