"""Translates between the contract's messages and the store; decides nothing."""

from chassis import changes, errors, ledger, pages
from hailwire.profile.v1 import wallet_pb2 as pb
from hailwire.profile.v1 import wallet_pb2_grpc
from services.profile.wallet import codes, messages
from services.profile.wallet.account import Order, PayeeUnknown
from services.profile.wallet.store import WalletStore


class WalletServicer(wallet_pb2_grpc.WalletServiceServicer):
    """WalletService over the store."""

    def __init__(self, wallets: WalletStore) -> None:
        self._wallets = wallets
        self._messages = wallets.messages

    async def BatchOpenWallets(
        self, request: pb.BatchOpenWalletsRequest, context: object
    ) -> pb.BatchOpenWalletsResponse:
        """Finds or opens the wallet of each person."""
        pages.check_batch(request.person_ids)
        opened = await self._wallets.open(request.person_ids)
        return pb.BatchOpenWalletsResponse(results=map(self._messages.wallet_result, opened))

    async def BatchFindPayees(self, request: pb.BatchFindPayeesRequest, context: object) -> pb.BatchFindPayeesResponse:
        """Finds whom a code means."""
        pages.check_batch(request.codes)
        asked = [codes.read(typed) for typed in request.codes]
        found = await self._wallets.payees({code for code in asked if code is not None})
        unknown = pb.PayeeResult(error=errors.to_status(PayeeUnknown()))
        return pb.BatchFindPayeesResponse(
            results=[pb.PayeeResult(payee=messages.payee(found[code])) if code in found else unknown for code in asked]
        )

    async def BatchTransfer(self, request: pb.BatchTransferRequest, context: object) -> pb.BatchTransferResponse:
        """Sends money from one person to another."""
        pages.check_batch(request.requests)
        results: list[pb.TransactionResult | None] = []
        orders: list[changes.Request[Order]] = []
        for item in request.requests:
            try:
                ledger.check_request_id(item.request_id)
                orders.append(changes.Request(item.request_id, _fingerprint(item), self._messages.transfer(item)))
                results.append(None)
            except errors.HailwireError as refusal:
                results.append(self._messages.transaction_result(refusal))
        outcomes = iter([self._messages.result_from(outcome) for outcome in await self._wallets.book(orders)])
        return pb.BatchTransferResponse(results=[result or next(outcomes) for result in results])

    async def ListEntries(self, request: pb.ListEntriesRequest, context: object) -> pb.ListEntriesResponse:
        """Lists what went in and out, page by page."""
        page = await self._wallets.entries(request.person_id, messages.paging(request))
        return pb.ListEntriesResponse(
            entries=[self._messages.entry(row) for row in page.rows], next_page_token=page.next_token
        )


def _fingerprint(item: pb.TransferRequest) -> bytes:
    """What was asked, by whomever: a repeat may name the person whom the first one was merged into."""
    asked = pb.TransferRequest()
    asked.CopyFrom(item)
    asked.ClearField("person_id")
    return ledger.fingerprint(asked)
