"""The two overlays as `kubectl kustomize` renders them; production with its secrets filled in."""

import shutil
from pathlib import Path

import pytest

from tests.deploy import tools
from tests.deploy.manifests import Manifests
from tests.profile.seals import KEYS

K8S = tools.ROOT / "deploy" / "k8s"

# What an operator would write into the copies of overlays/production/secrets/*.env.example.
FILLED = {
    "DATABASE_URL": "postgresql://somebody:secret@10.20.0.7:6432/hailwire?sslmode=require",
    "DATABASE_DIRECT_URL": "postgresql://somebody:secret@10.20.0.6:5432/hailwire?sslmode=require",
    "WA_VERIFY_TOKEN": "a-token-of-our-own",
    "WA_APP_SECRET": "0123456789abcdef0123456789abcdef",
    "WA_ACCESS_TOKEN": "EAAG-not-a-real-one",
    "WA_PHONE_NUMBER_ID": "106540352249999",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "2" * 32,
    "TWILIO_PHONE_NUMBER": "+15550001111",
    "ADMIN_TOKEN": "long-and-random-enough",
    "JWT_SECRET": "long-and-random-enough-for-a-signature",
    **KEYS,
}


def filled(example: str) -> str:
    """An example with a value behind each name."""
    return "\n".join(f"{line}{FILLED[line[:-1]]}" if line.endswith("=") else line for line in example.splitlines())


def rendered(overlay: Path) -> str:
    """What would be sent to the cluster."""
    done = tools.run("kubectl", "kustomize", overlay)
    assert done.returncode == 0, done.stderr
    return done.stdout


def production(folder: Path, *, fill: bool) -> str:
    """The production overlay with secrets made from the examples, filled in or as they are."""
    shutil.copytree(K8S, folder / "k8s")
    overlay = folder / "k8s" / "overlays" / "production"
    for example in (overlay / "secrets").glob("*.env.example"):
        text = example.read_text(encoding="utf-8")
        example.with_suffix("").write_text(filled(text) if fill else text, encoding="utf-8")
    return rendered(overlay)


@pytest.fixture(scope="session")
def dev_text() -> str:
    """The development overlay as it is."""
    return rendered(K8S / "overlays" / "dev")


@pytest.fixture(scope="session")
def production_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The production overlay as an operator would apply it."""
    return production(tmp_path_factory.mktemp("production"), fill=True)


@pytest.fixture(scope="session", params=["dev", "production"])
def overlay_text(request: pytest.FixtureRequest) -> str:
    """Each overlay in turn."""
    text: str = request.getfixturevalue(f"{request.param}_text")
    return text


@pytest.fixture(scope="session")
def overlay(overlay_text: str) -> Manifests:
    """Each overlay in turn, to be asked."""
    return Manifests(overlay_text)


@pytest.fixture(scope="session")
def dev_manifests(dev_text: str) -> Manifests:
    """Everything the dev overlay renders to."""
    return Manifests(dev_text)


@pytest.fixture(scope="session")
def production_manifests(production_text: str) -> Manifests:
    """The production overlay, to be asked."""
    return Manifests(production_text)
