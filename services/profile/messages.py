"""People between the contract's messages and our own values."""

from collections.abc import Sequence

from chassis import errors, pages
from hailwire.profile.v1 import profile_pb2 as pb
from services.profile import person as people
from services.profile.listing import Wanted
from services.profile.person import Person, Sighting, Update


def person_message(person: Person) -> pb.Person:
    """A person as the contract says it."""
    message = pb.Person(
        person_id=person.person_id,
        name=person.name,
        language=person.language,
        identities=[
            pb.Identity(kind=pb.IdentityKind.ValueType(known.kind), value=known.value) for known in person.identities
        ],
        opt_outs=[pb.Channel.ValueType(channel) for channel in person.opt_outs],
        merged_person_ids=person.merged_person_ids,
        version=person.version,
    )
    message.create_time.FromDatetime(person.created_at)
    message.update_time.FromDatetime(person.updated_at)
    if person.quiet is not None:
        message.quiet_hours.from_minute = person.quiet.from_minute
        message.quiet_hours.to_minute = person.quiet.to_minute
    return message


def result(outcome: Person | errors.HailwireError) -> pb.PersonResult:
    """A value or an error."""
    if isinstance(outcome, Person):
        return pb.PersonResult(person=person_message(outcome))
    return pb.PersonResult(error=errors.to_status(outcome))


def kept(outcome: Person | errors.HailwireError) -> bytes:
    """An outcome as the ledger keeps it."""
    return result(outcome).SerializeToString(deterministic=True)


def result_from(outcome: bytes | errors.HailwireError) -> pb.PersonResult:
    """What the ledger kept, or an error that it never saw."""
    return pb.PersonResult.FromString(outcome) if isinstance(outcome, bytes) else result(outcome)


def sighting(request: pb.ResolvePersonRequest) -> Sighting:
    """Checked identities; raises InvalidArgument."""
    return people.sighting(((identity.kind, identity.value) for identity in request.identities), request.name)


def update(request: pb.UpdatePersonRequest) -> Update:
    """The new values, not yet checked: a refusal is an outcome that is kept too. Identities are, as in a sighting."""
    renaming = None
    if "identities" in request.update_mask.paths:
        if len(request.update_mask.paths) > 1:
            raise people.FieldUnknown(metadata={"field": "identities"})
        current, former = (
            [(one.kind, one.value) for one in several]
            for several in (request.person.identities, request.former_identities)
        )
        renaming = people.renaming(request.person.person_id, current, former)
    return Update(
        person_id=request.person.person_id,
        fields=frozenset(request.update_mask.paths),
        name=request.person.name,
        language=request.person.language,
        opt_outs=tuple(request.person.opt_outs),
        quiet=(request.person.quiet_hours.from_minute, request.person.quiet_hours.to_minute),
        renaming=renaming,
    )


def wanted(request: pb.ListPeopleRequest) -> Wanted:
    """Which people; raises ValueInvalid or PageSizeInvalid."""
    return Wanted(
        language=request.language if request.HasField("language") else None,
        created=pages.created(request),
        paging=pages.paging(request),
    )


def results(outcomes: Sequence[Person | errors.HailwireError]) -> list[pb.PersonResult]:
    """One each, in order."""
    return [result(outcome) for outcome in outcomes]
