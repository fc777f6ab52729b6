"""What a container of ours will read when it starts: the environment, completed by the mounted file, as settings."""

import re
import typing
from typing import Any

from chassis.settings import Secret, SettingsError, declarations, load
from launcher import catalogue, environment
from launcher.settings import HomeSettings
from tests.deploy import tools
from tests.deploy.manifests import Document, Manifests

DOCKERFILE = (tools.ROOT / "Dockerfile").read_text(encoding="utf-8")
# Variables of the image itself.
IMAGE = dict(re.findall(r"\b(HAILWIRE_\w+)=(\S+)", DOCKERFILE))


def classes(command: str) -> list[type]:
    """The settings that a command loads."""
    return catalogue.classes(command) if command in catalogue.PACKAGES else [HomeSettings]


def declared(command: str) -> set[str]:
    """The variables that a command reads."""
    for_all = {environment.FILE_SETTING, "HAILWIRE_ENV"}
    return {one.env for cls in classes(command) for _, one in declarations(cls)} | for_all


def public_values() -> dict[str, str]:
    """The values that are accepted in development only, by variable."""
    return {one.env: one.development for _, one in catalogue.every() if one.development is not None}


def secret_names() -> set[str]:
    """The variables that the code hides in its logs."""
    return {
        one.env
        for cls in {cls for cls, _ in catalogue.every()}
        for field, one in declarations(cls)
        if typing.get_type_hints(cls)[field] is Secret
    }


def read(manifests: Manifests, pod: Document, container: Document) -> dict[str, str]:
    """The environment that the command in this container will see, its file included."""
    variables = IMAGE | manifests.variables(container)
    text = manifests.files(pod, container).get(variables[environment.FILE_SETTING], "")
    return environment.parse(text, "settings.env") | variables


def settings(command: str, environ: dict[str, str]) -> Any:
    """Its settings; raises SettingsError as the command would."""
    problems: list[str] = []
    loaded: list[Any] = []
    for cls in classes(command):
        try:
            loaded.append(load(cls, environ))
        except SettingsError as error:
            problems += error.problems
    if problems:
        raise SettingsError(problems)
    # The class that has all: others in the module are its parts.
    return max(loaded, key=lambda one: len(list(declarations(type(one)))))
