"""Quiet hours of people through the service's own door, and the reminders of certificates that wait for their end."""

import datetime
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import grpc
import pytest

from chassis.settings import load
from hailwire.profile.v1 import erasure_pb2, erasure_pb2_grpc, profile_pb2_grpc
from hailwire.profile.v1 import profile_pb2 as pb
from hailwire.trips.v1 import events_pb2
from services.profile.app import open_service
from services.profile.insurance import reminding
from services.profile.settings import ProfileSettings
from tests.chassis.polling import found
from tests.profile.calls import Open, get, reason, resolve, update, updating, user, whatsapp
from tests.profile.insured import Office, open_office

if TYPE_CHECKING:
    from hailwire.profile.v1.profile_pb2_grpc import ProfileServiceAsyncStub as Stub
else:
    Stub = Any

KIGALI = ZoneInfo("Africa/Kigali")
NIGHT = pb.QuietHours(from_minute=22 * 60, to_minute=6 * 60)


def _hours(first: int, last: int) -> pb.QuietHours:
    return pb.QuietHours(from_minute=first, to_minute=last)


async def test_they_are_kept_changed_and_ended(open_profile: Open) -> None:
    """With the person, at every replica, in lists too; other fields stay, and the same minute twice ends them."""
    async with open_profile() as left, open_profile() as right:
        person = await resolve(left, whatsapp(), name="Amina")
        assert not person.HasField("quiet_hours")
        (kept,) = await update(left, updating(person.person_id, quiet_hours=NIGHT))
        assert (kept.person.quiet_hours, kept.person.name) == (NIGHT, "Amina")
        assert kept.person.version == person.version + 1
        (changed,) = await update(right, updating(person.person_id, quiet_hours=_hours(0, 1439)))
        assert changed.person.quiet_hours == _hours(0, 1439)
        listed = await left.ListPeople(pb.ListPeopleRequest(page_size=1000))
        assert _hours(0, 1439) in [one.quiet_hours for one in listed.people if one.person_id == person.person_id]
        (same,) = await update(left, updating(person.person_id, language="fr"))
        assert same.person.quiet_hours == _hours(0, 1439)
        (ended,) = await update(left, updating(person.person_id, quiet_hours=_hours(5, 5)))
        assert not ended.person.HasField("quiet_hours")
        assert not (await get(left, person.person_id))[0].person.HasField("quiet_hours")


async def test_what_is_no_minute_of_a_day_is_refused(profile: Stub) -> None:
    """Each end for itself, and nothing is changed."""
    person = await resolve(profile, whatsapp())
    refused = await update(
        profile,
        *(updating(person.person_id, quiet_hours=_hours(*span)) for span in ((0, 1440), (-1, 5), (1440, 1440))),
    )
    assert [reason(result.error) for result in refused] == ["QUIET_HOURS_INVALID"] * 3
    assert (await get(profile, person.person_id))[0].person == person


async def test_two_who_become_one(profile: Stub) -> None:
    """The survivor's count; where there are none, those of whoever was merged."""
    for mine, expected in ((NIGHT, NIGHT), (None, _hours(60, 120))):
        number, user_id = whatsapp(), user()
        older, younger = await resolve(profile, number), await resolve(profile, user_id)
        if mine is not None:
            await update(profile, updating(older.person_id, quiet_hours=mine))
        await update(profile, updating(younger.person_id, quiet_hours=_hours(60, 120)))
        assert (await resolve(profile, number, user_id)).quiet_hours == expected


@pytest.fixture
async def channel(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[grpc.aio.Channel]:
    """A replica that looks for what is due all the time."""
    monkeypatch.setattr(reminding, "LOOK_SECONDS", 0.05)
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": fresh_database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
    }
    async with (
        open_service(load(ProfileSettings, environ)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        yield channel


@pytest.fixture
async def office(channel: grpc.aio.Channel, fresh_database_url: str) -> AsyncIterator[Office]:
    """Its services."""
    async with open_office(channel, fresh_database_url) as office:
        yield office


async def _told(office: Office) -> list[tuple[int, str]]:
    """Who heard what next, once somebody does."""
    events = await found(office.told)
    return [(one.recipient_id, events_pb2.EventKind.Name(one.kind).removeprefix("EVENT_KIND_")) for one in events]


async def test_a_reminder_waits_until_they_are_over(office: Office) -> None:
    """It would come at midnight; that the certificate is over is told then all the same."""
    sleeper, awake = await office.newcomer(), await office.newcomer()
    await update(office.people, updating(sleeper, quiet_hours=NIGHT))
    last_day = datetime.datetime.now(KIGALI).date() + datetime.timedelta(days=30)
    async with office.operator() as operator:
        for person_id in (sleeper, awake):
            await operator.approve((await office.handed_in(person_id)).certificate_id, last_day)
    await office.told()
    over = datetime.datetime.combine(last_day + datetime.timedelta(days=1), datetime.time(), KIGALI)

    async def it_is(moment: datetime.datetime) -> None:
        await office.fetch("UPDATE chassis.clock SET shift = $1 - clock_timestamp()", moment)

    midnight = over - datetime.timedelta(days=14)
    await it_is(midnight + datetime.timedelta(minutes=5))
    assert await _told(office) == [(awake, "CERTIFICATE_EXPIRES_SOON")]
    await it_is(midnight + datetime.timedelta(hours=6, minutes=1))
    assert await _told(office) == [(sleeper, "CERTIFICATE_EXPIRES_SOON")]
    await it_is(over + datetime.timedelta(minutes=5))
    assert set(await _told(office)) == {(sleeper, "CERTIFICATE_EXPIRED"), (awake, "CERTIFICATE_EXPIRED")}


async def test_they_go_with_an_erasure(channel: grpc.aio.Channel, office: Office) -> None:
    """Nothing says any more when somebody who is gone wanted to be left alone."""
    people = profile_pb2_grpc.ProfileServiceStub(channel)
    person = await resolve(people, whatsapp())
    await update(people, updating(person.person_id, quiet_hours=NIGHT))
    request = erasure_pb2.ErasePersonRequest(request_id=uuid.uuid4().hex, person_id=person.person_id, actor="person")
    await erasure_pb2_grpc.ErasureServiceStub(channel).ErasePerson(request)
    (row,) = await office.fetch("SELECT quiet_from, quiet_to FROM profile.person")
    assert tuple(row) == (None, None)
