"""What a conversation remembers survives being stored: the next turn reads what the last one wrote."""

from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.conversations.flows import HOME
from services.gateway.conversations.memory import Memory, OfferHint, TripHint
from services.gateway.conversations.turn import State

_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_numbers = st.integers(1, 2**53)
_memories = st.builds(
    Memory,
    gathered=st.dictionaries(_words, _words, max_size=3),
    choices=st.lists(st.tuples(_words, _words), max_size=3).map(tuple),
    offers=st.lists(st.builds(OfferHint, _numbers, _numbers, _numbers), max_size=3).map(tuple),
    trip=st.none() | st.builds(TripHint, _numbers, st.sampled_from(["passenger", "driver"])),
    silenced=st.booleans(),
    online=_words,
    told=st.integers(0, 2**53),
    ended=st.none() | st.tuples(_numbers, _numbers),
)


def _stored(state: State) -> State:
    """As the next turn gets it."""
    return State(state.name, state.version, orjson.loads(orjson.dumps(state.data)), state.expires_at)


@given(_memories)
def test_what_is_written_is_read(memory: Memory) -> None:
    """Every memory comes back from the bytes of its state as it was, and is what the state says before that, too."""
    state = memory.keeping(State(HOME))
    assert Memory.of(state) == Memory.of(_stored(state)) == memory


@given(_memories)
def test_a_question_keeps_what_was_gathered_for_it(memory: Memory) -> None:
    """Another question, or none, forgets what was gathered for the last one and nothing else."""
    asked = Memory.of(_stored(memory.asking("ride.driver", datetime.now(UTC), vehicle="moto")))
    home = Memory.of(_stored(memory.home()))
    assert (asked.gathered, home.gathered) == ({"vehicle": "moto"}, {})
    assert asked.choices == home.choices == memory.choices
    assert asked.offers == home.offers == memory.offers
