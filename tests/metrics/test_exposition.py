"""The Prometheus page: valid whatever labels hold, every replica told apart, nothing added up."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from services.metrics import exposition
from services.metrics.reading import COUNTER, HISTOGRAM, Metric, Reading, Series
from tests.metrics.conftest import Api, Process, opened, process

ODD = 'Kigali "K"\\\n{}=,\u00e9'


@pytest.fixture
async def two() -> AsyncIterator[tuple[Process, Process]]:
    """Two replicas of the gateway."""
    async with process("gateway") as one, process("gateway") as other:
        yield one, other


async def test_replicas_are_told_apart(two: tuple[Process, Process]) -> None:
    """Each number carries the service and the instance that told it."""
    for replica, count in zip(two, (3, 4), strict=True):
        replica.telemetry.counter("turns", "turns by kind").add(count, kind=ODD)
    async with opened("gateway=" + "|".join(replica.address for replica in two)) as api:
        turns = (await api.families())["hailwire_turns"]
    assert turns.type == "counter"
    assert turns.documentation == "turns by kind"
    told = {
        sample.labels["instance"]: (sample.labels["service"], sample.labels["kind"], sample.value)
        for sample in turns.samples
    }
    first, second = (replica.telemetry.instance_id for replica in two)
    assert told == {first: ("gateway", ODD, 3.0), second: ("gateway", ODD, 4.0)}


async def test_a_histogram_is_whole(api: Api, gateway: Process) -> None:
    """Buckets come in their order, cumulative, ending with all; then count and sum."""
    seconds = gateway.telemetry.histogram("turn", "time of a turn")
    for duration in (0.0001, 0.3, 0.3, 100.0):
        seconds.record(duration, kind="message")
    family = (await api.families())["hailwire_turn_seconds"]
    assert family.type == "histogram"
    buckets = [(sample.labels["le"], sample.value) for sample in family.samples if sample.name.endswith("_bucket")]
    assert [float(bound) for bound, _ in buckets] == sorted(float(bound) for bound, _ in buckets)
    assert {bound: upto for bound, upto in buckets if bound in {"0.0005", "0.25", "0.5", "30.0", "+Inf"}} == {
        "0.0005": 1,
        "0.25": 1,
        "0.5": 3,
        "30.0": 3,
        "+Inf": 4,
    }
    rest = {sample.name.rpartition("_")[2]: sample.value for sample in family.samples[len(buckets) :]}
    assert rest == {"count": 4, "sum": pytest.approx(100.6001)}


@given(
    label=st.text(),
    name=st.sampled_from(["city", "service", "instance"]),
    help=st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc"), include_characters='\n\\"')),
    value=st.floats(allow_nan=False),
)
def test_whatever_a_label_holds(label: str, name: str, help: str, value: float) -> None:  # noqa: A002
    """Any text in a label is read back as it was, under a name of its own when ours is taken."""
    # The parser splits lines at more characters than the format does; those are no labels of ours.
    label = "".join(label.split("\r")).encode("utf-8", "ignore").decode()
    series = Series("rides_total", "rides_total", ((name, label),))
    reading = Reading("gateway", "one", 0.0, {"rides_total": Metric("rides_total", COUNTER, help)}, {series: value})
    page = exposition.page([reading], [])
    families = {family.name: family for family in text_string_to_metric_families(page)}
    (sample,) = families["rides"].samples
    key = name if name == "city" else f"exported_{name}"
    assert sample.labels == {key: label, "service": "gateway", "instance": "one"}
    assert sample.value == value


def test_series_of_one_histogram_stay_together() -> None:
    """Two series of a histogram from two processes do not interleave."""
    metric = Metric("turn_seconds", HISTOGRAM, "turns")

    def reading(instance_id: str) -> Reading:
        numbers = {
            Series("turn_seconds", f"turn_seconds_{part}", (("kind", kind), *labels)): 1.0
            for part, labels in (
                ("bucket", (("le", "1.0"),)),
                ("bucket", (("le", "+Inf"),)),
                ("count", ()),
                ("sum", ()),
            )
            for kind in ("message", "event")
        }
        return Reading("gateway", instance_id, 0.0, {"turn_seconds": metric}, numbers)

    lines = exposition.page([reading("one"), reading("two")], []).splitlines()
    owners = [
        (line.partition('instance="')[2][:3], "event" in line) for line in lines if line.startswith("turn_seconds")
    ]
    blocks = [owner for index, owner in enumerate(owners) if index == 0 or owners[index - 1] != owner]
    assert len(owners) == 16
    assert len(blocks) == 4


async def test_unknown_formats(api: Api) -> None:
    """A format that we do not speak is refused, not answered with another."""
    async with api.session.get(api.url + "/metrics?format=xml") as response:
        assert response.status == 400
    async with api.session.get(api.url + "/metrics") as response:
        assert response.content_type == "application/json"
