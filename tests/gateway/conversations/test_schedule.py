"""Rides for later by chat: planned, seen, moved, given up and told of, on both channels and in four languages."""

from datetime import UTC, datetime, timedelta

import pytest

from hailwire.trips.v1 import events_pb2, schedules_pb2, trips_pb2
from services.gateway.conversations import schedule_words
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.moments import Every
from services.gateway.messages import Channel
from services.gateway.providers.twilio.segments import gsm_friendly
from tests.gateway.conversations.phones import Phone, options
from tests.gateway.conversations.test_catalogue import GSM
from tests.gateway.conversations.town import Town
from tests.gateway.conversations.town_schedules import KIGALI, tell

HERE = (-1.95, 30.06)
OPEN = trips_pb2.OFFER_STATE_OPEN
# In the town it is Monday, 2 March 2026, 11:00 in Kigali.


async def asked_when(phone: Phone) -> Phone:
    """At the question when."""
    await phone.say("schedule")
    await phone.choose(t(phone.person.language, "vehicle-moto"))
    await phone.share(*HERE)
    return phone


async def planned(phone: Phone, when: str) -> schedules_pb2.Schedule:
    """With a ride planned for that time."""
    await asked_when(phone)
    await phone.say(when)
    await phone.choose(t(phone.person.language, "button-book"))
    town = phone.town
    assert isinstance(town, Town)
    return town.schedules[max(town.schedules)]


def local(schedule: schedules_pb2.Schedule) -> str:
    return schedule.occurrence.pickup_time.ToDatetime(tzinfo=UTC).astimezone(KIGALI).strftime("%d %H:%M")


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
async def test_a_ride_for_later_from_word_to_list(channel: Channel) -> None:
    """Vehicle, place, time, the time in full, planned; seen in the list, moved, given up."""
    town = Town()
    phone = town.phone(channel, "en")
    await asked_when(phone)
    assert len(options(phone.last)) == 10
    await phone.choose("Tomorrow 08:00")
    assert "Tuesday 3 March, 08:00 (8 in the morning)" in phone.body
    assert not town.schedules
    await phone.choose("Plan it")
    (schedule,) = town.schedules.values()
    assert (local(schedule), schedule.vehicle) == ("03 08:00", trips_pb2.VEHICLE_MOTO)
    assert phone.state.name == "home"
    await phone.say("schedules")
    await phone.choose("Tue")
    await phone.choose("Change time")
    await phone.say("wednesday 18:30")
    assert "Wednesday 4 March, 18:30 (6:30 pm)" in phone.body
    await phone.choose("Plan it")
    (schedule,) = town.schedules.values()
    assert local(schedule) == "04 18:30"
    await phone.choose("Give up ride")
    assert schedule.state == schedules_pb2.SCHEDULE_STATE_CANCELLED
    assert "no rides planned" in phone.body


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("In 30 minutes", "02 11:30"),
        ("In 1 hour", "02 12:00"),
        ("In 2 hours", "02 13:00"),
        ("In 5 hours", "02 16:00"),
        ("Tomorrow 08:00", "03 08:00"),
        ("Tomorrow 18:00", "03 18:00"),
        ("Every morning", "03 08:00"),
        ("Every evening", "02 18:00"),
    ],
)
async def test_each_row_means_what_it_says(row: str, expected: str) -> None:
    """By the clocks of the service area, in whole minutes."""
    town = Town()
    phone = await asked_when(town.phone(language="en"))
    await phone.choose(row)
    await phone.choose("Plan it")
    (schedule,) = town.schedules.values()
    assert local(schedule) == expected
    assert schedule.HasField("recurrence") == row.startswith("Every")


async def test_now_is_an_ordinary_ride() -> None:
    """Who wants to ride at once gets the list of drivers, or hears that nobody is near and may plan for later."""
    phone = await asked_when(Town().phone(language="en"))
    await phone.choose("Now")
    assert "No driver is free" in phone.body
    await phone.choose("Ride later")
    assert phone.state.name == "schedule.when"


async def test_it_is_offered_beside_a_ride() -> None:
    """The list of vehicles for a ride has a row for later, and `ride` asks nothing more than before."""
    phone = Town().phone(language="en")
    await phone.say("ride")
    assert [title for _, title in options(phone.last)][:2] == ["Moto", "Cab"]
    await phone.choose("Plan a ride")
    assert phone.state.name == "schedule.vehicle"


