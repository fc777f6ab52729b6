"""Every setting there is, found where it is declared: for `hailwire doctor`, and so that .env.example misses none."""

import dataclasses
import importlib
import inspect
from collections.abc import Iterator

from chassis.settings import Declaration, declarations
from launcher.environment import ROOT

PACKAGES = {
    "gateway": "services.gateway",
    "profile": "services.profile",
    "trips": "services.trips",
    "metrics": "services.metrics",
    "simulator": "simulator",
}


def classes(service: str) -> list[type]:
    """The settings that a service loads when it starts."""
    module = importlib.import_module(f"{PACKAGES[service]}.settings")
    return list(_settings_of(module.__name__, including_imported=True))


def every() -> Iterator[tuple[type, Declaration]]:
    """(class, setting) of every settings class in this checkout, in the order of their files."""
    for folder in ("chassis", "launcher", "loadtest", "services", "simulator"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "setting(" not in path.read_text(encoding="utf-8"):
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for cls in _settings_of(name, including_imported=False):
                for _, declared in declarations(cls):
                    yield cls, declared


def _settings_of(module_name: str, *, including_imported: bool) -> Iterator[type]:
    module = importlib.import_module(module_name)
    for cls in vars(module).values():
        if (
            inspect.isclass(cls)
            and dataclasses.is_dataclass(cls)
            and (including_imported or cls.__module__ == module_name)
            and any(True for _ in declarations(cls))
        ):
            yield cls
