"""A plan follows from its seed alone, and hurts what is there."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.misbehaviour import parse
from tests.chaos import plan
from tests.chaos.wires import MODES

SEEDS = st.integers(0, 10**6)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_seed_always_draws_the_same(seed: int) -> None:
    """The same seed gives the same plan, and a shorter run of it begins like the longer one."""
    whole = plan.drawn(seed, 20, 24)
    assert plan.drawn(seed, 20, 24) == whole
    short = plan.drawn(seed, 8, 24)
    assert set(short.faults) <= set(whole.faults)
    assert {fault for fault in whole.faults if fault.at < 7} <= set(short.faults)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_plan_can_be_carried_out(seed: int) -> None:
    """Every target exists, every mode is one that wires have, and the providers understand how to misbehave."""
    drawn = plan.drawn(seed, 20, 24)
    everything = {*plan.SERVICES, plan.POSTGRES, plan.SIMULATOR}
    for fault in drawn.faults:
        assert 0 < fault.at < 25
        assert 0 < fault.seconds <= 4
        if fault.kind == "cut":
            assert fault.mode in MODES
            assert set(fault.targets) <= set(plan.wires())
        else:
            assert fault.kind in {"kill", "stop", "pause"}
            assert set(fault.targets) <= everything
    parse(",".join(f"{kind}={share}" for kind, share in drawn.misbehaviour.items()), seed)
    assert len(drawn.lines()) == 3 + len(drawn.faults)


def test_a_hundred_seeds_hurt_everything_in_every_way() -> None:
    """Each part is killed, stopped, paused and cut off, both replicas of a service at once, and faults overlap."""
    faults = [fault for seed in range(1, 101) for fault in plan.drawn(seed, 20, 24).faults]
    done = Counter((fault.kind, target) for fault in faults for target in fault.targets)
    for kind in ("kill", "stop", "pause"):
        for target in (*plan.SERVICES, plan.POSTGRES):
            assert done[kind, target] >= 5
    assert done["kill", plan.SIMULATOR] >= 20
    assert done["pause", plan.SIMULATOR] >= 10
    assert all(done["cut", wire] >= 5 for wire in plan.wires())
    assert {fault.mode for fault in faults if fault.kind == "cut"} == set(MODES)
    for both in (plan.GATEWAYS, plan.PROFILES, plan.TRIPS):
        assert sum(fault.kind == "kill" and fault.targets == both for fault in faults) >= 10
    assert sum(map(_overlaps, range(1, 101))) >= 95
    assert sum(map(_database_dies_while_gateways_sleep, range(1, 101))) >= 30


def _overlaps(seed: int) -> bool:
    faults = plan.drawn(seed, 20, 24).faults
    return any(one is not other and one.at <= other.at < one.at + one.seconds for one in faults for other in faults)


def _database_dies_while_gateways_sleep(seed: int) -> bool:
    faults = plan.drawn(seed, 20, 24).faults
    asleep = [one for one in faults if one.kind == "pause" and one.targets == plan.GATEWAYS]
    died = [one for one in faults if one.kind == "kill" and plan.POSTGRES in one.targets]
    return any(one.at <= other.at < one.at + one.seconds for one in asleep for other in died)
