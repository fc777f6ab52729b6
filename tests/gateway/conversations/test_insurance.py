"""Insurance by chat: how somebody stands, certificates, claims, files that are not taken, and the gate."""

from dataclasses import replace

import pytest

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.catalogue import LANGUAGES
from services.gateway.messages import Channel, Media, Message, MessageKind
from tests.gateway.conversations.office import GOOD_FOR
from tests.gateway.conversations.phones import Phone, options
from tests.gateway.conversations.test_ride import online
from tests.gateway.conversations.town import Town

BOTH = pytest.mark.parametrize("channel", ["whatsapp", "sms"])
PHOTO = Message(MessageKind.MEDIA, media=(Media("image/jpeg", id="1"),))
TWO_PHOTOS = replace(PHOTO, media=(Media("image/jpeg", url="https://a/1"), Media("image/jpeg", url="https://a/2")))


def driver(town: Town, channel: Channel = "whatsapp") -> Phone:
    """Somebody in a town where only insured drivers go online."""
    phone = town.phone(channel, "en")
    phone.insurance_required = True
    return phone


@BOTH
async def test_a_certificate_is_handed_in_and_reviewed(channel: Channel) -> None:
    """Word, photo, what became of it; then the operator's decision, without having written again."""
    town = Town()
    phone = town.phone(channel, "en")
    await phone.say("Insurance")
    assert phone.body.startswith("I have no certificate of insurance of yours.")
    await phone.choose("Send certificate")
    await phone.send(PHOTO)
    assert "I am fetching your file" in phone.received[-2].body
    assert phone.body.startswith("Your certificate has arrived (photos or files so far: 1).")
    await phone.send(TWO_PHOTOS)
    assert "so far: 3" in phone.body
    await phone.choose("Done")
    assert phone.body.startswith("Your certificate is with us.")
    town.office.review(phone.person_id, town.now, approve=True)
    await town.deliver()
    assert phone.body.startswith("Your certificate is approved. It is good until")
    await phone.say("insurance")
    assert phone.body.startswith("You are insured until")


@pytest.mark.parametrize("word", ["insurance", "assurance", "Ubwishingizi", "bima"])
async def test_a_photo_below_which_the_word_stands_is_a_certificate(word: str) -> None:
    """Whoever sends an MMS says what it is in the same breath; every language is understood."""
    town = Town()
    phone = town.phone("sms", "en")
    await phone.send(replace(TWO_PHOTOS, text=word))
    assert town.office.certificates[phone.person_id].document_count == 2


@BOTH
async def test_a_claim_with_words_and_documents(channel: Channel) -> None:
    """What happened, then photos; how far it is stands on the card."""
    town = Town()
    phone = town.phone(channel, "en")
    await phone.say("insurance")
    await phone.choose("Make a claim")
    await phone.say("1")  # words like any others: no number chooses here
    assert phone.body.startswith("I have noted your claim, number 1.")
    await phone.send(TWO_PHOTOS)
    assert phone.body == "Documents of claim 1 have arrived (so far: 2)."
    await phone.say("that is all")
    assert phone.body.startswith("Please send it as a photo or a PDF.")
    await phone.choose("Done")
    assert "Claim 1: waits for somebody to look at it" in phone.body


async def test_a_photo_with_words_is_a_claim_at_once() -> None:
    """The words below a photo say what happened; a photo without words is asked for some."""
    town = Town()
    phone = town.phone(language="en")
    await phone.tap("insurance:claim")
    await phone.send(PHOTO)
    assert phone.body.startswith("Please write what happened")
    await phone.send(replace(PHOTO, text="A bus hit my car."))
    assert [claim.document_count for claim in town.office.of(phone.person_id)] == [1]


