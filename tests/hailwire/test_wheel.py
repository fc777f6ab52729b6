"""What an internal client installs."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Hides every installed package but those that pyproject.toml names, and what grpcio itself needs.
_ALONE = """
import sys

class Alone:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in {*sys.stdlib_module_names, "hailwire", "grpc", "google", "typing_extensions"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Alone())
"""


def test_wheel(tmp_path: Path) -> None:
    """The wheel holds every contract and the client factory, nothing else, and works alone with what it declares."""
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
    script = f"{_ALONE}\nsys.path.insert(0, {str(wheel)!r})\nimport hailwire.client, {', '.join(modules)}"
    subprocess.run([sys.executable, "-I", "-c", script], cwd=tmp_path, check=True)
