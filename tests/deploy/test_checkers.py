"""Schemas, rules of safety and the Dockerfile's linter find nothing to object to."""

from pathlib import Path

import pytest

from tests.deploy import tools

SKIPS = tools.ROOT / "deploy" / "k8s" / "checkov.yaml"
CHECKOV = ("--framework", "kubernetes", "--compact", "--quiet", "--skip-download", "--config-file", SKIPS)


def written(text: str, folder: Path) -> Path:
    path = folder / "manifests.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_schemas(overlay_text: str, tmp_path: Path) -> None:
    """Every document has the fields of its kind and no others."""
    done = tools.run("kubernetes-validate", "--strict", written(overlay_text, tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_schemas_catch(dev_text: str, tmp_path: Path) -> None:
    """A field that Kubernetes does not know is found."""
    assert "readinessProbe:" in dev_text
    wrong = written(dev_text.replace("readinessProbe:", "readynessProbe:", 1), tmp_path)
    assert tools.run("kubernetes-validate", "--strict", wrong).returncode != 0


@pytest.mark.timeout(300)
def test_safety(overlay_text: str, tmp_path: Path) -> None:
    """Nothing runs as root, may write to its root file system, gain privileges or grow without bounds."""
    done = tools.run("checkov", "-f", written(overlay_text, tmp_path), *CHECKOV)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(300)
def test_safety_catches(dev_text: str, tmp_path: Path) -> None:
    """A container that may write to its root file system is found."""
    assert "readOnlyRootFilesystem: true" in dev_text
    wrong = written(dev_text.replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", 1), tmp_path)
    assert tools.run("checkov", "-f", wrong, *CHECKOV).returncode != 0


def test_dockerfile() -> None:
    """Hadolint has nothing to say about the Dockerfile."""
    done = tools.run("hadolint", "Dockerfile")
    assert done.returncode == 0, done.stdout
