"""The wallets of the profile service."""

import grpc

from chassis.coalesce import Coalescer
from hailwire.profile.v1 import wallet_pb2, wallet_pb2_grpc
from services.gateway.clients.batching import Peer, batched

SERVICE = wallet_pb2.DESCRIPTOR.services_by_name["WalletService"].full_name


class Wallets:
    """Single calls that travel in batches; each method takes and gives the contract's own messages."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        stub = wallet_pb2_grpc.WalletServiceStub(channel)
        self._peer = Peer("profile", channel, SERVICE)
        self._stub = stub
        self.open: Coalescer[int, wallet_pb2.Wallet] = batched(
            self._peer,
            "open_wallet",
            stub.BatchOpenWallets,
            lambda items: wallet_pb2.BatchOpenWalletsRequest(person_ids=items),
            lambda result: result.wallet,
        )
        self.payee: Coalescer[str, wallet_pb2.Party] = batched(
            self._peer,
            "payee",
            stub.BatchFindPayees,
            lambda items: wallet_pb2.BatchFindPayeesRequest(codes=items),
            lambda result: result.payee,
        )
        self.transfer: Coalescer[wallet_pb2.TransferRequest, wallet_pb2.Transaction] = batched(
            self._peer,
            "transfer",
            stub.BatchTransfer,
            lambda items: wallet_pb2.BatchTransferRequest(requests=items),
            lambda result: result.transaction,
        )

    async def entries(self, person_id: int, page_token: str, page_size: int) -> wallet_pb2.ListEntriesResponse:
        """A page of a person's statement, newest first."""
        request = wallet_pb2.ListEntriesRequest(person_id=person_id, page_token=page_token, page_size=page_size)
        page: wallet_pb2.ListEntriesResponse = await self._peer.call(self._stub.ListEntries(request))
        return page
