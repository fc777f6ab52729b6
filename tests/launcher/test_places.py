"""`hailwire places load` on a real gazetteer."""

from pathlib import Path

import asyncpg
import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.conftest import run_apart


async def _names(database_url: str, source: str) -> list[str]:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("SELECT name FROM profile.place WHERE source = $1 ORDER BY name", source)
        return [row["name"] for row in rows]
    finally:
        await connection.close()


@pytest.fixture
def gazetteer(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    return fresh_database_url


def test_load(gazetteer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is good is in, what is bad is told by its line and counted, and the exit code says that there was some."""
    file = tmp_path / "places.csv"
    file.write_bytes(b"name,lat,lon\nZanzibar Lodge,-2,30\nNowhere,95,30\nCaf\xe9,-2,30.1\nZebra Bar,-2.1,30\n")
    assert cli.main(["places", "load", str(file), "--source", "test"]) == ExitCode.FAILED
    told = capsys.readouterr()
    assert told.out == "2 new places, 0 known ones, 2 bad lines\n"
    assert "places.csv:3: the latitude is not a number from -90 to 90\n" in told.err
    assert "places.csv:4: the name is not UTF-8\n" in told.err
    assert "4 lines read\n" in told.err
    assert run_apart(_names(gazetteer, "test")) == ["Zanzibar Lodge", "Zebra Bar"]
    file.write_text("name,lat,lon\nZanzibar Lodge,-2,30\n")
    assert cli.main(["places", "load", str(file), "--source", "test"]) == ExitCode.DONE
    assert capsys.readouterr().out == "0 new places, 1 known ones, 0 bad lines\n"


def test_many_bad_lines(gazetteer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty are told, the others counted; each step tells how far it is."""
    file = tmp_path / "bad.csv"
    file.write_text("name,lat,lon\n" + "Nowhere,95,30\n" * 1500)
    assert cli.main(["places", "load", str(file)]) == ExitCode.FAILED
    told = capsys.readouterr()
    assert told.out == "0 new places, 0 known ones, 1500 bad lines\n"
    assert told.err.count("bad.csv:") == 20
    assert "1000 lines read\n" in told.err
    assert "and 1480 more bad lines\n" in told.err


def test_files_that_cannot_be_loaded(gazetteer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No file, a folder, or a file without columns: a sentence, and nothing is written."""
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    for path in (tmp_path / "none.csv", tmp_path, empty):
        assert cli.main(["places", "load", str(path)]) == ExitCode.USAGE
    assert len(capsys.readouterr().err.splitlines()) == 3
    with pytest.raises(SystemExit):
        cli.main(["places", "load", str(empty), "--source", "hailwire"])
