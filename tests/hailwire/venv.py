"""An empty virtual environment with the built wheel and what it declares, made without any network."""

import importlib.metadata
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, place: Path) -> Path:
    """Its interpreter. pip, run from outside, installs the wheel and finds nothing that is missing or too old."""
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    found = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True
    )
    packages = Path(found.stdout.decode().strip())
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)], check=True, capture_output=True)
    (ours,) = importlib.metadata.distributions(path=[str(packages)])
    for name in sorted(set(_needed(ours))):
        _copy(importlib.metadata.distribution(name), packages)
    checked = subprocess.run([*pip, "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    return python


def installed(python: Path) -> set[str]:
    """The names of everything in an environment."""
    code = "import importlib.metadata as m; print(*(d.name.lower() for d in m.distributions()))"
    run = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True)
    return set(run.stdout.split())


def _needed(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
            yield from _needed(importlib.metadata.distribution(requirement.name))


def _copy(distribution: importlib.metadata.Distribution, packages: Path) -> None:
    """The files of a package that is installed here; namespaces such as google/ come together there again."""
    for file in distribution.files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(distribution.locate_file(file)), target)
