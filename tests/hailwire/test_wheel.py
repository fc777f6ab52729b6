"""What an internal client installs."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_wheel(tmp_path: Path) -> None:
    """The wheel holds every contract and the client factory, nothing else, and works away from the checkout."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "hailwire").rglob("*")
        if path.suffix in {".py", ".pyi"} or path.name == "py.typed"
    }
    assert packed == wanted
    modules = sorted(name.removesuffix(".py").replace("/", ".") for name in wanted if name.endswith("_pb2_grpc.py"))
    script = f"import sys; sys.path.insert(0, {str(wheel)!r}); import {', '.join(modules)}"
    subprocess.run([sys.executable, "-I", "-c", script], cwd=tmp_path, check=True)