@pytest.mark.parametrize(
    ("language", "text", "expected", "in_full"),
    [
        ("en", "Friday 7am", "06 07:00", "Friday 6 March, 07:00 (7 in the morning)"),
        ("fr", "vendredi 7h", "06 07:00", "vendredi 6 mars, 07:00 (7 h du matin)"),
        ("sw", "kesho saa mbili asubuhi", "03 08:00", "Jumanne 3 Machi, 08:00 (saa 2 asubuhi)"),
        ("rw", "ejo saa mbiri za mu gitondo", "03 08:00", "Kuwa kabiri 3 Werurwe, 08:00 (saa 2 za mu gitondo)"),
    ],
)
async def test_a_free_time_is_told_in_full_before_it_counts(
    language: str, text: str, expected: str, in_full: str
) -> None:
    """The absolute day and time, and how it is spoken there: nobody is booked six hours off without seeing it."""
    phone = Town().phone("sms", language)
    await asked_when(phone)
    await phone.say(text)
    assert in_full in phone.body
    await phone.choose(t(language, "button-book"))
    (schedule,) = phone.town.schedules.values()  # type: ignore[attr-defined]
    assert local(schedule) == expected


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
async def test_what_could_be_two_times_is_asked_back(channel: Channel) -> None:
    """Each is a choice of its own, and typing another time is an answer, too."""
    phone = await asked_when(Town().phone(channel, "en"))
    await phone.say("friday 7")
    assert [title for _, title in options(phone.last)] == ["Fri 6/3 07:00", "Fri 6/3 19:00"]
    await phone.choose("Fri 6/3 19:00")
    assert "Friday 6 March, 19:00 (7 at night)" in phone.body
    await phone.say("tomorrow at 9")
    await phone.say("tomorrow 9am")
    assert "Tuesday 3 March, 09:00" in phone.body
    swahili = await asked_when(Town().phone(channel, "sw"))
    await swahili.say("kesho saa 2")
    assert len(options(swahili.last)) == 4


async def test_times_that_cannot_be_planned() -> None:
    """What is over, too far or not understood is said kindly, and the question stays."""
    phone = await asked_when(Town().phone(language="en"))
    for text, key in (
        ("today 9am", "schedule-past"),
        ("12 may 9am", "schedule-far"),
        ("when the cows come home", "schedule-unread"),
    ):
        await phone.say(text)
        assert t("en", key) in phone.body
        assert phone.state.name == "schedule.when"


async def test_a_second_tap_plans_nothing_twice() -> None:
    """Whoever taps twice has one ride and is shown it."""
    town = Town()
    phone = town.phone(language="en")
    await planned(phone, "friday 7am")
    await phone.choose("Plan it")
    assert len(town.schedules) == 1
    assert t("en", "schedule-exists") in phone.body


async def test_a_message_that_comes_late_plans_nothing() -> None:
    """A confirmation that took an hour to reach us is not acted upon, and its sender hears why."""
    town = Town()
    phone = await asked_when(town.phone(language="en"))
    await phone.say("friday 7am")
    await phone.choose("Plan it", age_seconds=3600)
    assert not town.schedules
    assert "late" in phone.body
    await phone.choose("Plan it")
    assert len(town.schedules) == 1


async def test_taps_of_days_ago() -> None:
    """A time that has passed is asked for again, what is gone is said to be gone, what is still right still works."""
    town = Town()
    phone = town.phone(language="en")
    await asked_when(phone)
    await phone.choose("In 1 hour")
    passed = options(phone.last)[0][0]
    await phone.say("friday 7am")
    ahead = options(phone.last)[0][0]
    daily = await planned(phone, "every morning at 7")
    card = [tap for tap, _ in options(phone.last)]
    town.pass_time(86_400)
    await phone.tap(passed)
    assert t("en", "schedule-past") in phone.body
    await phone.tap(ahead)
    assert len(town.schedules) == 2
    # The ride that was seen is over; another one is next.
    daily.version += 1
    await phone.tap(next(tap for tap in card if "skip" in tap))
    assert t("en", "schedule-changed") in phone.body
    drop = next(tap for tap in card if "drop" in tap)
    await phone.tap(drop)
    assert t("en", "schedule-dropped") in phone.body
    for tap in (drop, f"schedule:show:{daily.schedule_id}", f"schedule:skip:{daily.schedule_id}:1"):
        await phone.tap(tap)
        assert t("en", "schedule-gone") in phone.body
    for nonsense in ("schedule:book:x:1", "schedule:when:moto~0,0,1:e9900", "schedule:times:~0", "schedule:skip:1"):
        await phone.tap(nonsense)
        assert t("en", "dead-button") in phone.body


async def test_one_time_is_skipped() -> None:
    """Of a daily ride the next is off, the one after is not."""
    town = Town()
    phone = town.phone(language="en")
    daily = await planned(phone, "every day at 7:30")
    assert "Next: Tuesday 3 March, 07:30" in phone.body
    await phone.choose("Not this time")
    assert "Next: Wednesday 4 March, 07:30" in phone.body
    assert local(daily) == "04 07:30"


