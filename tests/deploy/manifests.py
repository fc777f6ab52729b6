"""A rendered overlay, and the questions that tests ask it."""

import base64
from collections.abc import Iterator
from typing import Any

import yaml

Document = dict[str, Any]

OUR_IMAGE = "hailwire"


class Manifests:
    """The documents of one overlay."""

    def __init__(self, text: str) -> None:
        self.documents: list[Document] = [document for document in yaml.safe_load_all(text) if document]

    def of(self, kind: str) -> list[Document]:
        """Every document of a kind."""
        return [document for document in self.documents if document["kind"] == kind]

    def named(self, kind: str, name: str) -> Document:
        """The one of that kind and name."""
        (found,) = [document for document in self.of(kind) if document["metadata"]["name"] == name]
        return found

    def pods(self) -> Iterator[tuple[str, Document]]:
        """(name of the workload, pod template) of everything that runs."""
        for kind in ("Deployment", "StatefulSet", "Job"):
            for document in self.of(kind):
                yield document["metadata"]["name"], document["spec"]["template"]

    def pod(self, name: str) -> Document:
        """The pod template of a workload."""
        return dict(self.pods())[name]

    def ours(self) -> Iterator[tuple[str, Document, Document]]:
        """(workload, pod template, container) of everything that runs our image, init containers included."""
        for name, pod in self.pods():
            for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
                if container["image"].rpartition("/")[2].partition(":")[0] == OUR_IMAGE:
                    yield name, pod, container

    def main(self, name: str) -> Document:
        """The container of a workload that does its work."""
        (container,) = self.pod(name)["spec"]["containers"]
        return dict(container)

    def variables(self, container: Document) -> dict[str, str]:
        """The environment variables of a container, without those of mounted files."""
        found: dict[str, str] = {}
        for source in container.get("envFrom", []):
            found |= self.named("ConfigMap", source["configMapRef"]["name"])["data"]
        return found | {one["name"]: one["value"] for one in container.get("env", [])}

    def files(self, pod: Document, container: Document) -> dict[str, str]:
        """What the mounted secrets say, by path."""
        secrets = {
            volume["name"]: volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume
        }
        found: dict[str, str] = {}
        for mount in container.get("volumeMounts", []):
            if mount["name"] in secrets:
                data = self.named("Secret", secrets[mount["name"]])["data"]
                for key, value in data.items():
                    found[f"{mount['mountPath']}/{key}"] = base64.b64decode(value).decode()
        return found
