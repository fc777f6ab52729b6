"""How runs are told: a line for each seed, one table for all, JSON lines to keep, Markdown for the documents."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from tests.chaos.drill import Run
from tests.chaos.verdict import KINDS, SUBJECTS, Finding

_COUNTED = ("messages", "replies", "trips", "events", "statuses")


def line(run: Run) -> str:
    """One run in one line."""
    counts = run.verdict.counts
    told = f"{counts['messages']} messages, {counts['replies']} replies, {counts['trips completed']} rides"
    how = f"{counts['faults']} faults, {counts['extra sends']} extra sends, quiet after {run.quiet_seconds:.1f} s"
    verdict = "ok" if run.passed else f"FAILED: {len(run.verdict.findings)} findings"
    return f"seed {run.plan.seed:<6} {verdict:<8} {run.seconds:5.1f} s: {told}; {how}"


def told_first(findings: Iterable[Finding]) -> list[str]:
    """A few of each sort, and how many more there are."""
    sorts: dict[tuple[str, str], list[str]] = {}
    for one in findings:
        sorts.setdefault((one.subject, one.kind), []).append(str(one))
    order = sorted(sorts, key=lambda sort: (KINDS.index(sort[1]) == KINDS.index("stuck"), sort))
    return [
        line
        for sort in order
        for line in (*sorts[sort][:3], *([f"... {len(sorts[sort]) - 3} more"] if len(sorts[sort]) > 3 else []))
    ]


def record(run: Run) -> dict[str, Any]:
    """One run as JSON."""
    return {
        "seed": run.plan.seed,
        "seconds_of_faults": run.plan.seconds,
        "passed": run.passed,
        "seconds": round(run.seconds, 1),
        "quiet_seconds": round(run.quiet_seconds, 1),
        "counts": dict(run.verdict.counts),
        "matrix": run.verdict.matrix(),
        "extra_sends": dict(Counter(one.cause for one in run.verdict.extra_sends)),
        "faults": dict(Counter(shock for fault in run.plan.faults for shock in [_kind(fault.kind, fault.mode)])),
        "deeds": run.verdict.deeds,
        "findings": [str(one) for one in run.verdict.findings[:50]],
        "kept": str(run.kept) if run.kept else None,
    }


def _kind(kind: str, mode: str) -> str:
    return f"{kind} ({mode})" if mode else kind


def read(path: Path) -> list[dict[str, Any]]:
    """The latest record of each seed."""
    records = [orjson.loads(one) for one in path.read_text(encoding="utf-8").splitlines() if one]
    return sorted({one["seed"]: one for one in records}.values(), key=lambda one: one["seed"])


def table(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Of all runs together: how much there was of each subject, and how much of it went wrong in which way."""
    runs = list(records)
    counts = _sum(one["counts"] for one in runs)
    rows = [f"{'':<12}{'in all':>9}" + "".join(f"{kind:>11}" for kind in KINDS)]
    for subject in SUBJECTS:
        found = _sum(one["matrix"][subject] for one in runs)
        total = str(counts[subject]) if subject in _COUNTED else ""
        rows.append(f"{subject:<12}{total:>9}" + "".join(f"{found[kind]:>11}" for kind in KINDS))
    return [*rows, *_summary(runs, counts)]


def markdown(records: Iterable[Mapping[str, Any]]) -> str:
    """The same for the documents."""
    runs = list(records)
    counts = _sum(one["counts"] for one in runs)
    rows = ["| | in all | " + " | ".join(KINDS) + " |", "| --- |" + " ---: |" * (len(KINDS) + 1)]
    for subject in _COUNTED:
        found = _sum(one["matrix"][subject] for one in runs)
        rows.append(f"| {subject} | {counts[subject]:,} | " + " | ".join(str(found[kind]) for kind in KINDS) + " |")
    rows += ["", *(f"- {one}" for one in _summary(runs, counts))]
    return "\n".join(rows)


def _summary(runs: list[Mapping[str, Any]], counts: Counter[str]) -> list[str]:
    failed = [str(one["seed"]) for one in runs if not one["passed"]]
    causes = _sum(one["extra_sends"] for one in runs)
    faults = _sum(one["faults"] for one in runs)
    deeds = _sum(one["deeds"] for one in runs)
    quiet = sorted(one["quiet_seconds"] for one in runs)
    told = [
        f"{len(runs)} seeds, {len(runs) - len(failed)} passed" + (f"; failed: {', '.join(failed)}" if failed else ""),
        f"{counts['trips completed']:,} rides completed; {counts['sends']:,} sends, {counts['extra sends']} extra"
        + (": " + "; ".join(f"{count} because {cause}" for cause, count in causes.most_common()) if causes else ""),
        f"dead letters: {counts['dead letters']}; forged posts: {counts['forged posts']}",
        f"given up by a provider before any gateway took it: {counts['messages given up by the provider']}",
        "faults: " + ", ".join(f"{count} {kind}" for kind, count in faults.most_common()),
        "what providers did: " + ", ".join(f"{count:,} {kind}" for kind, count in deeds.most_common()),
    ]
    if quiet:
        median, last = quiet[len(quiet) // 2], quiet[-1]
        told.append(f"from healing to silence: {median:.1f} s in the median, {last:.1f} s at most")
    return told


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total
