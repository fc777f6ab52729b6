"""The language question of the first contact, and the word `language` ever after."""

from dataclasses import replace

from services.gateway.conversations import guidance, questions, taps
from services.gateway.conversations.catalogue import LANGUAGES
from services.gateway.conversations.memory import LANGUAGE, remembered
from services.gateway.conversations.places import folded
from services.gateway.conversations.routing import LANGUAGE_NAMES
from services.gateway.conversations.turn import Outcome, Turn


async def begin(turn: Turn) -> Outcome:
    """`language`: ask again."""
    return questions.ask_language(turn)


async def choose(turn: Turn) -> Outcome:
    """A language was tapped."""
    return await speak(turn, taps.parts_of(turn.message.tap)[:1])


async def answer(turn: Turn) -> Outcome:
    """A language was written, or something else while it is asked."""
    code = LANGUAGE_NAMES.get(folded(turn.message.text))
    if code is None:
        # Nobody is told that they were not understood in a language that they have not chosen.
        return questions.ask_language(turn, turn.say("not-understood") if turn.person.language else "")
    return await speak(turn, [code])


async def speak(turn: Turn, codes: list[str]) -> Outcome:
    """Remember the language and go on in it."""
    if len(codes) != 1 or codes[0] not in LANGUAGES:
        raise taps.TapUnreadable(turn.message.tap)
    person = await turn.world.update_person("language", language=codes[0])
    turn = replace(turn, person=person)
    if turn.state.name == LANGUAGE:
        turn = replace(turn, state=remembered(turn).home())
    outcome = await guidance.guide(turn, turn.say("language-chosen"))
    return replace(outcome, language=codes[0])
