"""BlocksService: translates between the contract's messages and the store."""

from hailwire.trips.v1 import blocks_pb2 as pb
from hailwire.trips.v1 import blocks_pb2_grpc
from services.trips.batches import changed
from services.trips.block import BlockSide
from services.trips.store import TripStore


class BlocksServicer(blocks_pb2_grpc.BlocksServiceServicer):
    """BlocksService over the store."""

    def __init__(self, trips: TripStore) -> None:
        self._trips = trips

    async def BatchBlockSides(self, request: pb.BatchBlockSidesRequest, context: object) -> pb.BatchBlockSidesResponse:
        """One side of a trip blocks the other, or no longer does."""
        results = await changed(request.requests, _wanted, "person_id", self._trips.block, pb.BlockSideResult)
        return pb.BatchBlockSidesResponse(results=results)

    async def ListBlocks(self, request: pb.ListBlocksRequest, context: object) -> pb.ListBlocksResponse:
        """Whom somebody has blocked."""
        return pb.ListBlocksResponse(blocks=await self._trips.blocks(request.person_id))


def _wanted(item: pb.BlockSideRequest) -> BlockSide:
    return BlockSide(item.person_id, item.trip_id, item.blocked)
