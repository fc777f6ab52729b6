"""`make bench-compare`: a ratio that got worse is found, whatever the machine, and a time is nobody's business."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import __main__ as bench
from benchmarks import compare, figures, ratios
from benchmarks.figures import Figure
from launcher.environment import ROOT

FASTER = Figure("turn: messages per second, ours / theirs", 2.0, "times", 3.0, rounds=(1.9, 2.0, 2.1))
CHEAPER = Figure("hop: latency, ours / bare", 1.3, "times", 1.5, at_most=True, rounds=(1.28, 1.3, 1.33))
TIME = Figure("turn: CPU time of a message", 900.0, "us", 1000.0, at_most=True)


def results(path: Path, faster: float = 2.0, cheaper: float = 1.3, **other: Any) -> Path:
    """A results file as `make bench` writes it; `cpu`, `size` and `time` are the machine's."""
    parts = {
        "turn": [Figure(FASTER.name, faster, "times", 3.0, rounds=FASTER.rounds), TIME],
        "hop": [Figure(CHEAPER.name, cheaper, "times", 1.5, at_most=True, rounds=CHEAPER.rounds)],
    }
    parts["turn"][1] = Figure(TIME.name, other.get("time", 900.0), "us", 1000.0, at_most=True)
    for part in other.get("without", ()):
        del parts[part]
    machine = {"cpu": other.get("cpu", "CPU"), "cores": 2, "measured_at": "T", "size": other.get("size", "usual")}
    judged = [figure for part in parts.values() for figure in part]
    figures.write(path, machine, {"commit": "abc"}, [ratios.suite(parts)], judged)
    return path


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    """Taken from a first run."""
    path = tmp_path / "baseline.json"
    taken = str(results(tmp_path / "first.json"))
    assert compare.main(["--update", "--results", taken, "--against", str(path)]) == 0
    return path


def compared(baseline: Path, taken: Path, *options: str) -> int:
    return compare.main(["--against", str(baseline), "--results", str(taken), *options])


