"""What was understood by chat: asked about, kept or not by buttons and numbers, offered where useful, forgotten."""

import pytest

from chassis.errors import Unavailable
from hailwire.profile.v1 import enrichments_pb2 as pb
from services.gateway.conversations import enrichments
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.messages import Buttons, Channel, Media, Menu, Message, MessageKind, choices
from services.gateway.providers.twilio import render
from services.profile.enrichments.effects import MOST_CONTACTS, MOST_TIMES
from services.profile.enrichments.item import Source, Status
from tests.gateway.conversations.phones import Phone, options
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town
from tests.gateway.conversations.town_enrichments import PersonsEnrichments

BOTH = pytest.mark.parametrize("channel", ["whatsapp", "sms"])
WORDS = "Kimironko Market tomorrow at 7am"


def statuses(town: Town, phone: Phone) -> list[Status]:
    """Of the person's items, oldest first."""
    return [item.status for item in reversed(town.desk.of(phone.person_id))]


@BOTH
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_yes_keeps_all_of_it(channel: Channel, language: str) -> None:
    """By a tap or a number, in each language: the place is saved, the time is kept, and both are offered afterwards."""
    town = Town()
    phone = town.phone(channel, language)
    await phone.say("Kimironko Market 18:30")
    assert t(language, "items-question") in phone.body
    assert "Kimironko Market" in phone.body
    assert statuses(town, phone) == [Status.PENDING, Status.PENDING]
    await phone.choose(t(language, "button-keep"))
    assert t(language, "items-kept") in phone.body
    assert statuses(town, phone) == [Status.APPLIED, Status.APPLIED]
    assert [one.called.name for one in town.gazetteer.own(phone.person_id)] == ["Kimironko Market"]
    await phone.say("schedule")
    await phone.choose(t(language, "vehicle-moto"))
    await phone.choose("Kimironko Market")
    assert phone.state.name == "schedule.when"
    assert len(options(phone.last)) == 10
    assert any("18:30" in title for _, title in options(phone.last))


@BOTH
async def test_a_no_keeps_nothing(channel: Channel) -> None:
    """Nothing is saved, and the items say that they were rejected."""
    town = Town()
    phone = town.phone(channel, "en")
    await phone.say(WORDS)
    await phone.choose("Do not keep it")
    assert phone.body.startswith("Fine, I do not keep it.")
    assert statuses(town, phone) == [Status.REJECTED, Status.REJECTED]
    assert not town.gazetteer.own(phone.person_id)
    assert not town.desk.notes


async def test_by_sms_each_answer_is_a_number() -> None:
    """The question ends with its three numbered answers."""
    phone = Town().phone("sms", "en")
    await phone.say(WORDS)
    assert render.body(phone.last).endswith("1 Keep it\n2 Do not keep it\n3 One by one")
    await phone.say("2")
    assert "do not keep it" in phone.body


async def test_one_by_one() -> None:
    """Each thing by itself: the place is kept, the time is not."""
    town = Town()
    phone = town.phone(language="en")
    await phone.say(WORDS)
    await phone.choose("One by one")
    assert [title for _, title in options(phone.last)] == ["Tue 3/3 07:00", "Kimironko Market", "Menu"]
    await phone.choose("Kimironko")
    await phone.choose("Keep it")
    await phone.say("notes")
    await phone.choose("Tue")
    await phone.choose("Do not keep it")
    assert statuses(town, phone) == [Status.APPLIED, Status.REJECTED]
    await phone.say("notes")
    assert "I keep nothing" in phone.body


@pytest.mark.parametrize(
    ("words", "way_on", "asked"),
    [
        ("please come to Kimironko", "Ride from here", "ride.vehicle"),
        ("tomorrow at 7am", "Ride later", "schedule.vehicle"),
        ("Ann {code}", "Send money", "wallet.payee"),
    ],
)
async def test_the_way_on(words: str, way_on: str, asked: str) -> None:
    """Beside yes and no there is what the person may rather have come for."""
    town = Town()
    code = town.bank.wallet(town.phone(language="en").person_id, town.now).code
    phone = town.phone(language="en")
    await phone.say(words.format(code=code))
    assert isinstance(phone.last, Buttons)
    await phone.choose(way_on)
    assert phone.state.name == asked
    assert statuses(town, phone) == [Status.PENDING]


