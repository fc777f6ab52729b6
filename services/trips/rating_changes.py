"""Batches of ratings inside one transaction: the rows of the trips rated, and the sums of their drivers."""

from collections import Counter
from collections.abc import Sequence

from chassis import errors
from chassis.database import Statement
from hailwire.trips.v1 import ratings_pb2 as pb
from services.trips import statements
from services.trips.attempts import Plan, TripsAttempt
from services.trips.rating import RateTrip, Rating, rated

RATINGS = Statement(
    "trips.get_ratings",
    "SELECT trip_id, by_driver, stars, created_at FROM trips.rating WHERE trip_id = ANY($1::bigint[])",
)
UPSERT_RATINGS = Statement(
    "trips.upsert_ratings",
    """
INSERT INTO trips.rating (trip_id, by_driver, stars, created_at)
SELECT * FROM unnest($1::bigint[], $2::boolean[], $3::smallint[], $4::timestamptz[])
ON CONFLICT (trip_id, by_driver) DO UPDATE SET stars = excluded.stars
""",
)
# Under the locks of the drivers, as everything that changes presences.
ADD_STARS = Statement(
    "trips.add_stars",
    """
UPDATE trips.presence p SET stars = p.stars + more.stars, ratings = p.ratings + more.ratings
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS more (person_id, stars, ratings)
WHERE p.person_id = more.person_id
""",
)


class Ratings(TripsAttempt[RateTrip]):
    """Either side of a trip rates the other."""

    actors = ("person_id",)
    _known: dict[tuple[int, bool], Rating]

    async def plan(self, items: Sequence[RateTrip]) -> list[Plan]:
        """Whoever rates, the trip, and its driver, whose stars may change."""
        found = await self.session.fetch(statements.DRIVERS_OF_TRIPS, [item.trip_id for item in items])
        drivers = {row["trip_id"]: row["driver_id"] for row in found}
        return [
            Plan(
                people={item.person_id} | ({driver} if (driver := drivers.get(item.trip_id)) else set()),
                trips={item.trip_id} & drivers.keys(),
            )
            for item in items
        ]

    async def prepare(self, items: Sequence[RateTrip]) -> None:
        """What was said before."""
        rows = await self.session.fetch(RATINGS, sorted({item.trip_id for item in items}))
        self._known = {(row["trip_id"], row["by_driver"]): Rating(**row) for row in rows}
        self._changed: dict[tuple[int, bool], Rating] = {}
        self._stars: Counter[int] = Counter()
        self._ratings: Counter[int] = Counter()

    def decide_one(self, item: RateTrip) -> pb.RatingResult:
        """The rating as it is kept."""
        trip = self.board.trip(item.trip_id)
        by_driver = trip is not None and trip.driver_id == item.person_id
        before = self._known.get((item.trip_id, by_driver))
        rating = rated(trip, item, before, self.board.now)
        self._known[item.trip_id, by_driver] = self._changed[item.trip_id, by_driver] = rating
        if trip is not None and trip.driver_id is not None and not by_driver:
            self._stars[trip.driver_id] += rating.stars - (before.stars if before else 0)
            self._ratings[trip.driver_id] += 0 if before else 1
        return pb.RatingResult(
            rating=pb.Rating(
                trip_id=item.trip_id, rater_id=item.person_id, stars=rating.stars, changed=before is not None
            )
        )

    def refused(self, refusal: errors.HailwireError) -> pb.RatingResult:
        """A refusal as an outcome."""
        return pb.RatingResult(error=errors.to_status(refusal))

    async def write(self) -> None:
        """The rows of the ratings, then the sums of the drivers."""
        if changed := list(self._changed.values()):
            await self.session.execute(
                UPSERT_RATINGS,
                [rating.trip_id for rating in changed],
                [rating.by_driver for rating in changed],
                [rating.stars for rating in changed],
                [rating.created_at for rating in changed],
            )
        if drivers := list(self._ratings):
            await self.session.execute(
                ADD_STARS,
                drivers,
                [self._stars[driver] for driver in drivers],
                [self._ratings[driver] for driver in drivers],
            )
