"""What a person reads while the load test runs and afterwards, and the file that keeps it."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from loadtest.targets import Evidence, Target


def progress(second: int, seen: Evidence) -> str:
    """One line, every second: what happened so far."""
    ledger = seen.ledger
    return (
        f"{second:4} s  sent {ledger.sent:6}  answered {ledger.answered:6}  in flight {max(0, ledger.waiting):5}  "
        f"p50 {_ms(ledger.soon.quantile(0.5)):>7}  p99 {_ms(ledger.soon.quantile(0.99)):>7}  "
        f"refused {ledger.refused}  generator late {_ms(seen.generator.lags.quantile(0.99))}"
    )


def results(seen: Evidence, targets: list[Target]) -> dict[str, Any]:
    """Everything, for the file."""
    ledger = seen.ledger
    answers = ledger.latencies()
    load = seen.order.load
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": {
            "rate": load.rate,
            "seconds": load.duration,
            "status_rate": load.status_rate,
            "status_batch": seen.order.settings.status_batch,
            "concurrency": seen.order.settings.concurrency,
            "seed": seen.order.settings.seed,
            "profile": seen.order.settings.profile,
        },
        "messages": {
            "scheduled": seen.order.messages,
            "sent": ledger.sent,
            "success": answers.count,
            "failed": ledger.failed(),
            "rate_limited": ledger.rate_limited(),
            "lost": ledger.lost(),
            "sent_twice": len(ledger.twice()),
            "surplus_answers": ledger.surplus(),
            "second_copies_of_answers": ledger.copies,
            "kinds": _kinds(seen),
        },
        "trips": {"asked_for": seen.requested, "made_and_told": seen.trips},
        "statuses": {"posted": ledger.statuses_posted, "taken": ledger.statuses_taken},
        "answer_accepted": answers.told(),
        "webhook_answered": ledger.webhooks.told(),
        "status_webhook_answered": ledger.status_webhooks.told(),
        "generator_late": seen.generator.lags.told(),
        "generator": {"share_of_a_core": seen.generator.share_of_a_core, "kept_bytes": round(seen.kept_bytes)},
        "cold_start_alone_ms": dict(seen.cold_starts),
        "inside": seen.inside.told(),
        "targets": [target.told() for target in targets],
        "met": all(target.met for target in targets),
    }


def write(path: Path, told: dict[str, Any]) -> None:
    """The whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.replace(path)


def table(told: dict[str, Any], targets: list[Target]) -> str:
    """For people: what was done, how long it took, and each target."""
    messages = told["messages"]
    counted = ("sent", "success", "failed", "rate_limited", "lost", "sent_twice")
    lines = [
        "messages   " + "  ".join(f"{name.replace('_', ' ')} {messages[name]}" for name in counted),
        "kinds      " + "  ".join(f"{kind} {count}" for kind, count in messages["kinds"].items()),
        _line("answers", told["answer_accepted"]),
        _line("webhooks", told["webhook_answered"]),
    ]
    if told["statuses"]["posted"]:
        lines.append(_line("statuses", told["status_webhook_answered"]))
    width = max(len(target.name) for target in targets)
    lines.append("")
    lines += [f"{_word(one):<8}{one.name:<{width}}  {_figure(one):>12}  ({one.wanted}){_note(one)}" for one in targets]
    return "\n".join(lines)


def _kinds(seen: Evidence) -> dict[str, int]:
    return dict(sorted(Counter(message.content.kind for message in seen.ledger.messages()).items()))


def _line(name: str, told: dict[str, Any]) -> str:
    shown = ("min", "avg", "p50", "p95", "p99", "max")
    figures = "  ".join(f"{one} {told[f'{one}_ms']:.1f}" for one in shown if told[f"{one}_ms"] is not None)
    return f"{name:<11}{figures or 'none'}{' ms' if figures else ''}"


def _word(target: Target) -> str:
    return "met" if target.met else "MISSED"


def _figure(target: Target) -> str:
    return "none" if target.value is None else f"{target.value:.2f} {target.unit}".rstrip()


def _note(target: Target) -> str:
    return f"  {target.note}" if target.note else ""


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.0f} ms"