async def test_words_below_a_photo() -> None:
    """That the photo cannot be opened is said all the same; a photo without words, or in a question, is as ever."""
    town = Town()
    phone = town.phone(language="en")
    photo = Message(MessageKind.MEDIA, text="this is Kimironko Market", media=(Media("image/jpeg", id="1"),))
    await phone.send(photo)
    assert phone.body.startswith("I cannot open photos")
    assert "Place: Kimironko Market" in phone.body
    (item,) = town.desk.of(phone.person_id)
    assert item.source is Source.CAPTION
    await phone.say("ride")
    await phone.send(photo)
    assert phone.state.name == "ride.vehicle"
    await phone.send(Message(MessageKind.MEDIA, media=photo.media))
    assert len(town.desk.items) == 1


@BOTH
async def test_a_contact_gets_money_by_name(channel: Channel) -> None:
    """Who is kept is offered where money is sent, by tap and number, and understood when the name is typed."""
    town = Town()
    ann, phone = town.phone(language="en"), town.phone(channel, "en")
    code = town.bank.endow(ann.person_id, 0, town.now, "Ann Lee").code
    town.bank.endow(phone.person_id, 20_000, town.now)
    await phone.say(f"My sister's code is {code}")
    assert f"Contact: sister ({code})" in phone.body
    await phone.choose("Keep it")
    for way in ("tap", "name"):
        await phone.say("wallet")
        await phone.choose("Send money")
        assert isinstance(phone.last, Menu)
        assert [title for _, title in options(phone.last)] == ["sister"]
        if way == "tap":
            await phone.choose("sister")
        else:
            await phone.say(" SISTER ")
        assert phone.state.name == "wallet.amount"
        assert f"A. ({code})" in phone.body


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Ann HW-2222222", "code"),
        ("Myself {mine}", "your own wallet"),
        ("Kimironko Market 12:00 please", "time is over"),
    ],
)
async def test_what_stands_against_it_is_told(words: str, said: str) -> None:
    """A code of nobody's, one's own wallet, a time that is over by now: in words, and nothing is kept."""
    town = Town()
    phone = town.phone(language="en")
    mine = town.bank.wallet(phone.person_id, town.now).code
    await phone.say(words.format(mine=mine))
    town.pass_time(7200)
    await phone.choose("Keep it")
    assert said in phone.body
    assert not town.desk.notes.get(phone.person_id)


async def test_what_is_known_is_not_kept_twice() -> None:
    """A second yes to the same, and a yes to something that is so already, say so and change nothing."""
    town = Town()
    phone = town.phone(language="en")
    for _ in range(2):
        await phone.say("every friday 7am")
    assert statuses(town, phone) == [Status.PENDING]
    await phone.choose("Keep it")
    yes = next(ident for reply in reversed(phone.received) for ident in choices(reply) if ident.startswith("item:keep"))
    await phone.tap(yes)
    assert "I have kept that already." in phone.body
    await phone.say("every friday 7am")
    await phone.choose("Keep it")
    assert "I know that already." in phone.body
    assert statuses(town, phone) == [Status.APPLIED, Status.CONFIRMED]
    assert len(town.desk.notes[phone.person_id]) == 1


async def test_what_looks_the_same_is_one_time() -> None:
    """A time that is counted from now is meant to the minute: said again within it, it is the item that waits."""
    town = Town()
    phone = town.phone(language="en")
    for _ in range(2):
        await phone.say("in two hours")
        assert "13:00" in phone.body
    assert statuses(town, phone) == [Status.PENDING]