def test_the_same_again_passes(baseline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What did not change is ok, and the table says on what both were measured and what was allowed."""
    assert compared(baseline, results(tmp_path / "now.json")) == 0
    shown = capsys.readouterr().out
    assert "turn: before T, 2 x CPU, commit abc; now T, 2 x CPU, commit abc" in shown
    assert f"ok       {FASTER.name}" in shown
    assert "no ratio is worse" in shown


@pytest.mark.parametrize(("faster", "cheaper"), [(1.6, 1.3), (2.0, 1.5)])
def test_a_regression_is_found(
    faster: float, cheaper: float, baseline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Less where more is better, and more where less is, ends with 1 and names the ratio."""
    assert compared(baseline, results(tmp_path / "now.json", faster, cheaper)) == 1
    shown = capsys.readouterr().out
    assert f"WORSE    {FASTER.name if faster < 2 else CHEAPER.name}" in shown
    assert "1 of 2 ratios are worse or missing" in shown


def test_what_the_rounds_differed_by_is_no_regression(baseline: Path, tmp_path: Path) -> None:
    """Within the spread of the baseline's rounds a ratio may fall."""
    assert compared(baseline, results(tmp_path / "now.json", faster=1.8, cheaper=1.34)) == 0


def test_an_improvement_passes(baseline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Better is told and is no failure."""
    assert compared(baseline, results(tmp_path / "now.json", faster=3.5, cheaper=1.0)) == 0
    assert capsys.readouterr().out.count("better   ") == 2


def test_times_never_fail(baseline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A message that takes ten times as long on another machine is not compared: its baseline holds ratios alone."""
    assert compared(baseline, results(tmp_path / "now.json", time=9000.0, cpu="a slow one")) == 0
    assert "a slow one" in capsys.readouterr().out
    assert TIME.name not in baseline.read_text(encoding="utf-8")


def test_a_missing_figure_is_an_error(baseline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the baseline has and a run has not fails, unless only other parts were asked for."""
    taken = results(tmp_path / "now.json", without=["hop"])
    assert compared(baseline, taken) == 1
    assert f"MISSING  {CHEAPER.name}" in capsys.readouterr().out
    assert compared(baseline, taken, "--only", "turn") == 0
    assert compared(baseline, taken, "--only", "history") == 1
    assert "has no ratios of history" in capsys.readouterr().out


def test_a_new_figure_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A ratio that the baseline does not know yet is shown and fails nothing; two results files can be compared."""
    older = results(tmp_path / "older.json")
    told = json.loads(older.read_bytes())
    (kept,) = (suite for suite in told["suites"] if suite["name"] == ratios.SUITE)
    del kept["parts"]["turn"][FASTER.name]
    kept["parts"]["turn"]["other"] = {"value": 1, "better": "more", "tolerance": 0.1}
    newer = results(tmp_path / "newer.json")
    older.write_text(json.dumps(told), encoding="utf-8")
    assert compared(older, newer) == 1  # "other" is missing
    assert f"new      {FASTER.name}" in capsys.readouterr().out
    assert compared(newer, newer) == 0


def test_other_sizes_have_other_ratios(baseline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run of a size without a baseline is refused, and a baseline keeps one of each size."""
    quick = results(tmp_path / "quick.json", faster=1.2, size="quick")
    assert compared(baseline, quick) == 1
    assert "nothing to compare" in capsys.readouterr().out
    assert compare.main(["--update", "--results", str(quick), "--against", str(baseline)]) == 0
    assert compared(baseline, quick) == compared(baseline, results(tmp_path / "now.json")) == 0
    assert compared(quick, results(tmp_path / "now.json")) == 1  # and so do two results files


def test_an_update_keeps_what_was_not_measured(baseline: Path, tmp_path: Path) -> None:
    """A baseline is written part by part; results are never written over."""
    taken = results(tmp_path / "now.json", faster=2.5, without=["hop"])
    assert compare.main(["--update", "--results", str(taken), "--against", str(baseline)]) == 0
    kept = {one.name: one.value for one in ratios.of_file(baseline, "usual").ratios}
    assert kept == {FASTER.name: 2.5, CHEAPER.name: 1.3}
    assert compare.main(["--update", "--results", str(taken), "--against", str(taken)]) == 1


def test_it_measures_what_the_baseline_has(
    baseline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a results file the parts of the baseline are measured with its size; a run without figures fails."""
    asked: list[list[str]] = []

    def measured(arguments: list[str]) -> int:
        asked.append(arguments)
        if len(asked) == 1:
            results(Path(arguments[-1]))
        return 1  # targets were missed, which is another question

    monkeypatch.setattr(compare, "_MEASURED", tmp_path / "measured.json")
    monkeypatch.setattr(bench, "main", measured)
    assert compare.main(["--against", str(baseline)]) == 0
    assert asked[0][:-1] == ["--size", "usual", "--only", "hop", "--only", "turn", "--output"]
    assert compare.main(["--against", str(baseline)]) == 1
    assert "nothing to compare" in capsys.readouterr().out


def test_the_command_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real command takes a baseline of one hop, measures again and compares."""
    monkeypatch.setattr(compare, "_MEASURED", tmp_path / "measured.json")
    small = ["--size", "quick", "--only", "hop", "--against", str(tmp_path / "baseline.json")]
    assert compare.main(["--update", *small]) == 0
    told = json.loads((tmp_path / "baseline.json").read_bytes())["quick"]["hop"]
    assert all(one["tolerance"] == 0.25 for one in told["ratios"].values())  # one round says nothing of the next
    assert {one["better"] for one in told["ratios"].values()} == {"less", "more"}
    for one in told["ratios"].values():  # whatever else this machine does meanwhile
        one["tolerance"] = 100
    (tmp_path / "baseline.json").write_text(json.dumps({"quick": {"hop": told}}), encoding="utf-8")
    assert compare.main(small) == 0


@given(st.lists(st.tuples(st.floats(0.1, 100), st.lists(st.floats(0.1, 100), max_size=5)), min_size=1, max_size=9))
def test_no_tolerance_is_below_the_noise(measured: list[tuple[float, list[float]]]) -> None:
    """Rounds that differ more allow more, up to half; no figure is taken for more exact than a twentieth."""
    found = ratios.tolerances(measured)
    assert all(0.05 <= one <= 0.5 for one in found)
    value, rounds = measured[0]
    if len(rounds) > 1:
        wider = ratios.tolerances([(value, [*rounds, max(rounds) + 1]), *measured[1:]])
        assert wider[0] >= found[0]


def test_rounds_that_agree_by_chance_forbid_nothing() -> None:
    """A figure whose rounds happen to agree may fall as far as the median of those that were taken with it."""
    restless = [(1.0, [0.9, 1.0, 1.1])] * 2
    assert ratios.tolerances([(1.0, [1.0, 1.0, 1.0]), *restless]) == pytest.approx([0.3, 0.3, 0.3])
    assert ratios.tolerances([(1.0, [1.0, 1.01])]) == [0.05]
    assert ratios.tolerances([(1.0, [1.0])]) == [0.25]


def test_the_committed_baseline_holds_every_kind_of_ratio() -> None:
    """What is committed can be compared with: it says where it was measured, and has the comparisons with the peer."""
    kept = ratios.of_file(ratios.BASELINE, "usual")
    assert {"ingest", "turn", "hop", "micro"} <= set(kept.parts)
    assert all("commit " in on for on in kept.on.values())
    assert all(one.value > 0 and 0.05 <= one.tolerance <= 0.5 for one in kept.ratios)
    names = {one.name for one in kept.ratios}
    assert "full turn: CPU time, peer, 1 process / hailwire" in names
    assert not any(name.endswith((": median", "p99", "MB")) for name in names)


def test_make_knows_it() -> None:
    """`make bench-compare` is a target, and the folder of the benchmark is where the baseline is kept."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\nbench-compare: setup" in makefile
    assert ratios.BASELINE.parent == ROOT / "benchmarks"
