"""Makes the image and what it stands on without any registry: a Debian base, a wheelhouse, a PostgreSQL."""

import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

from deploy.image.commands import ROOT, docker, run, step

BASE, BUILD_BASE, IMAGE, POSTGRES = "check/base", "check/build-base", "check/hailwire", "check/postgres"
RELEASE = "bookworm"  # its Python and the wheels below belong together
PYTHON = "3.11"


def image(folder: Path) -> float:
    """The image; the seconds that `docker build` took."""
    step("base system")
    if not docker("images", "--quiet", BASE):
        make_base(folder)
    step("wheelhouse")
    make_build_base(folder)
    step("image")
    began = time.monotonic()
    bases = ("--build-arg", f"BASE={BASE}", "--build-arg", f"BUILD_BASE={BUILD_BASE}")
    docker("build", "--quiet", "--no-cache", *bases, "--tag", IMAGE, ROOT)
    return time.monotonic() - began


def make_base(folder: Path) -> None:
    """What a registry would give: a small system with Python."""
    system = folder / "system"
    shutil.rmtree(system, ignore_errors=True)
    include = "--include=python3,python3-venv,ca-certificates"
    run("debootstrap", "--variant=minbase", include, RELEASE, system)
    shutil.rmtree(system / "var" / "cache" / "apt", ignore_errors=True)
    shutil.rmtree(system / "var" / "lib" / "apt" / "lists", ignore_errors=True)
    archive = folder / "system.tar"
    run("tar", "-C", system, "-cf", archive, ".")
    docker("import", archive, BASE)
    archive.unlink()
    shutil.rmtree(system)


def make_build_base(folder: Path) -> None:
    """The base with the locked packages beside it, where pip looks for them and nowhere else."""
    place = folder / "wheelhouse"
    wheels = place / "wheels"
    place.mkdir(exist_ok=True)
    machine = platform.machine()
    kinds = [f"manylinux_2_{minor}_{machine}" for minor in range(36, 4, -1)] + [f"manylinux2014_{machine}"]
    target = [
        "--python-version",
        PYTHON,
        "--implementation",
        "cp",
        *(word for kind in kinds for word in ("--platform", kind)),
    ]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels]
    run(*pip, *target, "--require-hashes", "-r", ROOT / "requirements" / "run.txt")
    run(*pip, "setuptools", "wheel")  # one package comes as source
    (place / "Dockerfile").write_text(
        f"FROM {BASE}\nCOPY wheels /wheels\nENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels\n", encoding="utf-8"
    )
    docker("build", "--quiet", "-t", BUILD_BASE, place)


def postgres() -> None:
    """The stand-in for the official image of PostgreSQL."""
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)  # a context of its own: .dockerignore keeps these files out of ours
        for name in ("requirements/run.txt", "deploy/image/postgres.Dockerfile", "deploy/image/postgres-entry"):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
        dockerfile = place / "deploy" / "image" / "postgres.Dockerfile"
        docker("build", "--quiet", "-f", dockerfile, "--build-arg", f"BUILD_BASE={BUILD_BASE}", "-t", POSTGRES, place)


def sizes() -> dict[str, str]:
    """Of the image, and how much of it is ours."""
    whole, base = (int(docker("image", "inspect", "--format", "{{.Size}}", name)) for name in (IMAGE, BASE))
    megabyte = 1_000_000
    return {
        "image": f"{whole / megabyte:.0f} MB, of which {(whole - base) / megabyte:.0f} MB on top of the base",
        "our own code in it": docker(
            "run", "--rm", "--entrypoint", "du", IMAGE, "-sh", "--exclude=venv", "/opt/hailwire"
        ).split()[0],
    }
