"""Translates between the contract's messages and the store; decides nothing."""

from collections.abc import AsyncIterator
from typing import Protocol

from chassis import changes, errors, ledger, pages
from chassis.querying.query import Page
from hailwire.profile.v1 import profile_pb2 as pb
from hailwire.profile.v1 import profile_pb2_grpc
from services.profile import messages
from services.profile.listing import Wanted
from services.profile.person import Person, PersonNotFound, Sighting, Update
from services.profile.sealing import Sealer
from services.profile.watching import Watching

# As the contract promises to whoever watches.
_SILENCE_SECONDS = 1.0


class People(Protocol):
    """People, from memory as long as nothing has changed."""

    async def find(self, person_ids: list[int], *, fresh: bool) -> dict[int, Person]:
        """By the id asked for; `fresh` from the database."""

    async def page(self, wanted: Wanted) -> tuple[list[Person], Page]:
        """The people of a page of a list, and the page."""

    async def resolve(self, sightings: list[Sighting]) -> list[Person | errors.HailwireError]:
        """One each."""

    async def update(self, requests: list[changes.Request[Update]]) -> list[bytes | errors.HailwireError]:
        """Serialized PersonResults."""


class ProfileServicer(profile_pb2_grpc.ProfileServiceServicer):
    """ProfileService over a store or a cache of one."""

    def __init__(self, people: People, sealer: Sealer, watching: Watching) -> None:
        self._people = people
        self._sealer = sealer
        self._watching = watching

    async def BatchResolvePeople(
        self, request: pb.BatchResolvePeopleRequest, context: object
    ) -> pb.BatchResolvePeopleResponse:
        """Finds or creates the person behind each set of identities."""
        pages.check_batch(request.requests)
        results: list[pb.PersonResult | None] = []
        sightings: list[Sighting] = []
        for item in request.requests:
            try:
                sightings.append(messages.sighting(item))
                results.append(None)
            except errors.HailwireError as refusal:
                results.append(messages.result(refusal))
        resolved = iter(messages.results(await self._people.resolve(sightings)))
        return pb.BatchResolvePeopleResponse(results=[result or next(resolved) for result in results])

    async def BatchGetPeople(self, request: pb.BatchGetPeopleRequest, context: object) -> pb.BatchGetPeopleResponse:
        """Reads people by id."""
        pages.check_batch(request.person_ids)
        found = await self._people.find(list(request.person_ids), fresh=request.fresh)
        return pb.BatchGetPeopleResponse(
            results=[messages.result(found.get(person_id) or PersonNotFound()) for person_id in request.person_ids]
        )

    async def BatchUpdatePeople(
        self, request: pb.BatchUpdatePeopleRequest, context: object
    ) -> pb.BatchUpdatePeopleResponse:
        """Changes the fields named by each item's mask."""
        pages.check_batch(request.requests)
        results: list[pb.PersonResult | None] = []
        updates: list[changes.Request[Update]] = []
        for item in request.requests:
            try:
                ledger.check_request_id(item.request_id)
                updates.append(changes.Request(item.request_id, self._fingerprint(item), messages.update(item)))
                results.append(None)
            except errors.HailwireError as refusal:
                results.append(messages.result(refusal))
        outcomes = iter([messages.result_from(outcome) for outcome in await self._people.update(updates)])
        return pb.BatchUpdatePeopleResponse(results=[result or next(outcomes) for result in results])

    async def ListPeople(self, request: pb.ListPeopleRequest, context: object) -> pb.ListPeopleResponse:
        """Lists people page by page."""
        people, page = await self._people.page(messages.wanted(request))
        response = pb.ListPeopleResponse(people=[messages.person_message(person) for person in people])
        return pages.answered(response, page)

    async def WatchPeople(
        self, request: pb.WatchPeopleRequest, context: object
    ) -> AsyncIterator[pb.WatchPeopleResponse]:
        """Tells who changed for as long as every change is heard here."""
        with self._watching.watcher() as watcher:
            seconds = 0.0  # the first response comes at once
            while (changed := await watcher.changed(seconds)) is not None:
                yield pb.WatchPeopleResponse(person_ids=changed)
                seconds = _SILENCE_SECONDS

    def _fingerprint(self, item: pb.UpdatePersonRequest) -> bytes:
        """What was asked, of whomever: a repeat may name the person whom the first one was merged into."""
        asked = pb.UpdatePersonRequest()
        asked.CopyFrom(item)
        asked.person.ClearField("person_id")
        return self._sealer.fingerprint(asked)
