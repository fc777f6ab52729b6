"""Deeds (tests/days) played in a town in memory, in which no time passes."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.gateway.messages import Media, Message, MessageKind
from tests.days import words
from tests.days.acts import Act, Choose, Credit, Paper, Photo, Pick, Review, Say, SayCode, Share, place
from tests.days.model import Model
from tests.days.values import Person, Trip
from tests.gateway.conversations.phones import Phone, options
from tests.gateway.conversations.town import Town


class StillTown(Town):
    """Nothing lapses between two messages, however many lie between."""

    def pass_time(self, seconds: float) -> None:
        """It stays as late as it was."""


class TownStage:
    """A phone for each person of the model who has arrived."""

    def __init__(self, town: Town, model: Model) -> None:
        self._town = town
        self._model = model
        self._phones: dict[Person, Phone] = {}
        # How much of what each was told has been compared.
        self._compared: dict[Person, int] = {}

    def arrives(self, person: Person, balance: int, opened_at: datetime) -> None:
        """With a wallet that they have had since then."""
        phone = self._phones[person] = self._town.phone(person.channel)
        self._compared[person] = 0
        account = self._town.bank.endow(phone.person_id, balance, self._town.now)
        person.balance, person.opened_at = int(account.balance), opened_at

    async def perform(self, act: Act) -> None:
        """Do it on the phone of whoever does it."""
        phone = self._phones[act.who]
        match act:
            case Say(_, said):
                await phone.say(said)
            case SayCode(_, of):
                await phone.say(self._town.bank.accounts[self._phones[of].person_id].code)
            case Share(_, corner, steps):
                await phone.share(*place(corner, steps))
            case Photo():
                await phone.send(Message(MessageKind.MEDIA))
            case Paper():
                await phone.send(Message(MessageKind.MEDIA, media=(Media("image/jpeg", id="1"),)))
            case Review(_, approve):
                self._town.office.review(phone.person_id, self._town.now, approve=approve)
                await self._town.deliver()
            case Choose(who, key, count):
                await phone.choose(words.title(who.language, key, count=count))
            case Pick():
                await phone.choose(options(phone.last)[0][1])
            case Credit(who, amount):
                raise AssertionError(f"no operator lives here to bring {amount} for {who.name}")

    async def heard(self, people: frozenset[Person]) -> None:
        """What was to be heard was heard at once, and by nobody else."""
        for person, phone in self._phones.items():
            assert len(phone.received) == len(person.heard), (
                f"{person.name} ({'touched' if person in people else 'not concerned'}) has"
                f" {[one.body for one in phone.received[-3:]]}, not {[told.key for told in person.heard[-3:]]}"
            )
            for number in range(self._compared[person], len(person.heard)):
                wrong = words.wrong_with(person.heard[number], phone.received[number].body)
                assert not wrong, f"{person.name}, message {number}: {wrong}"
            self._compared[person] = len(person.heard)

    def compare(self) -> None:
        """What the services hold is what the model holds."""
        town, ids = self._town, {person: phone.person_id for person, phone in self._phones.items()}
        for person, person_id in ids.items():
            kept = town.people[person_id]
            assert (kept.language, bool(kept.opt_outs)) == (person.language, person.silent)
            assert town.bank.accounts[person_id].balance == person.balance
            presence = town.presences.get(person_id)
            assert (presence is not None and presence.online) == person.online
            handed_in, paper = town.office.certificates.get(person_id), person.certificate
            assert (handed_in is None) == (paper is None)
            if handed_in is not None and paper is not None:
                assert (int(handed_in.state), handed_in.document_count) == (int(paper.state), paper.pages)
        assert len(town.trips) == len(self._model.trips)
        for trip, there in zip(self._model.trips, town.trips.values(), strict=True):
            assert int(there.state) == trip.state
            assert (there.passenger_id, there.driver_id) == (
                ids[trip.passenger],
                ids[trip.driver] if trip.driver else 0,
            )
            assert (there.cancelled_by, there.cancel_reason) == (
                ids[trip.cancelled_by] if trip.cancelled_by else 0,
                trip.reason,
            )
            offers = {offer.driver_id: int(offer.state) for offer in there.offers}
            assert offers == {ids[driver]: int(state) for driver, state in trip.offers.items()}
            assert self._stars(there.trip_id, trip, ids) == {ids[one]: count for one, count in trip.stars.items()}
        schedules = [
            (
                one.passenger_id,
                int(one.state),
                one.HasField("recurrence"),
                one.occurrence.pickup_time.ToDatetime(tzinfo=UTC),
            )
            for one in town.schedules.values()
        ]
        assert schedules == [(ids[one.passenger], int(one.state), one.daily, one.at) for one in self._model.plans]

    def _stars(self, trip_id: int, trip: Trip, ids: dict[Person, int]) -> dict[int, int]:
        rated = self._town.ratings
        sides: Sequence[Person] = [trip.passenger, *([trip.driver] if trip.driver else [])]
        return {ids[one]: rated[trip_id, ids[one]] for one in sides if (trip_id, ids[one]) in rated}
