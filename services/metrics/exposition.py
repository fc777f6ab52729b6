"""Prometheus' text format: every number of every replica, told apart by service and instance.

Nothing is added up here and no reset is seen: Prometheus does its own sums, and a counter must only grow.
"""

from collections.abc import Iterable, Mapping

from services.metrics import joining
from services.metrics.reading import HISTOGRAM, WORDS, Reading, Series

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Ours; a label of the same name that a process sets itself is kept under another one, as Prometheus does.
_OURS = frozenset({"service", "instance"})


def page(readings: Iterable[Reading], up: Iterable[tuple[str, str, bool]]) -> str:
    """The page. `up` is (service, address, whether it answers) of every replica."""
    found = joining.distinct(readings)
    lines = [
        "# HELP hailwire_replica_up 1 while a replica answers the metrics service",
        "# TYPE hailwire_replica_up gauge",
        *(
            _line("hailwire_replica_up", {"service": service, "address": address}, float(answers))
            for service, address, answers in up
        ),
    ]
    by_metric: dict[str, list[tuple[Reading, Series, float]]] = {}
    for reading in found:
        for series, value in reading.numbers.items():
            by_metric.setdefault(series.metric, []).append((reading, series, value))
    for name, metric in joining.metrics(found).items():
        if name not in by_metric:
            continue
        lines += [f"# HELP {name} {_escaped_help(metric.help)}", f"# TYPE {name} {WORDS.get(metric.kind, 'untyped')}"]
        samples = by_metric[name]
        if metric.kind == HISTOGRAM:
            # All samples of one histogram together, its buckets in their order.
            samples = sorted(samples, key=lambda sample: _histogram_order(sample[0], sample[1]))
        lines += [
            _line(
                series.name,
                {**_renamed(series.label), "service": reading.service, "instance": reading.instance_id},
                value,
            )
            for reading, series, value in samples
        ]
    return "\n".join(lines) + "\n"


def _histogram_order(reading: Reading, series: Series) -> tuple[str, list[tuple[str, str]], int]:
    others = [pair for pair in series.labels if pair[0] != "le"]
    place = ("_bucket", "_count", "_sum").index("_" + series.name.rpartition("_")[2])
    return reading.instance_id, others, place


def _renamed(labels: Mapping[str, str]) -> dict[str, str]:
    return {f"exported_{name}" if name in _OURS else name: value for name, value in labels.items()}


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _escaped_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124 - the only number that is not itself
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value))
