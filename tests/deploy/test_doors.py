"""Ports, services and network policies in the manifests lead to what the code serves, and nowhere else."""

import urllib.parse
from typing import Any

from launcher.plan import SERVICES
from services.gateway import webhooks
from services.gateway.openapi import DOCUMENT
from tests.deploy import deployed, tools
from tests.deploy.manifests import Document, Manifests

Call = tuple[str, str, int]  # from, to, port


def running(manifests: Manifests) -> dict[str, Any]:
    """The settings of each service that the overlay starts."""
    names = [name for name, _ in manifests.pods() if name in SERVICES]
    return {
        name: deployed.settings(name, deployed.read(manifests, manifests.pod(name), manifests.main(name)))
        for name in names
    }


def bound(settings: Any) -> dict[str, int]:
    """The ports that a service listens on, by the name that the manifests give them."""
    found = {kind: getattr(settings, f"{kind}_port", 0) for kind in ("http", "grpc", "prometheus")}
    return {kind: port for kind, port in found.items() if port}


def test_container_ports(overlay: Manifests) -> None:
    """Each container names exactly the ports that its service listens on, and listens on every address."""
    for name, settings in running(overlay).items():
        named = {port["name"]: port["containerPort"] for port in overlay.main(name)["ports"]}
        assert named == bound(settings)
        assert {getattr(settings, f"{kind}_host") for kind in named} == {"0.0.0.0"}


def test_scraped(overlay: Manifests) -> None:
    """Prometheus is told the port of the metrics page, 9464 everywhere."""
    for name, settings in running(overlay).items():
        if name != "simulator":
            notes = overlay.pod(name)["metadata"]["annotations"]
            assert notes["prometheus.io/scrape"] == "true"
            assert int(notes["prometheus.io/port"]) == settings.prometheus_port == 9464


