"""How somebody in a chat proves that a phone number is theirs, too: a code goes there, and comes back in the chat."""

from datetime import UTC

from hailwire.profile.v1 import numbers_pb2
from services.gateway.clients.numbers import Numbers
from services.gateway.code_sending import CodeSending
from services.gateway.linking import Linking
from services.gateway.messages import Address
from services.gateway.verification_codes import CodeMessage, VerificationCodes


class Proving:
    """Both halves of a proof. Every step may be run again with its request id, and then changes nothing more."""

    def __init__(self, numbers: Numbers, codes: VerificationCodes, sending: CodeSending, linking: Linking) -> None:
        self._numbers = numbers
        self._codes = codes
        self._sending = sending
        self._linking = linking

    async def start(self, request_id: str, person_id: int, number: str, language: str) -> None:
        """Send a code; raises what the profile service refuses."""
        # The request id is the nonce, so that a rerun sends no other code than the one that is remembered.
        started = await self._numbers.start(
            numbers_pb2.StartVerificationRequest(
                request_id=request_id,
                owner=numbers_pb2.Owner(person_id=person_id),
                number=number,
                code=self._codes.code(request_id),
            )
        )
        until = started.expire_time.ToDatetime(tzinfo=UTC)
        await self._sending.send(number, request_id, CodeMessage(request_id, started.language or language, until))

    async def check(self, request_id: str, person_id: int, code: str, address: str) -> None:
        """Compare a code; the right one makes one person and one conversation of both."""
        proved = await self._numbers.check(
            numbers_pb2.CheckVerificationRequest(
                request_id=request_id, owner=numbers_pb2.Owner(person_id=person_id), code=code
            )
        )
        await self._linking.join(address, Address("sms", "number", proved.number).key)