async def test_a_saved_place_is_not_asked_about() -> None:
    """By its own name or by where it is; what is still unknown of the same words is."""
    town = Town()
    phone = town.phone(language="en")
    await phone.say("this is Kimironko Market")
    await phone.choose("Keep it")
    await phone.say("this is Kimironko Market")
    assert "did not understand" in phone.body
    await phone.say(WORDS)
    assert "Time: Tuesday" in phone.body
    assert "Place:" not in phone.body


async def test_no_more_than_are_kept() -> None:
    """The fourth time and the fifth contact are refused with the way to make room, and room is made."""
    town = Town()
    phone = town.phone(language="en")
    for number in range(MOST_TIMES + 1):
        await phone.say(f"every day {number + 13}:00")
        await phone.choose("Keep it")
    assert "write NOTES" in phone.body
    for number in range(MOST_CONTACTS + 1):
        code = town.bank.wallet(1000 + number, town.now).code
        await phone.say(f"Friend{chr(65 + number)} {code}")
        await phone.choose("Keep it")
    assert "write NOTES" in phone.body
    await phone.say("notes")
    assert len(options(phone.last)) == 1 + MOST_TIMES + MOST_CONTACTS
    await phone.choose("Daily 13:00")
    assert "every day, 13:00" in phone.body
    await phone.choose("Forget it")
    assert phone.body.startswith("Forgotten.")
    await phone.say("every day 20:00")
    await phone.choose("Keep it")
    assert "I keep this:" in phone.body


async def test_nobody_elses_items() -> None:
    """A button of somebody else's item tells nothing of it and changes nothing."""
    town = Town()
    phone, thief = town.phone(language="en"), town.phone(language="en")
    await phone.say(WORDS)
    for word in ("keep", "drop", "show"):
        await thief.tap(f"item:{word}:1,2")
        assert "no longer waiting" in thief.body
        assert "Kimironko" not in thief.body
    assert statuses(town, phone) == [Status.PENDING, Status.PENDING]


@pytest.mark.parametrize("ident", ["item:keep:", "item:keep:x", "item:keep:1,2,3", "item:show:0", "note:show:-1"])
async def test_a_button_that_cannot_be_read(ident: str) -> None:
    """None of ours, as any other."""
    phone = Town().phone(language="en")
    await phone.tap(ident)
    assert "no longer works" in phone.body


async def test_whoever_is_on_a_trip_is_asked_about_nothing_else() -> None:
    """While somebody waits for a driver, words of places are answered as ever."""
    town = Town()
    await online(town.phone(language="en"))
    phone = await listed(town.phone(language="en"))
    await phone.choose("Ask all")
    await phone.say("i am at kimironko, please come")
    assert "did not understand" in phone.body
    assert not town.desk.items


@BOTH
async def test_whoever_has_a_request_to_answer_is_asked_about_nothing_else(channel: Channel) -> None:
    """A driver who writes a time while a request waits is shown the request again, and accepts it by tap or number."""
    town = Town()
    driver = await online(town.phone(channel, "en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.say("i come in 10 minutes")
    assert "request waits" in driver.body
    assert not town.desk.items
    await driver.choose("Accept")
    (trip,) = town.trips.values()
    assert trip.driver_id == driver.person_id


async def test_when_nothing_can_be_kept_the_message_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is away is left to the engine; one that refuses every item leaves the answer of before."""
    town = Town()
    phone = town.phone(language="en")

    async def away(*_: object) -> list[pb.EnrichmentItem]:
        raise Unavailable

    async def refuses(*_: object) -> list[pb.EnrichmentItem]:
        return []

    monkeypatch.setattr(PersonsEnrichments, "add", away)
    with pytest.raises(Unavailable):
        await phone.say(WORDS)
    monkeypatch.setattr(PersonsEnrichments, "add", refuses)
    await phone.say(WORDS)
    assert "did not understand" in phone.body


def test_both_services_mean_the_same() -> None:
    """All that may be kept fits into the list, beside what waits and the way to the menu."""
    assert enrichments.MOST_NOTES == MOST_TIMES + MOST_CONTACTS
