"""docs/deploy.md names what exists."""

import re

from launcher import cli
from tests.deploy import tools
from tests.deploy.manifests import Manifests

PAGE = (tools.ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.+?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def test_commands(dev_manifests: Manifests, production_manifests: Manifests) -> None:
    """Folders, modules, workloads, services and commands of ours in the page's commands are there."""
    assert len(COMMANDS) > 5
    for line in COMMANDS:
        for path in re.findall(r"deploy/k8s[\w/]*", line):
            assert (tools.ROOT / path / "kustomization.yaml").is_file()
        for module in re.findall(r"-m ([\w.]+)", line):
            assert (tools.ROOT / (module.replace(".", "/") + ".py")).is_file()
        overlay = dev_manifests if "--namespace=hailwire-dev" in line else production_manifests
        for kind, name in re.findall(r"(deployment|deploy|job|service)[ /]([a-z]+)\b(?!/)", line):
            if "kubectl --namespace" in line:
                overlay.named({"deploy": "Deployment"}.get(kind, kind.capitalize()), name)
        for name in re.findall(r"(?:docker run --rm|--) ?hailwire ([a-z]+)", line):
            assert name in cli.COMMANDS
        for namespace in re.findall(r"kubectl --namespace=(\S+)", line):
            overlay.named("Namespace", namespace)
        for image in re.findall(r"hailwire:\w+", line):
            assert {container["image"] for _, _, container in dev_manifests.ours()} == {image}
