"""The profile service."""

from collections.abc import Awaitable, Iterable

import grpc

from chassis.coalesce import Coalescer
from hailwire.profile.v1 import disclosure_pb2, disclosure_pb2_grpc, profile_pb2, profile_pb2_grpc
from services.gateway.clients.batching import Peer, batched
from services.gateway.clients.copies import PeopleCopies
from services.gateway.clients.enrichments import Enrichments
from services.gateway.clients.insurance import Insurances
from services.gateway.clients.places import Places
from services.gateway.clients.referrals import Referrals
from services.gateway.clients.wallets import Wallets
from services.gateway.messages import Address

SERVICE = profile_pb2.DESCRIPTOR.services_by_name["ProfileService"].full_name


def identity(address: Address) -> profile_pb2.Identity:
    """What the profile service calls an address."""
    if address.channel == "sms":
        kind = profile_pb2.IDENTITY_KIND_SMS_NUMBER
    elif address.kind == "user":
        kind = profile_pb2.IDENTITY_KIND_WHATSAPP_USER
    else:
        kind = profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER
    return profile_pb2.Identity(kind=kind, value=address.value)


def address_keys(known: profile_pb2.Identity) -> list[str]:
    """Every address that an identity may have: WhatsApp is reached by itself and through Twilio."""
    match known.kind:
        case profile_pb2.IDENTITY_KIND_SMS_NUMBER:
            return [Address("sms", "number", known.value).key]
        case profile_pb2.IDENTITY_KIND_WHATSAPP_USER:
            return [Address("whatsapp", "user", known.value, relayed).key for relayed in (False, True)]
    return [Address("whatsapp", "number", known.value, relayed).key for relayed in (False, True)]


def reached(person: profile_pb2.Person) -> bool:
    """Whether they may be written to on some channel on which they are known."""
    ways = {
        profile_pb2.CHANNEL_SMS if known.kind == profile_pb2.IDENTITY_KIND_SMS_NUMBER else profile_pb2.CHANNEL_WHATSAPP
        for known in person.identities
    }
    return bool(ways - set(person.opt_outs))


class Profile:
    """Single calls that travel in batches; people who are known already are answered by their copies."""

    def __init__(self, channel: grpc.aio.Channel, copies: PeopleCopies | None = None) -> None:
        """Without `copies` everybody is asked for."""
        self._copies = copies
        stub = profile_pb2_grpc.ProfileServiceStub(channel)
        self.peer = Peer("profile", channel, SERVICE)
        self.wallets = Wallets(channel)
        self.insurances = Insurances(channel)
        self.places = Places(channel, self.peer)
        self.enrichments = Enrichments(channel, self.peer)
        self.referrals = Referrals(channel, self.peer)
        self._disclosure = disclosure_pb2_grpc.DisclosureServiceStub(channel)
        self._resolve: Coalescer[profile_pb2.ResolvePersonRequest, profile_pb2.Person] = batched(
            self.peer,
            "resolve",
            stub.BatchResolvePeople,
            lambda items: profile_pb2.BatchResolvePeopleRequest(requests=items),
            _person,
        )
        self._get: Coalescer[int, profile_pb2.Person] = batched(
            self.peer,
            "get",
            stub.BatchGetPeople,
            lambda items: profile_pb2.BatchGetPeopleRequest(person_ids=items),
            _person,
        )
        self._get_now: Coalescer[int, profile_pb2.Person] = batched(
            self.peer,
            "get_now",
            stub.BatchGetPeople,
            lambda items: profile_pb2.BatchGetPeopleRequest(person_ids=items, fresh=True),
            _person,
        )
        self._update: Coalescer[profile_pb2.UpdatePersonRequest, profile_pb2.Person] = batched(
            self.peer,
            "update",
            stub.BatchUpdatePeople,
            lambda items: profile_pb2.BatchUpdatePeopleRequest(requests=items),
            _person,
        )

    async def resolve(
        self, addresses: Iterable[Address], name: str, *, person_id: int | None = None
    ) -> profile_pb2.Person:
        """The person behind addresses that a provider signed together; `person_id` is who it was the last time."""
        identities = [identity(address) for address in addresses]
        if self._copies is not None and person_id is not None:
            person = self._copies.sighted(person_id, identities, name)
            if person is not None:
                return person
        return await self._kept(self._resolve(profile_pb2.ResolvePersonRequest(identities=identities, name=name)))

    async def get(self, person_id: int, *, fresh: bool = False) -> profile_pb2.Person:
        """A person by id; `fresh` for whoever knows of a change that the replica asked may not have heard of."""
        if fresh:
            return await self._kept(self._get_now(person_id))
        person = self._copies.get(person_id) if self._copies is not None else None
        return person or await self._kept(self._get(person_id))

    async def disclose(self, person_id: int, to_person_id: int, trip_id: int) -> str:
        """A number that its person agreed to show to one other person; empty when they have none."""
        request = disclosure_pb2.DiscloseNumberRequest(person_id=person_id, to_person_id=to_person_id, trip_id=trip_id)
        response = await self.peer.call(self._disclosure.DiscloseNumber(request))
        return str(response.number)

    async def update(self, request: profile_pb2.UpdatePersonRequest) -> profile_pb2.Person:
        """Change a person."""
        try:
            return await self._update(request)
        finally:
            self.forget(request.person.person_id)

    def forget(self, person_id: int) -> None:
        """We changed this person: whoever asks from now on must see it, though we have not heard of it yet."""
        if self._copies is not None:
            self._copies.forget((person_id,))

    async def hear(self) -> None:
        """Hear of changes for as long as people may be copied, until cancelled."""
        if self._copies is not None:
            await self._copies.run()

    async def _kept(self, asked: Awaitable[profile_pb2.Person]) -> profile_pb2.Person:
        if self._copies is None:
            return await asked
        asked_at = self._copies.asking()
        person = await asked
        await self._copies.keep(person, asked_at)
        return person


def _person(result: profile_pb2.PersonResult) -> profile_pb2.Person:
    return result.person