async def test_too_many_claims_are_refused_kindly() -> None:
    """The sixth that nobody has decided waits."""
    town = Town()
    phone = town.phone(language="en")
    for number in range(6):
        await phone.tap("insurance:claim")
        await phone.say(f"Accident {number}")
    assert phone.body.startswith("Several claims of yours are still open.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("refusal", [kind for kind in events_pb2.FileRefusal.values() if kind])
async def test_whoever_sends_what_is_not_taken_hears_why(
    language: str, refusal: events_pb2.FileRefusal.ValueType
) -> None:
    """Each reason in words of its own, and the question stays open for the next try."""
    town = Town()
    phone = town.phone(language=language)
    await phone.tap("insurance:send")
    town.office.refusal = refusal
    await phone.send(PHOTO)
    assert phone.body != phone.received[-2].body
    assert phone.state.name == "insurance.certificate"


async def test_a_late_photo_is_not_handed_in() -> None:
    """What was delivered late does nothing, and its sender hears it."""
    town = Town()
    phone = town.phone(language="en")
    await phone.tap("insurance:send")
    await phone.send(PHOTO, age_seconds=5000)
    assert "late" in phone.body
    assert not town.office.certificates


async def test_a_photo_that_nobody_asked_for_is_none() -> None:
    """Elsewhere photos are not read, as before."""
    town = Town()
    phone = town.phone(language="en")
    await phone.send(PHOTO)
    assert phone.body.startswith("I cannot open photos")
    assert not town.office.certificates


@BOTH
async def test_without_a_certificate_nobody_goes_online(channel: Channel) -> None:
    """The gate says what to do, before anything is asked; with an approved certificate it is open."""
    town = Town()
    phone = driver(town, channel)
    await phone.say("drive")
    assert phone.body.startswith("Only insured drivers can go online here.")
    assert [title for _, title in options(phone.last)] == ["Send certificate", "Menu"]
    await phone.choose("Send certificate")
    await phone.send(PHOTO)
    await phone.say("drive")
    assert "Your certificate is with us already." in phone.body
    town.office.review(phone.person_id, town.now, approve=True)
    await town.deliver()
    await online(phone)
    assert town.presences[phone.person_id].online


async def test_an_old_button_does_not_lead_past_the_gate() -> None:
    """Whoever was asked for a place while covered, and is not any more, stays off the map."""
    town = Town()
    phone = driver(town)
    at = int(town.now.timestamp())
    for tap in (f"drive:vehicle:moto:-1.95000,30.06000,{at}", f"drive:at:moto:-1.95000,30.06000,{at}"):
        await phone.tap(tap)
        assert phone.body.startswith("Only insured drivers can go online here.")
    assert phone.person_id not in town.presences


async def test_the_gate_is_open_unless_it_is_wanted() -> None:
    """By default nobody is asked for a certificate."""
    town = Town()
    await online(town.phone(language="en"))


@pytest.mark.parametrize("how", ["expired", "taken back"])
async def test_whoever_loses_the_cover_is_taken_offline(how: str) -> None:
    """On the day that it expires, or when an operator takes it back: off the map, told why and what to do."""
    town = Town()
    phone = driver(town)
    await phone.tap("insurance:send")
    await phone.send(PHOTO)
    town.office.review(phone.person_id, town.now, approve=True)
    await town.deliver()
    await online(phone)
    if how == "expired":
        town.pass_time(GOOD_FOR.total_seconds())
        town.office.expire(phone.person_id, town.now)
    else:
        town.office.review(phone.person_id, town.now, approve=False)
    await town.deliver()
    assert "I took you offline" in phone.body
    assert not town.presences[phone.person_id].online
    assert "online" not in phone.state.data


async def test_an_expiry_is_no_matter_where_no_certificate_is_needed() -> None:
    """Told all the same, and nobody is taken off the map."""
    town = Town()
    phone = town.phone(language="en")
    await phone.tap("insurance:send")
    await phone.send(PHOTO)
    await online(phone)
    town.office.expire(phone.person_id, town.now)
    await town.deliver()
    assert phone.body.startswith("Your certificate of insurance has expired.")
    assert town.presences[phone.person_id].online