def test_services_lead_to_pods(overlay: Manifests) -> None:
    """Each Service selects pods that have the port that it names."""
    for service in overlay.of("Service"):
        (pod,) = [pod for _, pod in overlay.pods() if selects(service["spec"]["selector"], pod)]
        ports = {port["name"] for container in pod["spec"]["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_callers_see_every_replica(overlay: Manifests) -> None:
    """What is called over gRPC is a headless Service; the metrics service is shown those that are not ready too."""
    services = running(overlay)
    for target in (services["gateway"].profile_target, services["gateway"].trips_target):
        spec = overlay.named("Service", service_of(target))["spec"]
        assert target.startswith("dns:///")
        assert spec["clusterIP"] == "None"
        assert "publishNotReadyAddresses" not in spec
    for target in services["metrics"].targets:
        spec = overlay.named("Service", target.host)["spec"]
        assert target.every_address
        assert (spec["clusterIP"], spec["publishNotReadyAddresses"]) == ("None", True)


def test_the_metrics_service_asks_everybody(production_manifests: Manifests) -> None:
    """Each service is among the targets of the metrics service, under its own name."""
    services = running(production_manifests)
    assert {target.service for target in services["metrics"].targets} == set(services)


def test_policies_allow_what_is_called(overlay: Manifests) -> None:
    """Between pods exactly those calls are allowed, on both sides, that the settings lead to."""
    services = running(overlay)
    wanted = {
        *(("gateway", *place(overlay, services["gateway"].profile_target)),),
        *(("gateway", *place(overlay, services["gateway"].trips_target)),),
        *(("metrics", *place(overlay, target.address)) for target in services["metrics"].targets),
    }
    if "simulator" in services:
        wanted |= {("gateway", "simulator", 8070), ("simulator", "gateway", 8080)}
    if any(name == "postgres" for name, _ in overlay.pods()):
        wanted |= {(name, "postgres", 5432) for name in ("gateway", "profile", "trips", "migrate")}
    if any(name == "redis" for name, _ in overlay.pods()):
        wanted |= {(name, "redis", 6379) for name in ("profile", "trips")}
    assert allowed(overlay, "Egress") == wanted
    assert allowed(overlay, "Ingress") == wanted


def test_everything_else_is_denied(overlay: Manifests) -> None:
    """Pods that no policy mentions may neither call nor be called."""
    spec = overlay.named("NetworkPolicy", "default-deny")["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_outside(production_manifests: Manifests) -> None:
    """Only the gateway gets out to the providers; who needs the database and the collector reaches them."""
    services = running(production_manifests)
    assert outside(production_manifests, "Egress", 443) == {"gateway"}
    assert {urllib.parse.urlsplit(services["gateway"].wa_graph_url).scheme} == {"https"}
    assert {urllib.parse.urlsplit(services["gateway"].twilio_api_url).scheme} == {"https"}
    with_database = {name for name, settings in services.items() if hasattr(settings, "database_url")} | {"migrate"}
    for port in (5432, 6432):
        assert outside(production_manifests, "Egress", port) == with_database
    collectors = {urllib.parse.urlsplit(settings.otlp_endpoint).port for settings in services.values()}
    assert collectors == {4318}
    assert outside(production_manifests, "Egress", 4318) == set(services)
    assert outside(production_manifests, "Ingress", 9464) == set(services)
    assert outside(production_manifests, "Ingress", 8080) == {"gateway"}


def test_ingress(production_manifests: Manifests) -> None:
    """The ingress leads every webhook to the gateway under the address that Twilio signs over, and no inner page."""
    ingress = production_manifests.named("Ingress", "gateway")
    (rule,) = ingress["spec"]["rules"]
    base = urllib.parse.urlsplit(running(production_manifests)["gateway"].base_url)
    assert (base.scheme, base.netloc) == ("https", rule["host"])
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    prefixes = tuple(path["path"] + "/" for path in rule["http"]["paths"])
    inner = {"/healthz", "/readyz", "/docs", "/openapi.json"}
    assert {path for path in DOCUMENT["paths"] if not path.startswith(prefixes)} == inner
    for path in rule["http"]["paths"]:
        backend = path["backend"]["service"]
        ports = {port["name"] for port in production_manifests.named("Service", backend["name"])["spec"]["ports"]}
        assert backend["port"]["name"] in ports
    size = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert int(size.removesuffix("m")) * 1024 * 1024 >= webhooks.WHATSAPP_BODY_BYTES


def test_connections(production_manifests: Manifests) -> None:
    """docs/deploy.md tells how many connections the autoscalers may lead to: pools and one for LISTEN each."""
    most = 0
    for scaler in production_manifests.of("HorizontalPodAutoscaler"):
        settings = running(production_manifests)[scaler["metadata"]["name"]]
        most += scaler["spec"]["maxReplicas"] * (settings.most_connections + 1)
    page = (tools.ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert f"with the autoscalers at their maxima, {most}." in page


def selects(labels: dict[str, str], pod: Document) -> bool:
    """Whether a selector's labels are among the pod's."""
    return bool(labels.items() <= pod["metadata"]["labels"].items())


def service_of(target: str) -> str:
    """The Service in "dns:///service:port" or "service:port"."""
    return target.removeprefix("dns:///").partition(":")[0]


def place(manifests: Manifests, target: str) -> tuple[str, int]:
    """The workload behind a target, and its container's port."""
    name, _, port = target.removeprefix("dns:///").partition(":")
    spec = manifests.named("Service", name)["spec"]
    (entry,) = [entry for entry in spec["ports"] if entry["port"] == int(port)]
    (workload,) = [workload for workload, pod in manifests.pods() if selects(spec["selector"], pod)]
    numbers = {one["name"]: one["containerPort"] for one in manifests.main(workload)["ports"]}
    return workload, numbers[entry["targetPort"]]


def chosen(manifests: Manifests, selector: Document) -> set[str]:
    """The workloads whose pods a policy's selector means."""
    found = set()
    for name, pod in manifests.pods():
        labels = pod["metadata"]["labels"]
        expressions = selector.get("matchExpressions", [])
        assert all(one["operator"] == "In" for one in expressions)
        if selects(selector.get("matchLabels", {}), pod) and all(
            labels.get(one["key"]) in one["values"] for one in expressions
        ):
            found.add(name)
    return found


def rules(manifests: Manifests, direction: str) -> list[tuple[set[str], Document, set[int]]]:
    """(workloads, peer, ports) of every rule in that direction."""
    side = {"Egress": ("egress", "to"), "Ingress": ("ingress", "from")}[direction]
    return [
        (chosen(manifests, policy["spec"]["podSelector"]), peer, {port["port"] for port in rule["ports"]})
        for policy in manifests.of("NetworkPolicy")
        if direction in policy["spec"]["policyTypes"]
        for rule in policy["spec"].get(side[0], [])
        for peer in rule[side[1]]
    ]


def allowed(manifests: Manifests, direction: str) -> set[Call]:
    """The calls between our pods that one side's policies allow."""
    found: set[Call] = set()
    for workloads, peer, ports in rules(manifests, direction):
        if "podSelector" not in peer or "namespaceSelector" in peer:
            continue
        others = chosen(manifests, peer["podSelector"])
        callers, called = (workloads, others) if direction == "Egress" else (others, workloads)
        found |= {(caller, one, port) for caller in callers for one in called for port in ports}
    return found


def outside(manifests: Manifests, direction: str, port: int) -> set[str]:
    """The workloads that may talk on that port with somebody who is not one of our pods."""
    return {
        name
        for workloads, peer, ports in rules(manifests, direction)
        if ("ipBlock" in peer or "namespaceSelector" in peer) and port in ports
        for name in workloads
    }
