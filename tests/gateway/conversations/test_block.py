"""Never again with this one: by the trip's end card or a word, in both directions, and nobody else hears of it."""

from services.gateway.messages import Menu
from tests.gateway.conversations.phones import Phone, options
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town


async def _ridden(town: Town) -> tuple[Phone, Phone]:
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    for title in ("Accept", "Arrived", "Start trip", "Complete"):
        await driver.choose(title)
    return driver, rider


async def test_either_side_blocks_the_other_from_the_end_card() -> None:
    """The next search does not find them, the other one reads nothing, and the word shows the list that undoes it."""
    for blocks in (0, 1):
        town = Town()
        both = await _ridden(town)
        rider = both[1]
        before = len(both[1 - blocks].received)
        await both[blocks].choose("Never match us again")
        assert "never match you" in both[blocks].body
        assert len(both[1 - blocks].received) == before
        await listed(rider)
        assert "Ask all" not in str(rider.last)
        await both[blocks].say("menu")
        await both[blocks].say("blocked")
        assert isinstance(both[blocks].last, Menu)
        (block, _), _ = options(both[blocks].last)
        await both[blocks].tap(block)
        assert "matched again" in both[blocks].body
        await listed(rider)
        assert "Ask all" in str(rider.last)


async def test_by_a_word_during_the_trip() -> None:
    """The trip goes on; without one there is nobody to block, and an empty list says so."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = town.phone(language="en")
    for word, told in (("block", "no trip now"), ("blocked", "blocked no one")):
        await rider.say(word)
        assert told in rider.body
    await listed(rider)
    await rider.choose("Ask all")
    await rider.say("block")
    assert "no trip now" in rider.body
    await driver.choose("Accept")
    await rider.say("block")
    assert "never match you" in rider.body
    await driver.choose("Arrived")
    assert "has arrived" in rider.body
