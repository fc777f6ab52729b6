"""`hailwire noshows` on a real table."""

import asyncpg
import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.conftest import run_apart

INSERT = """
INSERT INTO trips.trip (trip_id, state, passenger_id, driver_id, vehicle, latitude, longitude, created_at, updated_at,
                        expires_at)
SELECT n, 7, 11, 12, 1, -1.9, 30.1, now(), now(), now() FROM generate_series(1, 5) n;
INSERT INTO trips.no_show (trip_id, person_id, as_driver, noted_at)
VALUES (1, 11, false, chassis.now() - interval '20 days'), (2, 11, false, chassis.now() - interval '2 days'),
       (3, 11, false, chassis.now() - interval '1 day'), (4, 11, true, chassis.now() - interval '1 day'),
       (5, 12, true, chassis.now() - interval '20 days');
INSERT INTO trips.merged VALUES (99, 11);
"""


@pytest.fixture
def noted(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five times somebody was waited for in vain."""

    async def insert() -> None:
        connection = await asyncpg.connect(fresh_database_url)
        try:
            await connection.execute(INSERT)
        finally:
            await connection.close()

    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    run_apart(insert())


def test_those_with_the_most(noted: None, capsys: pytest.CaptureFixture[str]) -> None:
    """The most often first, each role apart, within the days that are asked for."""
    assert cli.main(["noshows"]) == ExitCode.DONE
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("person 11       as passenger  2 in 7 days, last 20")
    assert second.startswith("person 11       as driver     1 in 7 days, last 20")
    assert cli.main(["noshows", "--days", "30", "--limit", "1"]) == ExitCode.DONE
    assert "as passenger  3 in 30 days" in capsys.readouterr().out


def test_one_person(noted: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Lately and in all, with the latest trips, also by an id from before a merge."""
    for known_as in ("11", "99"):
        assert cli.main(["noshows", "--person", known_as]) == ExitCode.DONE
        passenger, driver = capsys.readouterr().out.splitlines()
        assert "person 11       as passenger  2 in 7 days, 3 in all, latest trips 3, 2, 1, last 20" in passenger
        assert "as driver     1 in 7 days, 1 in all, latest trips 4, last 20" in driver


def test_nobody(noted: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody who always came is no mistake; what is no id is exit code 2."""
    assert cli.main(["noshows", "--person", "13"]) == ExitCode.DONE
    assert capsys.readouterr().out == "nobody was waited for in vain\n"
    with pytest.raises(SystemExit) as refused:
        cli.main(["noshows", "--person", "somebody"])
    assert refused.value.code == ExitCode.USAGE
