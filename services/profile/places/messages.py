"""Places between the contract's messages and our own values."""

from collections.abc import Sequence

from chassis import errors
from hailwire.profile.v1 import places_pb2 as pb
from services.profile.places.place import LONGEST_NAME, Called, Kind, Known, Recent, Result, Saved, Spot, clean_name

# Home, work and school first, then the others in the order of their saving.
_ORDER = {Kind.HOME: 0, Kind.WORK: 1, Kind.SCHOOL: 2, Kind.NAMED: 3}


def found(known: Sequence[Known]) -> pb.SearchResult:
    """What a text may mean."""
    return pb.SearchResult(
        found=pb.KnownPlaces(
            places=[
                pb.KnownPlace(name=one.name, latitude=one.spot.latitude, longitude=one.spot.longitude) for one in known
            ]
        )
    )


def places(saved: Sequence[Saved], recent: Sequence[Recent]) -> pb.PersonPlacesResult:
    """What a person has."""
    in_order = sorted(saved, key=lambda one: (_ORDER[one.called.kind], one.place_id))
    return pb.PersonPlacesResult(
        places=pb.PersonPlaces(
            saved=[_message(one.place_id, one.called.kind, one.called.name, one.spot) for one in in_order],
            recent=[_message(0, Kind.NAMED, one.name, one.spot) for one in recent],
        )
    )


def called(request: pb.SavePlaceRequest | pb.RenamePlaceRequest) -> Called:
    """What a place is to be called; raises PlaceNameInvalid."""
    return Called.checked(request.kind, request.name)


def spot(request: pb.SavePlaceRequest | pb.VisitPlaceRequest) -> Spot:
    """Where it is; raises LocationInvalid."""
    return Spot.checked(request.latitude, request.longitude)


def seen(request: pb.VisitPlaceRequest) -> Recent:
    """Where somebody was; raises LocationInvalid."""
    return Recent(clean_name(request.name)[:LONGEST_NAME].rstrip(), spot(request))


def change_result(outcome: Result | errors.HailwireError | None) -> pb.PlaceChangeResult:
    """A value or an error; None is a visit, of which there is nothing to tell."""
    if isinstance(outcome, errors.HailwireError):
        return pb.PlaceChangeResult(error=errors.to_status(outcome))
    if outcome is None:
        return pb.PlaceChangeResult(change=pb.PlaceChange())
    about = outcome.about
    return pb.PlaceChangeResult(
        change=pb.PlaceChange(
            place_id=about.place_id, kind=pb.PlaceKind.ValueType(about.called.kind), merged=outcome.merged
        )
    )


def kept(outcome: Result | errors.HailwireError | None) -> bytes:
    """An outcome as the ledger of request ids keeps it: it tells no name and no coordinates."""
    return change_result(outcome).SerializeToString(deterministic=True)


def result_from(outcome: bytes | errors.HailwireError) -> pb.PlaceChangeResult:
    """What was kept, or an error that was not."""
    return pb.PlaceChangeResult.FromString(outcome) if isinstance(outcome, bytes) else change_result(outcome)


def _message(place_id: int, kind: Kind, name: str, at: Spot) -> pb.SavedPlace:
    return pb.SavedPlace(
        place_id=place_id,
        kind=pb.PlaceKind.ValueType(kind),
        name=name,
        latitude=at.latitude,
        longitude=at.longitude,
    )
