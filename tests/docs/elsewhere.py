"""Commands of the documentation that test_commands.py does not run as they stand: why not, and what proves them.

A proof is a file of the checkout, with `::` and a test in it where it has tests.
"""

from dataclasses import dataclass

_HERE = "tests/docs/test_commands.py"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Why a command is not run with its page, and where it is proved instead."""

    why: str
    proof: str


# Pages whose commands belong together and are run, all of them, by a test of their own.
PAGES = {
    "docs/enrichments.md": "tests/gateway/test_enrichments_page.py::test_the_commands_of_the_page",
    "docs/insurance.md": f"{_HERE}::test_insurance",
    "docs/phone-numbers.md": "tests/gateway/test_phone_numbers_page.py::test_the_commands_of_the_page",
    "docs/simulator.md": f"{_HERE}::test_simulator",
}

_SERVES = "it serves until Ctrl-C"
_UP = Elsewhere(_SERVES, "tests/launcher/test_up.py::test_only_make_is_signalled")
_CHAOS = Elsewhere("it takes minutes", "tests/chaos/test_chaos.py::test_nothing_is_lost_doubled_reordered_or_stuck")
_BENCH = Elsewhere(
    "it takes minutes", "tests/benchmarks/test_benchmarks.py::test_the_command_measures_what_it_was_asked_for"
)
_LOAD = Elsewhere("it takes a minute or more", "tests/loadtest/test_drill.py::test_a_short_run_on_a_real_mesh")
_IMAGE = Elsewhere("needs Docker and a registry; built and run without one by this", "deploy/image/check.py")
_CLUSTER = Elsewhere("needs a cluster", "tests/deploy/test_page.py::test_commands")
_APPLIED = Elsewhere("needs a cluster; what would be sent is checked", "tests/deploy/test_checkers.py::test_schemas")
_PROMETHEUS = Elsewhere(
    "needs Debian's Prometheus", "tests/deploy/test_prometheus_rules.py::test_the_scrape_configurations_are_valid"
)

COMMANDS = {
    "make run": _UP,
    "SIMULATOR_SEED=7 SIMULATOR_MISBEHAVE=all make run": _UP,
    "make test": Elsewhere("it is what runs this", ".ci/run"),
    "python3 tests/accept/contract.py": Elsewhere("it takes a minute", "tests/launcher/test_up.py::test_contract"),
    # The drill.
    "make chaos SEEDS=10": _CHAOS,
    "make chaos SEEDS=100": _CHAOS,
    "make chaos-regressions": _CHAOS,
    # The benchmark and the load test.
    "make bench": _BENCH,
    'make bench ARGS="--only turn --only hop"': _BENCH,
    "make bench-compare": Elsewhere(_BENCH.why, "tests/benchmarks/test_ratios.py::test_the_command_measures"),
    'make bench-compare ARGS="--only turn --only hop"': Elsewhere(
        _BENCH.why, "tests/benchmarks/test_ratios.py::test_the_command_measures"
    ),
    'make bench-compare ARGS="--results coverage/benchmark-results.json"': Elsewhere(
        "needs the results of a run", "tests/benchmarks/test_ratios.py::test_the_same_again_passes"
    ),
    'make bench-compare ARGS="--results new.json --against old.json"': Elsewhere(
        "needs the results of two runs", "tests/benchmarks/test_ratios.py::test_a_new_figure_is_told"
    ),
    'make bench-compare ARGS="--update --results coverage/benchmark-results.json"': Elsewhere(
        "changes the checkout", "tests/benchmarks/test_ratios.py::test_an_update_keeps_what_was_not_measured"
    ),
    "make loadtest": _LOAD,
    'make loadtest ARGS="--rate 20 --duration 5 --concurrency 20"': _LOAD,
    'make loadtest ARGS="--rate 200 --duration 120"': _LOAD,
    'make loadtest ARGS="--concurrency 500"': _LOAD,
    'make loadtest ARGS="--delay 500 --concurrency 50"': Elsewhere(
        _LOAD.why, "tests/loadtest/test_order.py::test_a_delay_gives_the_rate"
    ),
    'make loadtest ARGS="--profile meta"': Elsewhere(
        _LOAD.why, "tests/loadtest/test_drill.py::test_metas_profile_on_a_real_mesh"
    ),
    'make loadtest ARGS="--profile meta --status-batch 10"': Elsewhere(
        _LOAD.why, "tests/loadtest/test_run.py::test_metas_standard"
    ),
    "GATEWAY_URL=http://127.0.0.1:8080 SIMULATOR_URL=http://127.0.0.1:8070 METRICS_URL=http://127.0.0.1:8090 "
    "hailwire loadtest --rate 10 --concurrency 20": Elsewhere(
        "takes a minute, here seconds", f"{_HERE}::test_a_load_on_a_mesh_that_runs"
    ),
    # The wheel.
    "make wheel": Elsewhere(
        "writes into the checkout", "tests/hailwire/test_wheel.py::test_the_wheel_holds_the_contracts_and_nothing_else"
    ),
    "pip install dist/hailwire-*.whl": Elsewhere(
        "needs a package index", "tests/hailwire/test_wheel.py::test_the_wheel_needs_three_packages"
    ),
    "python examples/nearby_drivers.py --passenger 7 -- -1.95 30.06": Elsewhere(
        "needs the other environment", "tests/hailwire/test_wheel.py::test_the_examples_run_with_the_wheel_alone"
    ),
    # Looking inside.
    ".venv/bin/python -m tests.telemetry.watch": Elsewhere(_SERVES, f"{_HERE}::test_a_trace_is_printed"),
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 make run": Elsewhere(
        _SERVES, f"{_HERE}::test_a_trace_is_printed"
    ),
    "prometheus --config.file=deploy/prometheus/local.yml --storage.tsdb.path=/tmp/hailwire-prometheus": _PROMETHEUS,
    "promtool query instant http://127.0.0.1:9090 'sum by (kind, ending) (hailwire_turns_total)'": Elsewhere(
        _PROMETHEUS.why, "tests/deploy/test_grafana.py::test_no_panel_is_empty"
    ),
    # The image and the cluster.
    "docker build -t hailwire .": _IMAGE,
    "docker build -t hailwire:dev .": _IMAGE,
    "docker run --rm hailwire": Elsewhere("needs Docker", "tests/launcher/test_cli.py"),
    "docker run --rm hailwire doctor": Elsewhere("needs Docker", "tests/deploy/test_page.py::test_commands"),
    "sudo .venv/bin/python -m deploy.image.check --folder /var/tmp/hailwire-image": Elsewhere(
        "needs root, Docker and half an hour", "tests/deploy/test_page.py::test_commands"
    ),
    "docker compose --profile simulator up --build": Elsewhere(
        "needs Docker and a registry", "tests/deploy/test_compose.py::test_every_service_is_there"
    ),
    "kind load docker-image hailwire:dev": _CLUSTER,
    "kubectl apply -k deploy/k8s/overlays/dev": _APPLIED,
    "kubectl apply -k deploy/k8s/overlays/production": _APPLIED,
    "kubectl kustomize deploy/k8s/overlays/production": Elsewhere(
        "needs the secrets filled in", "tests/deploy/test_settings.py::test_settings_load"
    ),
    "kubectl --namespace=hailwire-dev port-forward service/simulator 8070": _CLUSTER,
    "kubectl --namespace=hailwire delete job migrate --ignore-not-found": _CLUSTER,
    "kubectl --namespace=hailwire rollout status deployment/gateway": _CLUSTER,
    "kubectl --namespace=hailwire exec deploy/gateway -- hailwire dlq list": _CLUSTER,
    "kubectl --namespace=hailwire port-forward service/metrics 8090": _CLUSTER,
}
