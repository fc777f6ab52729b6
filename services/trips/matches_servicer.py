"""MatchesService: translates between the contract's messages and the store."""

from chassis import errors
from chassis.querying.refusals import ValueInvalid
from hailwire.trips.v1 import matches_pb2 as pb
from hailwire.trips.v1 import matches_pb2_grpc, trips_pb2
from services.trips.match import Candidate
from services.trips.matches import MatchStore
from services.trips.presence import check_person

_DEFAULT_MISSED = 3
_MOST_MISSED = 50


class MatchNotFound(errors.NotFound):
    """No such trip, or so long ago that nobody knows who was looked at."""

    reason = "MATCH_NOT_FOUND"


class MatchesServicer(matches_pb2_grpc.MatchesServiceServicer):
    """MatchesService over the match store."""

    def __init__(self, matches: MatchStore) -> None:
        self._matches = matches

    async def GetMatch(self, request: pb.GetMatchRequest, context: object) -> pb.GetMatchResponse:
        """Who was looked at for a trip."""
        found = await self._matches.matches(request.trip_id)
        if not found:
            raise MatchNotFound
        response = pb.GetMatchResponse()
        for match in found:
            response.matches.add(
                trip_id=match.trip_id,
                vehicle=trips_pb2.Vehicle.ValueType(match.vehicle),
                candidates=map(_candidate, match.candidates),
            ).create_time.FromDatetime(match.made_at)
        return response

    async def ListMissedTrips(self, request: pb.ListMissedTripsRequest, context: object) -> pb.ListMissedTripsResponse:
        """For which trips a driver was looked at and not asked."""
        check_person(request.person_id)
        if not 0 <= request.limit <= _MOST_MISSED:
            raise ValueInvalid(f"limit must be 0 to {_MOST_MISSED}")
        response = pb.ListMissedTripsResponse()
        for made_at, candidate in await self._matches.missed(request.person_id, request.limit or _DEFAULT_MISSED):
            response.trips.add(candidate=_candidate(candidate)).create_time.FromDatetime(made_at)
        return response


def _candidate(candidate: Candidate) -> pb.Candidate:
    return pb.Candidate(
        person_id=candidate.person_id,
        reason=pb.MatchReason.ValueType(candidate.reason),
        distance_meters=candidate.meters,
        location_age_seconds=candidate.age_seconds,
    )
