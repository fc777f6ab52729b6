"""What the services have kept at the end, beside the model: people, drivers, trips, stars, money, rides for later."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.days.model import Model
from tests.days.values import Person, PlanState
from tests.mesh.audit import Connection, Findings
from tests.mesh.day_stage import MeshStage
from tests.profile import seals


async def checked(findings: Findings, connection: Connection, model: Model, stage: MeshStage) -> None:
    """Note whatever is not as the model has it."""
    people = await _people(findings, connection, model, stage)
    names = {person_id: person.name for person, person_id in people.items()}
    await _trips(findings, connection, model, names)
    await _drivers(findings, connection, model, people)
    await _money(findings, connection, model, people)
    await _plans(findings, connection, model, names)
    await _insurance(findings, connection, model, people)


async def _people(findings: Findings, connection: Connection, model: Model, stage: MeshStage) -> dict[Person, int]:
    """The id of each, with what they have chosen compared."""
    rows = await connection.fetch(
        "SELECT i.value_hash, i.value_sealed, p.person_id, p.language, p.opt_outs"
        " FROM profile.identity i JOIN profile.person p USING (person_id)"
    )
    known = {seals.opened(row): row for row in rows}
    findings.none_of("person whom nobody knows", known.keys() - {phone.address for phone in stage.phones.values()})
    ids = {}
    for person in model.people:
        row = known[stage.phones[person].address]
        ids[person] = row["person_id"]
        found = (row["language"], bool(row["opt_outs"]))
        if found != (person.language, person.silent):
            findings.wrong.append(f"{person.name} is {found} instead of {(person.language, person.silent)}")
    return ids


async def _trips(findings: Findings, connection: Connection, model: Model, names: dict[int, str]) -> None:
    """Each with how it ended, who drove, who gave up and why, what became of its offers, and its stars."""
    offers: dict[int, list[tuple[str, int]]] = {}
    for row in await connection.fetch("SELECT trip_id, driver_id, state FROM trips.offer"):
        offers.setdefault(row["trip_id"], []).append((names[row["driver_id"]], row["state"]))
    stars: dict[int, dict[bool, int]] = {}
    for row in await connection.fetch("SELECT trip_id, by_driver, stars FROM trips.rating"):
        stars.setdefault(row["trip_id"], {})[row["by_driver"]] = row["stars"]
    kept = [
        (
            names[row["passenger_id"]],
            row["state"],
            names.get(row["driver_id"]),
            names.get(row["cancelled_by"]),
            row["cancel_reason"],
            row["planned"],
            tuple(sorted(offers[row["trip_id"]])),
            tuple(sorted(stars.get(row["trip_id"], {}).items())),
        )
        for row in await connection.fetch("SELECT *, pickup_at IS NOT NULL AS planned FROM trips.trip")
    ]
    expected = [
        (
            trip.passenger.name,
            int(trip.state),
            trip.driver.name if trip.driver else None,
            trip.cancelled_by.name if trip.cancelled_by else None,
            trip.reason,
            trip.planned,
            tuple(sorted((driver.name, int(state)) for driver, state in trip.offers.items())),
            tuple(sorted((person is trip.driver, count) for person, count in trip.stars.items())),
        )
        for trip in model.trips
    ]
    _same(findings, "trip", kept, expected)


async def _drivers(findings: Findings, connection: Connection, model: Model, people: dict[Person, int]) -> None:
    rows = await connection.fetch("SELECT person_id, online FROM trips.presence")
    online = {row["person_id"] for row in rows if row["online"]}
    _same(findings, "driver on the map", online, [people[one] for one in model.people if one.online])


async def _money(findings: Findings, connection: Connection, model: Model, people: dict[Person, int]) -> None:
    """Every balance; what people have is what came in from outside."""
    rows = await connection.fetch("SELECT person_id, system, balance FROM profile.account WHERE balance <> 0")
    kept = [(row["person_id"], row["system"], int(row["balance"])) for row in rows]
    expected = [(people[one], None, one.balance) for one in model.people if one.balance]
    _same(findings, "balance", kept, [*expected, (None, "external", -model.credited)])


async def _plans(findings: Findings, connection: Connection, model: Model, names: dict[int, str]) -> None:
    rows = await connection.fetch(
        "SELECT s.passenger_id, s.state, s.weekdays IS NOT NULL AS daily, o.pickup_at"
        " FROM trips.schedule s JOIN trips.occurrence o USING (occurrence_id)"
    )
    kept = [
        (names[row["passenger_id"]], row["state"], row["daily"], _about(row["state"], row["pickup_at"])) for row in rows
    ]
    expected = [(plan.passenger.name, int(plan.state), plan.daily, _about(plan.state, plan.at)) for plan in model.plans]
    _same(findings, "ride for later", kept, expected)


async def _insurance(findings: Findings, connection: Connection, model: Model, people: dict[Person, int]) -> None:
    """Every certificate with its pages, and what an operator said of it."""
    rows = await connection.fetch(
        "SELECT c.person_id, c.state, count(d.document_id) AS pages"
        " FROM profile.certificate c LEFT JOIN profile.document d USING (certificate_id) GROUP BY c.certificate_id"
    )
    kept = [(row["person_id"], row["state"], row["pages"]) for row in rows]
    expected = [(people[one], int(paper.state), paper.pages) for one in model.people for paper in one.certificates]
    _same(findings, "certificate", kept, expected)


def _about(state: int, at: datetime) -> str:
    """The moment of one that is still to come; of one that is over it may be a minute more than the model knows."""
    return at.astimezone(UTC).strftime("%d %H:%M") if state == PlanState.ACTIVE else ""


def _same(findings: Findings, what: str, kept: Iterable[Any], expected: Iterable[Any]) -> None:
    found, wanted = Counter(kept), Counter(expected)
    findings.none_of(f"{what} that the model does not have", (found - wanted).elements())
    findings.none_of(f"{what} that only the model has", (wanted - found).elements())
    findings.table[what] = found.total()
