"""Names, values and commands in the manifests are those of the code."""

from pathlib import Path

import pytest

from chassis.settings import SettingsError
from launcher import cli
from launcher.plan import SERVICES
from tests.deploy import conftest, deployed
from tests.deploy.manifests import Manifests

# The simulator is for development.
PRODUCTION_SERVICES = {*SERVICES} - {"simulator"}


def test_every_service_is_there(production_manifests: Manifests) -> None:
    """Each service of the mesh, and the migrations, run in the production overlay, and nothing else."""
    assert {name for name, _ in production_manifests.pods()} == PRODUCTION_SERVICES | {"migrate"}


def test_a_file_for_each_service() -> None:
    """The base has one file for each service, with everything that belongs to it."""
    for service in PRODUCTION_SERVICES:
        file = Manifests((conftest.K8S / "base" / f"{service}.yaml").read_text(encoding="utf-8"))
        kinds = {document["kind"] for document in file.documents}
        assert kinds >= {"Deployment", "Service", "ServiceAccount", "PodDisruptionBudget"}
        assert ("HorizontalPodAutoscaler" in kinds) == (service != "metrics")


def test_commands(overlay: Manifests) -> None:
    """Each container starts a command that exists with options that it takes."""
    for _, _, container in overlay.ours():
        name, *options = container["args"]
        assert name in cli.COMMANDS
        module = __import__(f"launcher.commands.{cli.COMMANDS[name].module}", fromlist=["configure"])
        cli.parser(name, module.configure).parse_args(options)


def test_every_variable_is_read(overlay: Manifests) -> None:
    """No pod is given a setting that its service does not read."""
    for workload, pod, container in overlay.ours():
        given = deployed.read(overlay, pod, container).keys() - deployed.IMAGE.keys()
        assert given - deployed.declared(overlay.main(workload)["args"][0]) == set(), workload


def test_every_file_is_found(overlay: Manifests) -> None:
    """The file that the image looks for is the one that is mounted, wherever a database or a secret is needed."""
    for workload, pod, container in overlay.ours():
        files = overlay.files(pod, container)
        assert list(files) == ([] if workload == "simulator" else [deployed.IMAGE["HAILWIRE_ENV_FILE"]])


def test_settings_load(overlay: Manifests) -> None:
    """Each command accepts what it is given; nothing that it requires is missing."""
    for _, pod, container in overlay.ours():
        deployed.settings(container["args"][0], deployed.read(overlay, pod, container))


def test_redis_is_an_addition(redis_text: str, production_manifests: Manifests) -> None:
    """With the component those that share copies have its address, and the door to it is open; without it none has."""
    manifests = Manifests(redis_text)
    for name in ("profile", "trips"):
        environ = deployed.read(manifests, manifests.pod(name), manifests.main(name))
        assert deployed.settings(name, environ).redis_url == "redis://redis:6379/0"
        environ = deployed.read(production_manifests, production_manifests.pod(name), production_manifests.main(name))
        assert not deployed.settings(name, environ).redis_url
    policies = {one["metadata"]["name"]: one["spec"] for one in manifests.documents if one["kind"] == "NetworkPolicy"}
    assert policies["redis"]["ingress"][0]["ports"] == policies["copies"]["egress"][0]["ports"] == [{"port": 6379}]


def test_production_is_production(production_manifests: Manifests) -> None:
    """In the production overlay every service runs in production."""
    for name in PRODUCTION_SERVICES:
        environ = deployed.read(production_manifests, production_manifests.pod(name), production_manifests.main(name))
        assert deployed.settings(name, environ).environment == "production"


def test_secrets_that_nobody_filled_in(tmp_path: Path) -> None:
    """The examples as they are, are refused by every service with the names of all that is missing."""
    manifests = Manifests(conftest.production(tmp_path, fill=False))
    for name in PRODUCTION_SERVICES:
        environ = deployed.read(manifests, manifests.pod(name), manifests.main(name))
        with pytest.raises(SettingsError) as caught:
            deployed.settings(name, environ)
        blank = {variable for variable, value in environ.items() if not value}
        missing = {problem.partition(":")[0] for problem in caught.value.problems}
        assert missing
        assert missing <= blank


def test_development_secrets_are_refused(production_manifests: Manifests) -> None:
    """A public development value among the secrets of production is refused."""
    for name in PRODUCTION_SERVICES & {"gateway", "metrics"}:
        environ = deployed.read(production_manifests, production_manifests.pod(name), production_manifests.main(name))
        public = deployed.public_values()
        assert environ.keys() & public.keys()
        for variable in environ.keys() & public.keys():
            with pytest.raises(SettingsError, match=variable):
                deployed.settings(name, environ | {variable: public[variable]})


def test_no_secret_in_a_config_map(overlay: Manifests) -> None:
    """No ConfigMap shows what the code treats as a secret, nor a database's password."""
    shown = {name for document in overlay.of("ConfigMap") for name in document["data"]}
    assert shown.isdisjoint(deployed.secret_names() | {"DATABASE_URL", "DATABASE_DIRECT_URL"})


def test_one_database_role() -> None:
    """Each example that asks for a database says that its user is everybody's: the schemas have one owner."""
    texts = [path.read_text(encoding="utf-8") for path in conftest.K8S.rglob("*.env.example")]
    asking = [text for text in texts if "DATABASE_URL=" in text]
    assert len(asking) == 4
    for text in asking:
        assert "# The user is the same for all services and for migrate; it owns the schemas.\n" in text


def test_secrets_are_not_committed() -> None:
    """What is filled in beside the examples is ignored by git."""
    ignored = (conftest.K8S / "overlays" / "production" / ".gitignore").read_text(encoding="utf-8")
    assert "/secrets/*.env\n" in ignored
    examples = {path.name.removesuffix(".env.example") for path in conftest.K8S.rglob("*.env.example")}
    assert examples == PRODUCTION_SERVICES | {"migrate"}
