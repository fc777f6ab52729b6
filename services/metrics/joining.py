"""How the gauges of several processes become one: added up, or the largest where all of them see the same thing."""

from collections.abc import Iterable

from services.metrics.reading import SHARED_GAUGE, Metric, Numbers, Reading


def distinct(readings: Iterable[Reading]) -> list[Reading]:
    """One reading per process: two addresses may lead to the same one."""
    return list({reading.instance_id: reading for reading in readings}.values())


def gauges(readings: Iterable[Reading]) -> Numbers:
    """The gauges of one service together."""
    found: Numbers = {}
    for reading in distinct(readings):
        for series, value in reading.momentary.items():
            if series not in found:
                found[series] = value
            elif reading.metrics[series.metric].kind == SHARED_GAUGE:
                found[series] = max(found[series], value)
            else:
                found[series] += value
    return found


def metrics(readings: Iterable[Reading]) -> dict[str, Metric]:
    """What the metrics of several processes are."""
    found: dict[str, Metric] = {}
    for reading in readings:
        found |= reading.metrics
    return dict(sorted(found.items()))