async def test_nobody_plans_without_end() -> None:
    """The tenth is refused kindly."""
    town = Town()
    phone = town.phone(language="en")
    for hour in range(8, 18):
        await asked_when(phone)
        await phone.say(f"tomorrow {hour:02}:00")
        await phone.choose("Plan it")
    assert len(town.schedules) == 9
    assert t("en", "schedule-too-many") in phone.body


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
async def test_stop_gives_up_what_was_planned(channel: Channel) -> None:
    """No driver is sent to somebody who asked for silence and could not be told."""
    town = Town()
    phone = town.phone(channel, "en")
    once, daily = await planned(phone, "friday 7am"), await planned(phone, "every day at 7am")
    await phone.say("stop")
    assert {one.state for one in (once, daily)} == {schedules_pb2.SCHEDULE_STATE_CANCELLED}


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_passengers_are_told(channel: Channel, language: str) -> None:
    """Each event has its words with the absolute time, and leaves an open question open."""
    town = Town()
    phone = town.phone(channel, language)
    once = await planned(phone, "friday 7am")
    daily = await planned(phone, "every day at 7am")
    await phone.say("language")
    kinds = {
        events_pb2.EVENT_KIND_SCHEDULE_REMINDER,
        events_pb2.EVENT_KIND_SCHEDULE_NOBODY_YET,
        events_pb2.EVENT_KIND_SCHEDULE_MISSED,
        events_pb2.EVENT_KIND_SCHEDULE_LATE,
        events_pb2.EVENT_KIND_SCHEDULE_BUSY,
        events_pb2.EVENT_KIND_SCHEDULE_REFUSED,
    }
    for schedule in (once, daily):
        at = schedule.occurrence.pickup_time.ToDatetime(tzinfo=UTC)
        for kind in sorted(kinds):
            await tell(town, kind, schedule)
            assert schedule_words.in_full(language, at, KIGALI) in phone.body
            assert phone.state.name == "language"
    town.pass_time(7 * 86_400)
    heard = len(phone.received)
    await tell(town, events_pb2.EVENT_KIND_SCHEDULE_REMINDER, once)
    await tell(town, events_pb2.EVENT_KIND_SCHEDULE_NOBODY_YET, once)
    assert len(phone.received) == heard


async def test_a_driver_hears_when_the_ride_is() -> None:
    """A request for a planned ride says its time; so does the news that a driver comes."""
    town = Town()
    driver, rider = town.phone(language="en"), town.phone(language="en")
    trip = trips_pb2.Trip(
        trip_id=7, state=trips_pb2.TRIP_STATE_OFFERED, vehicle=trips_pb2.VEHICLE_MOTO, passenger_id=rider.person_id
    )
    trip.pickup_time.FromDatetime(town.now + timedelta(minutes=15))
    trip.offers.add(offer_id=8, trip_id=7, driver_id=driver.person_id, expire_time=town.timestamp(60), state=OPEN)
    town.trips[7] = trip
    town.tell(events_pb2.EVENT_KIND_OFFER_MADE, driver.person_id, trip, 8)
    await town.deliver()
    assert "Pickup time: Monday 2 March, 11:15" in driver.body
    await driver.choose("Accept")
    assert "Pickup time: Monday 2 March, 11:15" in driver.body
    assert "Pickup time: Monday 2 March, 11:15" in rider.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_fit_and_stay_in_the_cheap_alphabet(language: str) -> None:
    """Over a year: short forms fit a button, and every form is GSM-7 as SMS."""
    for day in range(0, 366, 5):
        moment = datetime(2026, 1, 1, 3, 30, tzinfo=UTC) + timedelta(days=day, hours=day % 24)
        for when in (moment, Every(moment.hour, 30), Every(moment.hour, 0, frozenset({day % 7}))):
            assert 0 < len(schedule_words.short(language, when, KIGALI)) <= 24
            assert set(gsm_friendly(schedule_words.in_full(language, when, KIGALI))) <= GSM
        assert len(schedule_words.short(language, moment, KIGALI)) <= 20


def test_hours_are_told_as_they_are_spoken() -> None:
    """Half past seven in the morning is hour one and a half in Swahili; midnight is hour six of the night."""
    moments = [datetime(2026, 3, 2, hour, 30, tzinfo=KIGALI) for hour in (0, 7, 12, 13, 18, 19)]
    assert [schedule_words.hour("sw", moment, KIGALI) for moment in moments] == [
        "00:30 (saa 6:30 usiku)",
        "07:30 (saa 1:30 asubuhi)",
        "12:30 (saa 6:30 mchana)",
        "13:30 (saa 7:30 mchana)",
        "18:30 (saa 12:30 jioni)",
        "19:30 (saa 1:30 usiku)",
    ]
