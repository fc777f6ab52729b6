"""The seeded profile of misbehaviour: what it takes, and that a seed decides the same again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kinds import KINDS, About, NonsenseError
from simulator.misbehaviour import Habit, Misbehaviour, chance, parse, read

PHONES = [f"+2507880000{number:02}" for number in range(8)]
ABOUT: tuple[About, ...] = ("webhook", "status", "send", "api")


@given(seed=st.integers(0, 2**63), nth=st.integers(1, 10_000), key=st.text(max_size=20), data=st.data())
def test_decisions_do_not_depend_on_each_other(seed: int, nth: int, key: str, data: st.DataObject) -> None:
    """Whatever is decided in between and in whatever order, one seed decides the same for the same message."""
    profile = parse("all", seed)
    others = data.draw(st.lists(st.tuples(st.sampled_from(PHONES), st.integers(1, 50)), max_size=10))
    first = {about: profile.decide(about, "whatsapp", key, nth) for about in ABOUT}
    for phone, number in others:
        profile.decide("webhook", "twilio", phone, number)
    again = parse("all", seed)
    assert {about: again.decide(about, "whatsapp", key, nth) for about in reversed(ABOUT)} == first


@given(st.sampled_from(sorted(KINDS)), st.floats(0, 1), st.integers(0, 1000))
def test_a_larger_probability_hits_what_a_smaller_one_hits(kind: str, share: float, seed: int) -> None:
    """Raising a probability adds misbehaviour and takes none away."""
    less = Misbehaviour(seed, {kind: Habit(share / 2, {})})
    more = Misbehaviour(seed, {kind: Habit(share, {})})
    (provider, *_), about = KINDS[kind].providers, KINDS[kind].about
    for nth in range(50):
        if less.decide(about, provider, "+250788000001", nth):
            assert more.decide(about, provider, "+250788000001", nth)


def test_chances_are_even() -> None:
    """Over many messages about as many are hit as the probability says, whatever the seed."""
    for seed in range(20):
        hit = sum(chance(seed, "duplicate", phone, nth) < 0.2 for phone in PHONES for nth in range(250))
        assert 300 < hit < 500


def test_profile_is_read_from_text_and_json() -> None:
    """The command line and JSON say the same, and JSON can be given back."""
    profile = parse("duplicate=0.1, delay=0.05:2", 7)
    assert profile == read({"seed": 7, "kinds": {"duplicate": 0.1, "delay": {"probability": 0.05, "seconds": 2}}}, 0)
    assert read(profile.rendered(), 0) == profile
    assert parse("", 7).habits == {}
    every = parse("all=0.5,outage=0,forged=1", 7).habits
    assert every["duplicate"].probability == KINDS["duplicate"].usual / 2
    assert ("outage" in every, every["forged"].probability) == (False, 1.0)
    assert "webhook_lost" not in every


@pytest.mark.parametrize(
    "text",
    [
        "gremlins=0.1",
        "duplicate",
        "duplicate=2",
        "duplicate=nan",
        "duplicate=0.1:3",
        "delay=0.1:-1",
        "delay=0.1:x",
        "all=x",
        "failed_status=0.1",
        "status_flood=0.1:2.5",
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    """What makes no sense is refused with a sentence."""
    with pytest.raises(NonsenseError):
        parse(text, 0)


async def test_profile_is_commanded_by_http(sim: Any) -> None:
    """The profile can be set, seen and ended while the simulator runs."""
    status, shown = await sim.ask(
        "PUT", "/misbehaviour", {"seed": 7, "kinds": {"131056": 1, "20429": {"probability": 1}}}
    )
    assert (status, shown["seed"], shown["kinds"]["131056"]) == (200, 7, {"probability": 1.0, "retry_after": None})
    assert (await sim.text())[1]["error"]["code"] == 131056
    assert (await sim.sms())[1]["code"] == 20429
    assert await sim.deeds() == {"131056": 1, "20429": 1}
    _, deeds = await sim.ask("GET", "/misbehaviour/deeds", after="1")
    assert [(deed["kind"], deed["provider"], deed["phone"]) for deed in deeds] == [("20429", "twilio", "+250788123456")]
    for wrong in ({"kinds": {"gremlins": 1}}, {"kinds": {"500": 2}}, {"kinds": {"delay": {"probability": 1, "x": 1}}}):
        assert (await sim.ask("PUT", "/misbehaviour", wrong))[0] == 400
    assert (await sim.ask("DELETE", "/misbehaviour"))[0] == 204
    assert (await sim.text())[0] == 200


@pytest.mark.parametrize("environ", [{"SIMULATOR_SEED": "7", "SIMULATOR_MISBEHAVE": "500=0.5,131056=0.2"}])
async def test_seed_reproduces_a_run(sim: Any) -> None:
    """The n-th send to a phone is answered as the seed says, however the phones take turns."""
    profile = parse("500=0.5,131056=0.2", 7)
    for nth in range(1, 21):
        for phone in PHONES[:: 1 if nth % 2 else -1]:
            decided = profile.decide("send", "whatsapp", phone, nth)
            status, answer = await sim.text(to=phone)
            assert status == (500 if "500" in decided else 400 if decided else 200), (phone, nth, answer)


async def test_kinds_are_listed(sim: Any) -> None:
    """The page learns from the simulator which kinds there are and what they can be told."""
    _, kinds = await sim.ask("GET", "/faults/kinds")
    assert [kind["kind"] for kind in kinds] == list(KINDS)
    (delay,) = (kind for kind in kinds if kind["kind"] == "delay")
    assert delay["summary"]
    assert delay["parameters"][0].items() >= {"name": "seconds", "type": "number", "default": 2, "minimum": 0}.items()
    # Whatever is listed can be planned as it is listed.
    for kind in kinds:
        for provider in kind["providers"]:
            await sim.fault(
                kind["kind"],
                provider,
                **(
                    {"code": 131026}
                    if kind["kind"] == "failed_status" and provider == "whatsapp"
                    else {"code": 30003}
                    if kind["kind"] == "failed_status"
                    else {}
                ),
            )
