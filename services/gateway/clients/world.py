"""The services as one person's turn sees them: every changing call named by its message and step."""

from collections.abc import Sequence

from chassis import errors
from hailwire.profile.v1 import profile_pb2, wallet_pb2
from hailwire.trips.v1 import blocks_pb2, fares_pb2, matches_pb2, ratings_pb2, relay_pb2, trips_pb2
from services.gateway.clients.enrichments import PersonalEnrichments
from services.gateway.clients.insurance import PersonalInsurance
from services.gateway.clients.merged import as_survivor
from services.gateway.clients.places import PersonalPlaces
from services.gateway.clients.profile import Profile, reached
from services.gateway.clients.referrals import PersonalInvitations
from services.gateway.clients.schedules import PersonalSchedules
from services.gateway.clients.trips import Trips
from services.gateway.proving import Proving

# What a list in a chat can show and a little more.
_PAGE = 10


class PersonalWorld:
    """Implements conversations.turn.World for one person and one message.

    A request id is made of the message's key and the step: a rerun of the same message, by whichever instance and
    however much later, finds the first outcome.
    """

    def __init__(
        self,
        person: profile_pb2.Person,
        key: bytes,
        profile: Profile,
        trips: Trips,
        proving: Proving | None = None,
        address: str = "",
    ) -> None:
        """`proving` and the `address` that the person writes from: for messages; nobody proves anything by an event."""
        self._person_id = person.person_id
        # Of the person, after what was changed here.
        self.person_version = person.version
        self._language = person.language
        self._proving = proving
        self._address = address
        self._former_ids = frozenset(person.merged_person_ids)
        self._key = key.hex()
        self._profile = profile
        self._trips = trips

    async def update_person(
        self,
        step: str,
        *,
        name: str | None = None,
        language: str | None = None,
        opt_outs: Sequence[profile_pb2.Channel.ValueType] | None = None,
        quiet_hours: profile_pb2.QuietHours | None = None,
    ) -> profile_pb2.Person:
        """Change what is given, keep the rest."""
        person = profile_pb2.Person(person_id=self._person_id)
        request = profile_pb2.UpdatePersonRequest(request_id=self._id(step), person=person)
        if name is not None:
            request.person.name = name
            request.update_mask.paths.append("name")
        if language is not None:
            request.person.language = language
            request.update_mask.paths.append("language")
        if opt_outs is not None:
            request.person.opt_outs.extend(opt_outs)
            request.update_mask.paths.append("opt_outs")
        if quiet_hours is not None:
            request.person.quiet_hours.CopyFrom(quiet_hours)
            request.update_mask.paths.append("quiet_hours")
        changed = await self._profile.update(request)
        self.person_version = max(self.person_version, changed.version)
        return changed

    async def prove_number(self, step: str, number: str) -> None:
        """Send a code to a number."""
        await self._provers().start(self._id(step), self._person_id, number, self._language)

    async def check_number(self, step: str, code: str) -> None:
        """Compare a code."""
        try:
            await self._provers().check(self._id(step), self._person_id, code, self._address)
        finally:
            self._profile.forget(self._person_id)

    def _provers(self) -> Proving:
        if self._proving is None:
            raise errors.Internal("nobody proves a number by an event")
        return self._proving

    async def update_presence(
        self,
        step: str,
        *,
        online: bool | None = None,
        vehicle: trips_pb2.Vehicle.ValueType | None = None,
        location: trips_pb2.Location | None = None,
        quiet_hours: trips_pb2.QuietHours | None = None,
    ) -> trips_pb2.Presence:
        """Put the driver on the map or take them off; or let anybody's quiet hours count there."""
        request = trips_pb2.UpdatePresenceRequest(
            request_id=self._id(step),
            person_id=self._person_id,
            online=online,
            vehicle=vehicle,
            location=location,
            quiet_hours=quiet_hours,
        )
        return await self._trips.update_presence(request)

    async def presence(self, *, fresh: bool = False) -> trips_pb2.Presence | None:
        """Where the driver is."""
        read = self._trips.presence_now if fresh else self._trips.presence
        try:
            return await read(self._person_id)
        except errors.NotFound:
            return None

    async def search_drivers(
        self, vehicle: trips_pb2.Vehicle.ValueType, location: trips_pb2.Location, limit: int = 9
    ) -> list[trips_pb2.NearbyDriver]:
        """Find available drivers, nearest first."""
        return await self._trips.search_drivers(
            trips_pb2.SearchDriversRequest(person_id=self._person_id, vehicle=vehicle, pickup=location, limit=limit)
        )

    async def create_trip(
        self,
        step: str,
        *,
        vehicle: trips_pb2.Vehicle.ValueType,
        pickup: trips_pb2.Location,
        driver_ids: Sequence[int] = (),
        destination: trips_pb2.Location | None = None,
    ) -> trips_pb2.Trip:
        """Ask these drivers, or the nearest ones, for a ride."""
        trip = await self._trips.create_trip(
            trips_pb2.CreateTripRequest(
                request_id=self._id(step),
                passenger_id=self._person_id,
                vehicle=vehicle,
                pickup=pickup,
                driver_ids=driver_ids,
                destination=destination,
            )
        )
        return self._own(trip)

    async def open_trip(self, *, fresh: bool = False) -> trips_pb2.Trip | None:
        """Read the trip that the person is on or waits for."""
        read = self._trips.open_trip_now if fresh else self._trips.open_trip
        try:
            return self._own(await read(self._person_id))
        except errors.NotFound:
            return None

    async def trip(self, trip_id: int, *, fresh: bool = False) -> trips_pb2.Trip:
        """Read a trip."""
        return self._own(await (self._trips.trip_now if fresh else self._trips.trip)(trip_id))

    async def trips(self, page_token: str = "") -> list[trips_pb2.Trip]:
        """Read the person's trips, newest first."""
        return [self._own(trip) for trip in await self._trips.list_trips(self._person_id, page_token, _PAGE)]

    async def answer_offer(self, step: str, offer_id: int, accept: bool) -> trips_pb2.Trip:  # noqa: FBT001
        """Accept or decline."""
        answer = trips_pb2.OFFER_ANSWER_ACCEPT if accept else trips_pb2.OFFER_ANSWER_DECLINE
        trip = await self._trips.answer_offer(
            trips_pb2.AnswerOfferRequest(
                request_id=self._id(step), driver_id=self._person_id, offer_id=offer_id, answer=answer
            )
        )
        return self._own(trip)

    async def advance_trip(self, step: str, trip_id: int, state: trips_pb2.TripState.ValueType) -> trips_pb2.Trip:
        """Move a trip on, as its driver."""
        trip = await self._trips.advance_trip(
            trips_pb2.AdvanceTripRequest(
                request_id=self._id(step), driver_id=self._person_id, trip_id=trip_id, state=state
            )
        )
        return self._own(trip)

    async def cancel_trip(self, step: str, trip_id: int, reason: str) -> trips_pb2.Trip:
        """Give a trip up, as either side."""
        trip = await self._trips.cancel_trip(
            trips_pb2.CancelTripRequest(
                request_id=self._id(step), person_id=self._person_id, trip_id=trip_id, reason=reason
            )
        )
        return self._own(trip)

    async def estimate_fare(
        self, vehicle: trips_pb2.Vehicle.ValueType, pickup: trips_pb2.Location, destination: trips_pb2.Location
    ) -> fares_pb2.FareEstimate:
        """What a ride would cost, as far as one knows before."""
        return await self._trips.estimate_fare(
            fares_pb2.EstimateFareRequest(vehicle=vehicle, pickup=pickup, destination=destination)
        )

    async def rates(self) -> list[fares_pb2.Rate]:
        """Read the prices of every vehicle."""
        return await self._trips.rates()

    async def rate_trip(self, step: str, trip_id: int, stars: int) -> ratings_pb2.Rating:
        """Give the other side of a completed trip so many stars."""
        return await self._trips.rate_trip(
            ratings_pb2.RateTripRequest(
                request_id=self._id(step), person_id=self._person_id, trip_id=trip_id, stars=stars
            )
        )

    async def relay(
        self, step: str, trip_id: int, *, text: str = "", location: trips_pb2.Location | None = None
    ) -> relay_pb2.RelayedMessage:
        """Hand words or a place to the other side of a trip."""
        return await self._trips.relay(
            relay_pb2.RelayMessageRequest(
                request_id=self._id(step), person_id=self._person_id, trip_id=trip_id, text=text, location=location
            )
        )

    async def reaches(self, person_id: int) -> bool:
        """Whether somebody else reads what we write to them."""
        return reached(await self._profile.get(person_id))

    async def share_number(self, step: str, trip_id: int, *, agreed: bool) -> relay_pb2.Exchange:
        """Agree that the other side of a trip learns the person's number, or take that back."""
        return await self._trips.share_number(
            relay_pb2.ShareNumberRequest(
                request_id=self._id(step), person_id=self._person_id, trip_id=trip_id, agreed=agreed
            )
        )

    async def exchange(self, trip_id: int) -> relay_pb2.Exchange:
        """Read whether both sides of a trip agree now."""
        return await self._trips.exchange(self._person_id, trip_id)

    async def number_of(self, person_id: int, trip_id: int) -> str:
        """Read the number of somebody who agreed to it in a trip."""
        return await self._profile.disclose(person_id, self._person_id, trip_id)

    async def block(self, step: str, trip_id: int, *, blocked: bool) -> None:
        """Keep the other side of a trip away from the person, or no longer."""
        await self._trips.block(
            blocks_pb2.BlockSideRequest(
                request_id=self._id(step), person_id=self._person_id, trip_id=trip_id, blocked=blocked
            )
        )

    async def blocks(self) -> list[blocks_pb2.Block]:
        """Read whom the person has blocked."""
        return await self._trips.blocks(self._person_id)

    async def missed_trips(self) -> list[matches_pb2.MissedTrip]:
        """Read the latest trips for which the driver was looked at and not asked."""
        return await self._trips.missed_trips(self._person_id)

    async def wallet(self) -> wallet_pb2.Wallet:
        """Find or open the person's wallet."""
        return await self._profile.wallets.open(self._person_id)

    async def payee(self, code: str) -> wallet_pb2.Party:
        """Whom a code means."""
        return await self._profile.wallets.payee(code)

    async def send_money(
        self, step: str, payee_code: str, amount: wallet_pb2.Money, *, confirmed: bool = False
    ) -> wallet_pb2.Transaction:
        """Send money from the person's wallet; a confirmed transfer is named by what was confirmed."""
        return await self._profile.wallets.transfer(
            wallet_pb2.TransferRequest(
                # A second tap on one confirmation is another message and the same transfer.
                request_id=step if confirmed else self._id(step),
                person_id=self._person_id,
                payee_code=payee_code,
                amount=amount,
                confirmed=confirmed,
            )
        )

    async def entries(self, page_token: str, page_size: int) -> wallet_pb2.ListEntriesResponse:
        """A page of the person's statement, newest first."""
        return await self._profile.wallets.entries(self._person_id, page_token, page_size)

    @property
    def schedules(self) -> PersonalSchedules:
        """Rides for later."""
        return PersonalSchedules(self._trips.schedules, self._person_id, self._former_ids, self._key)

    @property
    def insurance(self) -> PersonalInsurance:
        """Certificates and claims."""
        return PersonalInsurance(self._profile.insurances, self._person_id, self._key)

    @property
    def places(self) -> PersonalPlaces:
        """Places by name, and the person's own."""
        return PersonalPlaces(self._profile.places, self._person_id, self._key)

    @property
    def enrichments(self) -> PersonalEnrichments:
        """What was understood from the person's words."""
        return PersonalEnrichments(self._profile.enrichments, self._person_id, self._key)

    @property
    def invitations(self) -> PersonalInvitations:
        """Who came by whose invitation."""
        return PersonalInvitations(self._profile.referrals, self._person_id, self._key)

    async def hand_over(self, from_person_id: int) -> None:
        """Give this person everything of somebody who turned out to be the same."""
        await self._trips.merge_people(
            trips_pb2.MergePeopleRequest(
                request_id=f"merge:{from_person_id}:{self._person_id}",
                from_person_id=from_person_id,
                to_person_id=self._person_id,
            )
        )

    def _own(self, trip: trips_pb2.Trip) -> trips_pb2.Trip:
        return as_survivor(trip, self._former_ids, self._person_id)

    def _id(self, step: str) -> str:
        return f"{self._key}:{step}"
