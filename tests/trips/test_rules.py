"""The rules of trips alone, without a database: whatever people do in whatever order, nothing contradicts itself."""

import datetime
import itertools
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.errors import HailwireError
from services.trips import trip as trips
from services.trips.board import Board, Cancellation, Merge, NewTrip, OfferAnswer, Step
from services.trips.geo import Location
from services.trips.offer import OfferState
from services.trips.presence import Presence, PresenceUpdate
from services.trips.terms import Terms
from services.trips.tidings import EventKind
from services.trips.trip import Trip, TripState

PEOPLE = range(1, 7)
HERE = Location(-1.94, 30.06)
_ORDER = {state: state.value for state in TripState} | {TripState.REQUESTED: 2}


class Town(RuleBasedStateMachine):
    """Six people who ride, drive, change their minds and let time pass; each step on a board loaded anew."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        self.trips: dict[int, Trip] = {}
        self.presences: dict[int, Presence] = {}
        self.ids = itertools.count(1)

    def board(self) -> Board:
        open_trips = [
            (person, trip.trip_id)
            for trip in self.trips.values()
            if trip.state in trips.OPEN
            for person in (trip.passenger_id, trip.driver_id)
            if person is not None
        ]
        return Board(self.now, Terms(), self.trips.values(), self.presences.values(), open_trips)

    def keep(self, board: Board, actor: int | None) -> None:
        for trip in [*board.new_trips, *board.changed_trips]:
            before = self.trips.get(trip.trip_id)
            if before is not None:
                assert _ORDER[trip.state] >= _ORDER[before.state]
                assert before.state in trips.OPEN or trip == before
            self.trips[trip.trip_id] = trip
        for presence in board.changed_presences:
            self.presences[presence.person_id] = presence
        for missed in board.no_shows:
            trip = self.trips[missed.trip_id]
            assert trip.state is TripState.CANCELLED
            assert {missed.person_id, trip.cancelled_by} == {trip.passenger_id, trip.driver_id}
        for tiding in board.tidings:
            assert tiding.recipient_id != actor
            if tiding.kind in {EventKind.OFFER_MADE, EventKind.OFFER_CLOSED}:
                assert tiding.trip is not None
                offer = tiding.trip.offer(tiding.offer_id)
                assert offer is not None
                assert offer.driver_id == tiding.recipient_id
                assert tiding.recipient_id != tiding.trip.passenger_id or offer.state is OfferState.WITHDRAWN
                assert (offer.state is OfferState.OPEN) == (tiding.kind is EventKind.OFFER_MADE)

    def attempt(self, actor: int, act: Any) -> None:
        board = self.board()
        try:
            act(board)
        except HailwireError:
            assert not board.changed_trips
            assert not board.tidings
            assert not board.no_shows
        self.keep(board, actor)

    @initialize()
    def everybody_drives(self) -> None:
        for person in PEOPLE:
            self.online(person, online=True)

    @rule(person=st.sampled_from(PEOPLE), online=st.booleans())
    def online(self, person: int, *, online: bool) -> None:
        update = PresenceUpdate(person, online=online, vehicle=1, location=HERE)
        self.attempt(person, lambda board: board.update_presence(update))

    @rule(person=st.sampled_from(PEOPLE))
    def ask(self, person: int) -> None:
        wanted = NewTrip(person, 1, HERE)
        self.attempt(person, lambda board: board.create(wanted, PEOPLE, self.ids, self.ids))

    @rule(person=st.sampled_from(PEOPLE), answer=st.sampled_from((1, 2)), data=st.data())
    def answer(self, person: int, answer: int, data: st.DataObject) -> None:
        offers = [offer.offer_id for trip in self.trips.values() for offer in trip.offers if offer.driver_id == person]
        said = OfferAnswer(person, data.draw(st.sampled_from(offers or [0])), answer)
        self.attempt(person, lambda board: board.answer(said))

    @rule(person=st.sampled_from(PEOPLE), state=st.sampled_from(range(9)), data=st.data())
    def advance(self, person: int, state: int, data: st.DataObject) -> None:
        step = Step(person, data.draw(st.sampled_from(list(self.trips) or [0])), state)
        self.attempt(person, lambda board: board.advance(step))

    @rule(person=st.sampled_from(PEOPLE), reason=st.sampled_from(("", "absent", "noshow")), data=st.data())
    def cancel(self, person: int, reason: str, data: st.DataObject) -> None:
        given_up = Cancellation(person, data.draw(st.sampled_from(list(self.trips) or [0])), reason)
        self.attempt(person, lambda board: board.cancel(given_up))

    @rule(one=st.sampled_from(PEOPLE), other=st.sampled_from(PEOPLE))
    def merge(self, one: int, other: int) -> None:
        board = self.board()
        board.merge(Merge(one, other))
        self.keep(board, None)
        if one == other:
            return
        self.presences.pop(one, None)
        now_other = {one: other}.get
        for trip in self.trips.values():
            self.trips[trip.trip_id] = replace(
                trip,
                passenger_id=now_other(trip.passenger_id, trip.passenger_id),
                driver_id=now_other(trip.driver_id or 0, trip.driver_id),
                cancelled_by=now_other(trip.cancelled_by or 0, trip.cancelled_by),
                offers=tuple(
                    replace(offer, driver_id=now_other(offer.driver_id, offer.driver_id)) for offer in trip.offers
                ),
            )

    @rule(seconds=st.sampled_from((1, 60, 119, 121, 301, 601)))
    def time_passes(self, seconds: int) -> None:
        self.now += datetime.timedelta(seconds=seconds)
        board = self.board()
        board.lapse()
        self.keep(board, None)
        again = self.board()
        again.lapse()
        assert not again.changed_trips

    @invariant()
    def nobody_takes_part_twice(self) -> None:
        busy = [
            person
            for trip in self.trips.values()
            if trip.state in trips.OPEN
            for person in (trip.passenger_id, trip.driver_id)
            if person is not None
        ]
        assert len(busy) == len(set(busy))

    @invariant()
    def presences_name_the_trip_that_is_driven(self) -> None:
        driving = {trip.driver_id: trip.trip_id for trip in self.trips.values() if trip.state in trips.DRIVEN}
        for presence in self.presences.values():
            assert presence.trip_id == driving.get(presence.person_id)

    @invariant()
    def offers_agree_with_their_trip(self) -> None:
        for trip in self.trips.values():
            assert trip.being_asked == (trip.state is TripState.OFFERED)
            winners = [offer.driver_id for offer in trip.offers if offer.state is OfferState.ACCEPTED]
            assert winners == ([trip.driver_id] if trip.driver_id is not None else [])
            assert (trip.cancelled_by is not None) == (trip.state is TripState.CANCELLED)


Town.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestTown = Town.TestCase


def test_of_two_trips_of_one_person_the_one_under_way_stays() -> None:
    """Who becomes one person keeps the ride rather than the newer request, whose drivers hear that it is over."""
    town = Town()
    town.everybody_drives()
    town.ask(1)
    (ride,) = town.trips.values()
    offer = next(offer for offer in ride.offers if offer.driver_id == 2)
    town.attempt(2, lambda board: board.answer(OfferAnswer(2, offer.offer_id, 1)))
    town.ask(3)
    board = town.board()
    board.merge(Merge(from_person_id=3, to_person_id=1))
    (given_up,) = board.changed_trips
    assert (given_up.passenger_id, given_up.state, given_up.cancel_reason) == (3, TripState.CANCELLED, "merged")
    asked = {offer.driver_id for offer in given_up.offers}
    assert {(tiding.kind, tiding.recipient_id) for tiding in board.tidings} == {
        (EventKind.OFFER_CLOSED, driver) for driver in asked
    }
