"""Inviting by chat: a code and what it brings, telling one as a newcomer, and hearing of the reward."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import HailwireError, Internal, Unavailable
from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import invite_code
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.messages import Channel
from services.profile.referral.referral import State
from services.profile.wallet import codes
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.test_catalogue import source
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town
from tests.gateway.conversations.town_invitations import ON, PersonsInvitations

BOTH = pytest.mark.parametrize("channel", ["whatsapp", "sms"])


def inviting(channel: Channel = "whatsapp", language: str = "en") -> tuple[Town, Phone, str]:
    """A town in which invitations bring something, somebody who has been here for long, and their code."""
    town = Town()
    town.guests.terms = ON
    host = town.phone(channel, language)
    town.guests.first_written[host.person_id] = town.now - 100 * ON.newcomer_for
    return town, host, town.guests.code(host.person_id)


async def ride(town: Town, driver: Phone, rider: Phone) -> None:
    """From going online to the end."""
    await online(driver)
    await listed(rider)
    await rider.choose("Ask all")
    for title in ("Accept", "Arrived", "Start trip", "Complete"):
        await driver.choose(title)


@BOTH
async def test_an_invitation_says_how_it_works(channel: Channel) -> None:
    """The code, until when newcomers may tell it, what both get, how many rewards are left; then whatever was asked."""
    _, host, code = inviting(channel)
    await host.say("ride")
    await host.say("Invite")
    for words in (f"INVITE {code} within 3 days", "you get 1,000 RWF and they get 500 RWF", "30 days: 3"):
        assert words in host.body
    assert "wa.me" not in host.body
    assert host.state.name == "ride.vehicle"


async def test_a_link_opens_the_chat() -> None:
    """With WA_CHAT_NUMBER the invitation has a link whose text is understood as it is."""
    town, host, code = inviting()
    host.chat_number = "+1 555 078 3881"
    await host.say("invite")
    link = re.search(r"https://wa\.me/15550783881\?text=(\S+)", host.body)
    assert link is not None
    newcomer = town.phone(language="en")
    await newcomer.say(link[1].replace("%20", " "))
    assert town.guests.referrals[newcomer.person_id].referrer_id == host.person_id
    assert invite_code.read(link[1].replace("%20", " ")) == code


@pytest.mark.parametrize(
    ("reward", "newcomer", "told"),
    [
        (1000, 0, "you get 1,000 RWF."),
        (0, 500, "they get 500 RWF."),
    ],
)
async def test_what_is_nothing_is_not_promised(reward: int, newcomer: int, told: str) -> None:
    """A reward for one side alone is told as one."""
    town, host, _ = inviting()
    town.guests.terms = replace(ON, referrer_amount=Decimal(reward), newcomer_amount=Decimal(newcomer))
    await host.say("invite")
    assert told in host.body
    assert " 0 RWF" not in host.body


@BOTH
async def test_off_is_told(channel: Channel) -> None:
    """As long as nothing is to be had nobody gets a code, and whoever tells one hears it."""
    phone = Town().phone(channel, "en")
    for words in ("invite", "invite GO-7K3QX2F"):
        await phone.say(words)
        assert phone.body.startswith("Invitations bring no reward at the moment.")


@BOTH
async def test_a_newcomer_tells_the_code(channel: Channel) -> None:
    """It is noted once, with what comes of it and until when; nobody is named, and the open question stays open."""
    town, host, code = inviting()
    newcomer = town.phone(channel, "en")
    await newcomer.say("ride")
    for words in (f"INVITE {code}", f"invite {code.lower().replace('-', ' ')}", code, f"Hi! {code} please"):
        await newcomer.say(words)
        assert newcomer.body.startswith("I have noted by whose invitation you came.")
        assert "at the latest, you get 500 RWF" in newcomer.body
        assert newcomer.state.name == "ride.vehicle"
    assert [one.referrer_id for one in town.guests.referrals.values()] == [host.person_id]
    assert host.received == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_language_has_its_word(language: str) -> None:
    """What an invitation tells to write is understood, in each language."""
    town, host, code = inviting(language=language)
    word = re.search(r"\b([A-Z]{4,}) \{ \$code \}", source(language)["invite-code"])
    assert word is not None
    await host.say(word[1])
    assert code in host.body
    newcomer = town.phone(language=language)
    await newcomer.say(f"{word[1]} {code}")
    assert newcomer.body.startswith(t(language, "invited"))


@BOTH
async def test_the_first_message_may_be_a_link(channel: Channel) -> None:
    """It counts at once, whenever its writer chooses a language; who chooses soon hears of it then."""
    town, host, code = inviting()
    newcomer, sleepy = town.phone(channel), town.phone(channel)
    for phone in (newcomer, sleepy):
        await phone.say(f"INVITE {code}")
        assert phone.state.name == "language"
        assert town.guests.referrals[phone.person_id].state is State.WAITING
    await newcomer.choose("English")
    assert "I have noted by whose invitation you came." in newcomer.body
    town.pass_time(5 * 86_400)
    await sleepy.choose("English")
    assert "noted" not in sleepy.body
    assert town.guests.referrals[sleepy.person_id].referrer_id == host.person_id


async def test_a_refused_first_message_is_explained_in_the_language_that_was_chosen() -> None:
    """Nothing is said before the language is known, and then what stands against it."""
    town, _, code = inviting()
    wrong = code[:-1] + ("3" if code[-1] == "2" else "2")
    newcomer = town.phone()
    await newcomer.say(f"invite {wrong}")
    assert newcomer.state.name == "language"
    await newcomer.choose("Français")
    assert t("fr", "refused-invite-unknown") in newcomer.body


async def test_refusals_are_worded() -> None:
    """One's own code, another one, too late, after a trip, and a code that has brought its month's rewards."""
    town, host, code = inviting()
    other = town.guests.code(town.phone(language="en").person_id)
    await host.say(code)
    assert "That is your own invitation code." in host.body
    newcomer = town.phone(language="en")
    await newcomer.say(code)
    await newcomer.say(other)
    assert "only the first one counts" in newcomer.body
    late = town.phone(language="en")
    town.guests.first_written[late.person_id] = town.now - ON.newcomer_for
    await late.say(code)
    assert "only within 3 days of the first message" in late.body
    driver, rider = town.phone(language="en"), town.phone(language="en")
    await ride(town, driver, rider)
    for phone in (driver, rider):
        await phone.say(code)
        assert "only before the first trip" in phone.body
    for _ in range(2):
        await town.phone(language="en").say(code)
    crowded = town.phone(language="en")
    await crowded.say(code)
    assert "has brought all rewards of this month" in crowded.body
    await host.say("invite")
    assert "for now no more are noted" in host.body


async def test_a_message_that_comes_late_is_no_less_true() -> None:
    """Whoever told the code in time is not punished for a slow network."""
    town, _, code = inviting()
    newcomer = town.phone(language="en")
    await newcomer.say(f"invite {code}", age_seconds=3 * 3600)
    assert newcomer.body.startswith("I have noted")


@BOTH
async def test_both_hear_of_the_reward(channel: Channel) -> None:
    """After the first trip of a newcomer, as passenger; a second trip, and the event again, bring nothing more."""
    town, host, code = inviting(channel)
    driver, rider = town.phone(language="en"), town.phone(channel, "en")
    town.guests.first_written[driver.person_id] = town.now - 100 * ON.newcomer_for
    await rider.say(f"invite {code}")
    await ride(town, driver, rider)
    assert host.body.startswith("Somebody whom you invited has completed the first trip.")
    assert "You have received 1,000 RWF. Your balance: 1,000 RWF." in host.body
    assert rider.body.startswith("Your first trip by an invitation is complete. You have received 500 RWF.")
    heard = len(host.received), len(rider.received)
    town.guests.ridden(next(iter(town.trips.values())), town.now)
    await town.deliver()
    assert (len(host.received), len(rider.received)) == heard
    await ride(town, driver, rider)
    assert "Your first trip by an invitation" not in "".join(one.body for one in rider.received[heard[1] :])
    assert town.bank.accounts[host.person_id].balance == 1000
    shown = str([one.to_dict() for one in (*host.received, *rider.received)])
    assert not [one for one in (host, rider) if one.number in shown]


async def test_a_driver_may_be_the_newcomer() -> None:
    """Whoever drives their first trip earns as well, though the passenger alone hears that it is complete."""
    town, host, code = inviting()
    driver, rider = town.phone(language="en"), town.phone(language="en")
    await driver.say(f"invite {code}")
    await ride(town, driver, rider)
    assert "You have received 500 RWF" in driver.body
    assert "You have received 1,000 RWF" in host.body


async def test_it_is_given_to_whoever_is_silent() -> None:
    """Who asked for silence in the middle of the first trip earns by it all the same, and reads nothing."""
    town, host, code = inviting()
    driver, rider = town.phone(language="en"), town.phone(language="en")
    await rider.say(f"invite {code}")
    await online(driver)
    await listed(rider)
    await rider.choose("Ask all")
    for title in ("Accept", "Arrived", "Start trip"):
        await driver.choose(title)
    town.people[rider.person_id].opt_outs.append(profile_pb2.CHANNEL_WHATSAPP)
    heard = len(rider.received)
    await driver.choose("Complete")
    assert len(rider.received) == heard
    assert town.bank.accounts[rider.person_id].balance == 500
    assert "You have received 1,000 RWF" in host.body


async def test_the_ride_is_over_all_the_same_where_invitations_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile service of the version before keeps nothing from the passenger; one that is away is waited for."""
    raised: HailwireError = Internal("unexpected status UNIMPLEMENTED", reason="UNIMPLEMENTED")

    async def broken(self: PersonsInvitations, trip: trips_pb2.Trip) -> None:
        raise raised

    monkeypatch.setattr(PersonsInvitations, "ridden", broken)
    town = Town()
    driver, rider = town.phone(language="en"), town.phone(language="en")
    await ride(town, driver, rider)
    assert "Your trip is complete." in rider.body
    raised = Unavailable("away")
    with pytest.raises(Unavailable):
        await ride(town, driver, rider)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("INVITE GO-7K3QX2F", "GO-7K3QX2F"),
        ("invite go 7k3 qx2f", "GO-7K3QX2F"),
        ("Invite 7K3QX2F!", "GO-7K3QX2F"),
        ("parrainer go7k3qx2f", "GO-7K3QX2F"),
        ("hello, GO\u20117K3QX2F from a friend", "GO-7K3QX2F"),
        ("invite GO-PARENTS", "GO-PARENTS"),
        *((text, "") for text in ("invite", "invite parents", "invite me to dinner", "HW-7K3QX2F", "go between", "")),
        *((text, "") for text in ("I go 7K3QX2F", "7K3QX2F", "invite GO-7K3QX2", "invite GO-7K3QX2FF", "GO-7K3QX20")),
    ],
)
def test_codes_in_what_people_write(text: str, code: str) -> None:
    """Behind the word, or anywhere as it is written; what people say besides is none."""
    assert invite_code.read(text) == code


@given(st.text(max_size=600))
def test_any_text_tells_a_code_or_none(text: str) -> None:
    """Whatever is written is read without an error, and what is read has the shape of a code."""
    assert re.fullmatch(r"(GO-[2-9A-HJKMNP-Z]{7})?", invite_code.read(text))


@given(st.sampled_from(["{}", "invite {}", "Invitation: {}", "see {} !", "alika rafiki {}"]))
def test_every_code_that_is_drawn_is_read(words: str) -> None:
    """As the profile service writes it, and it reads it back."""
    drawn = codes.draw("GO-")
    assert invite_code.read(words.format(drawn)) == drawn == codes.read(drawn, "GO-")


async def test_a_code_is_told_to_us_and_not_to_the_other_side() -> None:
    """In the middle of a ride, where other words are handed on, it is noted."""
    town, host, code = inviting()
    driver, rider = town.phone(language="en"), town.phone(language="en")
    await online(driver)
    await listed(rider)
    await rider.choose("Ask all")
    await driver.choose("Accept")
    heard = len(driver.received)
    await rider.say(code)
    assert len(driver.received) == heard
    assert town.guests.referrals[rider.person_id].referrer_id == host.person_id
