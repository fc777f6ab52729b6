"""The language question of the first contact, and the word `language` ever after."""

from dataclasses import replace

from services.gateway.conversations import guidance, questions, taps
from services.gateway.conversations.catalogue import LANGUAGES
from services.gateway.conversations.flows.language import LANGUAGE, NAMES
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.places import folded
from services.gateway.conversations.turn import Moment, Outcome, Turn

_PHRASE_WORDS = 5
_DENIALS = frozenset({"no", "not", "non", "pas", "oya", "ntabwo", "hapana", "sio", "siyo"})


async def ask(moment: Moment, lead: str = "") -> Outcome:
    """Ask, again."""
    return questions.ask_language(moment, lead)


async def begin(turn: Turn) -> Outcome:
    """`language`: ask again."""
    return questions.ask_language(turn)


async def choose(turn: Turn) -> Outcome:
    """A language was tapped."""
    return await speak(turn, taps.parts_of(turn.message.tap)[:1])


async def answer(turn: Turn) -> Outcome:
    """A language was written, or something else while it is asked."""
    code = _named(folded(turn.message.text))
    if code is None:
        # Nobody is told that they were not understood in a language that they have not chosen.
        return questions.ask_language(turn, turn.say("not-understood") if turn.person.language else "")
    return await speak(turn, [code])


def _named(words: str) -> str | None:
    """The language that is named, alone or in a short phrase ("français svp"); None unless it is exactly one."""
    if words in NAMES:
        return NAMES[words]
    parts = words.split()
    if len(parts) > _PHRASE_WORDS or not _DENIALS.isdisjoint(parts):
        return None
    # Codes are no names here: "en" is a word of French.
    codes = {NAMES[part] for part in parts if len(part) > 2 and part in NAMES}
    return codes.pop() if len(codes) == 1 else None


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
