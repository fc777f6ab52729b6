"""The .env file."""

from pathlib import Path

import pytest

from chassis.settings import SettingsError
from launcher import environment


def test_file_completes(tmp_path: Path) -> None:
    """What the environment has wins; the file adds the rest."""
    file = tmp_path / "settings"
    file.write_text("# a comment\n\nexport A=1\nB = 'two words'\nC=a=b\nD=\n", encoding="utf-8")
    read = environment.read({"HAILWIRE_ENV_FILE": str(file), "A": "own"})
    assert read == {"HAILWIRE_ENV_FILE": str(file), "A": "own", "B": "two words", "C": "a=b", "D": ""}


def test_no_file(tmp_path: Path) -> None:
    """Without the file the environment is all there is."""
    given = {"HAILWIRE_ENV_FILE": str(tmp_path / "missing"), "A": "1"}
    assert environment.read(given) == given


def test_all_problems_at_once() -> None:
    """Every wrong line is named in one go."""
    with pytest.raises(SettingsError) as caught:
        environment.parse("FINE=1\nnot a setting\n1X=2\n", ".env")
    assert caught.value.problems == [".env line 2 is not NAME=value", ".env line 3 is not NAME=value"]
