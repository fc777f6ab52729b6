"""The image gets all of our code that runs and nothing else, and runs it as nobody special."""

import re

from launcher import catalogue
from tests.deploy import tools
from tests.deploy.deployed import DOCKERFILE
from tests.deploy.manifests import Manifests

PACKAGES = {"chassis", "hailwire", "launcher", "loadtest", "services", "simulator"}


def copied() -> set[str]:
    """What the Dockerfile takes from the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def test_every_package_is_copied() -> None:
    """Each of our packages that a command imports is in the image."""
    imported = set()
    for package in PACKAGES:
        for path in (tools.ROOT / package).rglob("*.py"):
            words = re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
            imported |= {word for word in words if (tools.ROOT / word / "__init__.py").exists()}
    assert imported <= PACKAGES
    assert copied() >= PACKAGES
    assert {package.partition(".")[0] for package in catalogue.PACKAGES.values()} <= PACKAGES


def test_nothing_else_is_sent() -> None:
    """The build sees what the Dockerfile copies and no other file: no secrets, no data, no tests."""
    lines = (tools.ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"
    assert {line[1:].rstrip("/") for line in lines if line.startswith("!")} == copied()


def test_only_locked_packages() -> None:
    """What is installed is what requirements/run.txt locks, by hash."""
    assert "--require-hashes" in DOCKERFILE
    assert "requirements/run.txt" in copied()
    assert "requirements/test.txt" not in DOCKERFILE


def test_one_user(overlay: Manifests) -> None:
    """The manifests run the image as the user that it names."""
    (user,) = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    for _, pod, _ in overlay.ours():
        context = pod["spec"]["securityContext"]
        assert (str(context["runAsUser"]), str(context["runAsGroup"])) == user


def test_places_to_write(overlay: Manifests) -> None:
    """Only the gateway keeps something, in the image's one volume; everybody else has a small /tmp."""
    (volume,) = re.findall(r"^VOLUME (\S+)$", DOCKERFILE, re.MULTILINE)
    assert f"HAILWIRE_HOME={volume}" in DOCKERFILE
    for name, _, container in overlay.ours():
        writable = {mount["mountPath"] for mount in container.get("volumeMounts", []) if not mount.get("readOnly")}
        kept = {volume} if name == "gateway" and container["args"] == ["gateway"] else set()
        assert writable <= {"/tmp"} | kept
        assert kept <= writable
