"""Trips: each step once and in a legal order, one driver, nothing left open, and what people saw is what happened."""

import itertools
from collections import Counter, defaultdict

from hailwire.trips.v1 import trips_pb2
from tests.chaos.looking import Look
from tests.chaos.snapshot import Change, Trip
from tests.chaos.verdict import Verdict

REQUESTED, OFFERED = trips_pb2.TRIP_STATE_REQUESTED, trips_pb2.TRIP_STATE_OFFERED
ACCEPTED, ARRIVED = trips_pb2.TRIP_STATE_ACCEPTED, trips_pb2.TRIP_STATE_ARRIVED
IN_PROGRESS, COMPLETED = trips_pb2.TRIP_STATE_IN_PROGRESS, trips_pb2.TRIP_STATE_COMPLETED
CANCELLED, EXPIRED = trips_pb2.TRIP_STATE_CANCELLED, trips_pb2.TRIP_STATE_EXPIRED
_ENDED = {COMPLETED, CANCELLED, EXPIRED}
# The driver's way, in order.
_WAY = (ACCEPTED, ARRIVED, IN_PROGRESS, COMPLETED)


def steps(look: Look) -> dict[int, list[Change]]:
    """What changed each trip, in the order of the ledger; refusals changed nothing."""
    found: dict[int, list[Change]] = defaultdict(list)
    for change in look.snapshot.changes:
        if change.trip_id and not change.refused and change.step != "decline":
            found[change.trip_id].append(change)
    return found


def check(look: Look, verdict: Verdict) -> None:
    _every_change_has_a_cause(look, verdict)
    changes = steps(look)
    trips = {trip.trip_id: trip for trip in look.snapshot.trips}
    verdict.each("trips", "lost", "made and not there", sorted(changes.keys() - trips.keys()))
    verdict.each(
        "trips",
        "doubled",
        "several rows of trip",
        (one for one, count in Counter(trip.trip_id for trip in look.snapshot.trips).items() if count > 1),
    )
    for trip in look.snapshot.trips:
        _offers(verdict, trip)
        _history(verdict, trip, changes[trip.trip_id])
        if trip.state not in _ENDED:
            verdict.note("trips", "stuck", f"trip {trip.trip_id} is left in state {trip.state}")
    _as_people_saw_it(look, verdict)


def _every_change_has_a_cause(look: Look, verdict: Verdict) -> None:
    for change in look.snapshot.changes:
        if change.cause and change.cause not in look.item_by_key:
            verdict.note("trips", "wrong", f"a change ({change.step}) that no message caused")


def _offers(verdict: Verdict, trip: Trip) -> None:
    won = [offer for offer in trip.offers if offer.state == trips_pb2.OFFER_STATE_ACCEPTED]
    if len(won) > 1:
        verdict.note("trips", "doubled", f"trip {trip.trip_id} was accepted by {len(won)} drivers")
    if won and won[0].driver_id != trip.driver_id:
        verdict.note("trips", "wrong", f"trip {trip.trip_id} has another driver than the one who accepted")
    if trip.driver_id is not None and not won:
        verdict.note("trips", "wrong", f"trip {trip.trip_id} has a driver who did not accept")
    if trip.state in _ENDED and any(offer.state == trips_pb2.OFFER_STATE_OPEN for offer in trip.offers):
        verdict.note("trips", "stuck", f"trip {trip.trip_id} is over with an open offer")


def _history(verdict: Verdict, trip: Trip, changes: list[Change]) -> None:
    """Created once, then as far along the driver's way as the trip says, each step once, in order."""
    made = [change for change in changes if change.step == "create"]
    if len(made) != 1:
        verdict.note("trips", "doubled" if made else "lost", f"trip {trip.trip_id} was created {len(made)} times")
    taken = [change.trip_state for change in _ways(changes)]
    for state, count in Counter(taken).items():
        if count > 1:
            verdict.note("trips", "doubled", f"trip {trip.trip_id} came {count} times to state {state}")
    if [state for state in _WAY if state in taken] != list(dict.fromkeys(taken)):
        verdict.note("trips", "reordered", f"trip {trip.trip_id} went {taken}")
    for before, after in itertools.pairwise(_WAY):
        if after in taken and before not in taken:
            verdict.note("trips", "lost", f"trip {trip.trip_id} came to state {after} without {before}")
    if trip.state in _WAY and trip.state not in taken:
        verdict.note("trips", "wrong", f"trip {trip.trip_id} is in state {trip.state} and nobody brought it there")
    furthest = max((state for state in taken if state in _WAY), default=OFFERED)
    if trip.state < furthest or (furthest == COMPLETED and trip.state != COMPLETED):
        verdict.note("trips", "lost", f"trip {trip.trip_id} came to state {furthest} and is in state {trip.state}")
    if (trip.driver_id is not None) != (ACCEPTED in taken):
        verdict.note("trips", "wrong", f"trip {trip.trip_id} has driver {trip.driver_id} after steps {taken}")
    drivers = {change.driver_id for change in changes if change.step in {"accept", "advance"}}
    if len(drivers) > 1:
        verdict.note("trips", "doubled", f"trip {trip.trip_id} was driven by {len(drivers)}")
    ended = [change for change in changes if change.step in {"drop", "retry", "opt-out-trip"}]
    if len(ended) > 1 or bool(ended) != (trip.state == CANCELLED):
        verdict.note("trips", "wrong", f"trip {trip.trip_id} in state {trip.state} was given up {len(ended)} times")


def _ways(changes: list[Change]) -> list[Change]:
    """What brought the trip on; a driver who accepts again is told what was true already."""
    found: list[Change] = []
    for change in changes:
        again = any(one.step == "accept" and one.driver_id == change.driver_id for one in found)
        if change.step == "advance" or (change.step == "accept" and not again):
            found.append(change)
    return found


def _as_people_saw_it(look: Look, verdict: Verdict) -> None:
    done: Counter[str] = Counter()
    for trip in look.snapshot.trips:
        person = look.person_by_id.get(trip.passenger_id)
        if person is None:
            verdict.note("trips", "wrong", f"trip {trip.trip_id} of a passenger whom nobody knows")
        elif trip.state == COMPLETED:
            done[person.name] += 1
    dropped: Counter[str] = Counter()
    for change in look.snapshot.changes:
        cause = look.item_by_key.get(change.cause)
        if change.step == "drop" and not change.refused and cause is not None:
            person = look.person_of(cause)
            dropped[person.name if person else ""] += 1
    for person in look.snapshot.people:
        for what, seen, happened in (
            ("completed", person.completed, done[person.name]),
            ("given up", person.gave_up, dropped[person.name]),
        ):
            if not person.waits_for and seen != happened:
                kind = "lost" if seen > happened else "doubled"
                verdict.note("trips", kind, f"{person.name} saw {seen} trips {what}, and there were {happened}")
