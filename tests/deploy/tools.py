"""The programs that judge deploy/: from `make deploy-tools`, or from the machine."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_BIN = ROOT / ".venv" / "deploy" / "bin"


def tool(name: str) -> str:
    """Its path; a test that needs what is not there is skipped, and fails in CI."""
    found = shutil.which(name, path=os.pathsep.join([str(_BIN), os.environ.get("PATH", "")]))
    if found is None:
        missing = f"{name} is not there: `make deploy-tools` installs it"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def run(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end."""
    return subprocess.run([tool(name), *map(str, words)], capture_output=True, text=True, check=False, cwd=ROOT)
