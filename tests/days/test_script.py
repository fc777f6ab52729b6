"""The script of the two days by itself, without anybody who would answer."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from services.gateway.conversations import places
from tests.days.acts import Act, place, play
from tests.days.model import Model
from tests.days.script import CORNERS, LONELY_CORNER, TwoDays
from tests.days.values import OPEN, Person, Told, TripState

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
KILOMETERS_LOOKED = 10
# What happens to somebody in any two days: if one of these is told to nobody, its happening has been lost.
USUAL = {
    *("first-contact", "language-chosen", "language-question", "online", "offline", "moved", "silent-offline"),
    *("asked", "offer", "accepted", "declined", "offer-taken", "offer-withdrawn", "offer-lapsed", "nobody-near"),
    *("told-accepted-distance", "passenger-arrived", "told-started", "told-completed", "rated", "given-up"),
    "absent-too-early",
    *("told-cancelled-passenger", "told-cancelled-driver", "told-exhausted", "told-expired", "stopped", "started"),
    *("schedule-booked", "schedule-moved", "schedule-skipped", "schedule-dropped"),
    *("told-reminder", "told-nobody-yet", "told-missed"),
    *("wallet-sent", "wallet-confirm", "told-money", "told-money-from", "refused-wallet-new", "refused-amount-small"),
    *("relay-driver", "relay-passenger", "relay-told-driver", "relay-told-passenger"),
    *("exchange-asked", "exchange-driver-number", "exchange-passenger-number"),
    *("certificate-none", "certificate-received", "certificate-approved", "certificate-rejected"),
    *("refused-amount-large", "refused-balance", "refused-daily-limit", "cannot-read-media", "limited-expensive"),
}


class Nowhere:
    """Nobody is there to do it, and nobody to answer."""

    async def perform(self, act: Act) -> None:
        """It is as if it had been done."""

    async def heard(self, people: frozenset[Person]) -> None:
        """They have."""


async def lived(seed: int, *, backwards: bool = False) -> Model:
    """The two days; those who act side by side may do so in another order."""
    model = Model(MIDNIGHT + timedelta(hours=5))
    for scene in TwoDays(model, seed, MIDNIGHT).scenes():
        if isinstance(scene, datetime):
            model.passes(scene)
        else:
            await play(Nowhere(), model, *(reversed(scene) if backwards else scene))
    return model


def told(model: Model) -> dict[str, list[Told]]:
    return {person.name: person.heard for person in model.people}


@pytest.mark.parametrize("seed", range(1, 11))
async def test_a_seed_tells_one_story(seed: int) -> None:
    """The same people hear the same, whoever of those who act side by side comes first; another seed tells another."""
    model = await lived(seed)
    assert told(model) == told(await lived(seed, backwards=True))
    assert told(model) != told(await lived(seed + 1))


@pytest.mark.parametrize("seed", range(1, 11))
async def test_everything_happens(seed: int) -> None:
    """Every happening has its people, and at the end nobody rides and no money has come from nowhere."""
    model = await lived(seed)
    keys = Counter(one.key for person in model.people for one in person.heard)
    assert not USUAL - keys.keys()
    assert {trip.state for trip in model.trips} == set(TripState) - OPEN
    assert sum(trip.planned for trip in model.trips) == 4
    assert sum(person.balance for person in model.people) == model.credited
    assert Counter(person.channel for person in model.people).keys() == {"whatsapp", "sms"}
    assert {person.language for person in model.people} == {"en", "fr", "rw", "sw"}


async def test_who_wants_silence_hears_nothing() -> None:
    """Whoever has asked for silence was told so at last, or nothing since."""
    model = await lived(1)
    silent = [person for person in model.people if person.silent]
    assert len(silent) == 4
    assert all(person.heard[-1].key == "stopped" for person in silent if person.channel == "whatsapp")


def test_corners_are_far_from_each_other_and_from_everything() -> None:
    """Nobody is asked for a ride in another corner, and no request names a landmark."""
    corners = [place(corner) for corner in range(LONELY_CORNER + 1)]
    assert len(corners) == CORNERS + 1
    assert not any(places.near(*corner) for corner in corners)
    for one, other in combinations(corners, 2):
        assert places.meters(*one, *other) > 2_000 * KILOMETERS_LOOKED
