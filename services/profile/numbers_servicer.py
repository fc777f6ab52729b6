"""Translates between the numbers contract and the store; decides nothing."""

import copy

from chassis import changes, ledger
from hailwire.profile.v1 import numbers_pb2 as pb
from hailwire.profile.v1 import numbers_pb2_grpc
from services.profile import verification
from services.profile.cached import CachedPeople
from services.profile.cached_numbers import CachedNumbers
from services.profile.number_store import Check, Owner, Start
from services.profile.person import IdentityInvalid, IdentityKind, identity
from services.profile.sealing import Sealer


class NumbersServicer(numbers_pb2_grpc.NumbersServiceServicer):
    """NumbersService over the cache of the store."""

    def __init__(self, numbers: CachedNumbers, people: CachedPeople, sealer: Sealer) -> None:
        """`people` forget who became one with somebody else."""
        self._numbers = numbers
        self._people = people
        self._sealer = sealer

    async def StartVerification(
        self, request: pb.StartVerificationRequest, context: object
    ) -> pb.StartVerificationResponse:
        """Remembers a code that the caller is about to send."""
        verification.check_code(request.code)
        start = Start(self._owner(request.owner), _number(request.number), request.code)
        return await self._numbers.start(self._request(request, start))

    async def CheckVerification(
        self, request: pb.CheckVerificationRequest, context: object
    ) -> pb.CheckVerificationResponse:
        """Compares a code that somebody typed."""
        verification.check_code(request.code)
        check = Check(self._owner(request.owner), _number(request.number) if request.number else "", request.code)
        try:
            return await self._numbers.check(self._request(request, check))
        finally:
            self._people.forget([request.owner.person_id] if request.owner.person_id else [])

    async def GetNumber(self, request: pb.GetNumberRequest, context: object) -> pb.GetNumberResponse:
        """The number of a user."""
        found = await self._numbers.find(self._owner(request.owner).hashed)
        if found is None:
            raise verification.NumberNotFound
        response = pb.GetNumberResponse(number=found.number, verified=found.verified_at is not None)
        if found.verified_at is not None:
            response.verify_time.FromDatetime(found.verified_at)
        if found.expires_at is not None:
            response.expire_time.FromDatetime(found.expires_at)
        return response

    async def GetPerson(self, request: pb.GetPersonRequest, context: object) -> pb.GetPersonResponse:
        """Whoever writes from the number of a user."""
        return pb.GetPersonResponse(person_id=await self._numbers.person_of(self._owner(request.owner).hashed))

    async def Unlink(self, request: pb.UnlinkRequest, context: object) -> pb.UnlinkResponse:
        """Takes the number from its user."""
        await self._numbers.unlink(self._request(request, self._owner(request.owner)))
        return pb.UnlinkResponse()

    def _owner(self, owner: pb.Owner) -> Owner:
        """Raises OwnerInvalid."""
        if owner.WhichOneof("owner") == "user":
            verification.check_user(owner.user)
            return Owner(self._sealer.hashed("user", owner.user.encode()))
        if owner.person_id <= 0:
            raise verification.OwnerInvalid
        return Owner(self._sealer.hashed("person", b"%d" % owner.person_id), owner.person_id)

    def _request(
        self, request: pb.StartVerificationRequest | pb.CheckVerificationRequest | pb.UnlinkRequest, item: changes.Item
    ) -> changes.Request[changes.Item]:
        ledger.check_request_id(request.request_id)
        asked = copy.deepcopy(request)
        if asked.owner.person_id:
            asked.owner.person_id = 0  # a repeat may come after the person was merged into another one
        return changes.Request(request.request_id, self._sealer.fingerprint(asked), item)


def _number(text: str) -> str:
    """Raises NumberInvalid."""
    try:
        return identity(IdentityKind.SMS_NUMBER, text).value
    except IdentityInvalid:
        raise verification.NumberInvalid from None
