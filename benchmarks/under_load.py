"""Writes results of `hailwire loadtest` into docs/performance.md: `python -m benchmarks.under_load FILE...`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.page import PAGE, replaced

BEGIN = "<!-- under load: written by `python -m benchmarks.under_load` -->"
END = "<!-- end of under load -->"
_COUNTED = {
    "sent": "messages sent",
    "success": "answered",
    "failed": "failed",
    "rate_limited": "refused",
    "lost": "lost",
}
_ANSWERS = {"answer_accepted": "answer accepted", "webhook_answered": "webhook answered"}


def table(results: dict[str, Any]) -> str:
    """One run as Markdown: what was offered, how long it took, and every target."""
    load, messages = results["load"], results["messages"]
    together = f" ({load['status_batch']} to a webhook)" if load.get("status_batch", 1) > 1 else ""
    statuses = f" and {load['status_rate']:g} statuses{together}" if load["status_rate"] else ""
    missed = [target["name"] for target in results["targets"] if not target["met"]]
    counted = ", ".join(f"{messages[name]} {word}" for name, word in _COUNTED.items())
    head = (
        f"**Profile `{load['profile']}`**, {load['rate']:g} messages{statuses} a second for {load['seconds']:g} s, "
        f"measured at {results['measured_at']} on {results['cores']} cores: {counted}. "
        + (f"Missed: {', '.join(missed)}." if missed else "Every target is met.")
    )
    told = [
        f"{word} p50 {one['p50_ms']:.0f}, p95 {one['p95_ms']:.0f}, p99 {one['p99_ms']:.0f} ms"
        for word, one in ((word, results[name]) for name, word in _ANSWERS.items())
        if one["count"]
    ]
    rows = [
        f"| {one['name']}{f' ({note})' if (note := one.get('note')) else ''} | {_value(one)} | {one['target']} |"
        for one in results["targets"]
    ]
    parts = [head, f"{'; '.join(told).capitalize()}."] if told else [head]
    return "\n\n".join([*parts, "\n".join(["| target | value | wanted |", "| --- | ---: | ---: |", *rows])])


def _value(target: dict[str, Any]) -> str:
    return "none" if target["value"] is None else f"{target['value']:.4g} {target['unit']}".rstrip()


def main(paths: Sequence[str]) -> None:
    """Write the section from these results, one run after the other."""
    if not paths:
        sys.exit("name the results: coverage/load-test-results.json")
    section = "\n\n".join(table(orjson.loads(Path(path).read_bytes())) for path in paths)
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), section, BEGIN, END), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
