"""`hailwire explain` on a real table."""

import asyncpg
import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.conftest import run_apart

INSERT = """
INSERT INTO trips.match (trip_id, made_at, vehicle, driver_ids, reasons, meters, ages)
VALUES (7, '2026-03-02 09:00Z', 1, '{11,12,13,14}', '{1,4,3,6}', '{120,350,2300,NULL}', '{30,2400,60,NULL}'),
       (7, '2026-03-02 09:05Z', 1, '{15}', '{2}', '{90}', '{5}'),
       (8, '2026-03-02 09:00Z', 1, '{16}', '{1}', '{1}', '{1}');
INSERT INTO trips.merged VALUES (13, 99);
"""


@pytest.fixture
def matches(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two looks for one trip, one for another."""

    async def insert() -> None:
        connection = await asyncpg.connect(fresh_database_url)
        try:
            await connection.execute(INSERT)
        finally:
            await connection.close()

    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    run_apart(insert())


def test_everyone_with_the_reason(matches: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Each look with everybody in it, nearest first, by the ids that they have now."""
    assert cli.main(["explain", "7"]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("trip 7, moto, 2026-03-02 ")
    assert [line.split()[1] for line in lines[1:5]] == ["11", "12", "99", "14"]
    assert "120 m  seen 0 min before" in lines[1]
    assert lines[1].endswith("asked: one of the nearest")
    assert "seen 40 min before" in lines[2]
    assert lines[2].endswith("not asked: the location was too old")
    assert lines[4].endswith("not asked: on a trip, or waiting for a ride")
    assert lines[5].startswith("trip 7, ")
    assert lines[6].endswith("asked: named by the passenger")
    assert len(lines) == 7


def test_a_trip_that_nobody_knows(matches: None, capsys: pytest.CaptureFixture[str]) -> None:
    """It is one sentence and exit code 1; what is no id is exit code 2."""
    assert cli.main(["explain", "9"]) == ExitCode.FAILED
    assert "nothing is known of trip 9" in capsys.readouterr().err
    with pytest.raises(SystemExit) as refused:
        cli.main(["explain", "soon"])
    assert refused.value.code == ExitCode.USAGE
