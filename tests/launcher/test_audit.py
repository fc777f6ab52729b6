"""`hailwire audit` on a real table."""

import datetime

import asyncpg
import pytest

from launcher import cli
from launcher.commands.audit import moment
from launcher.failure import ExitCode
from tests.conftest import run_apart

INSERT = """
    INSERT INTO profile.audit (person_id, action, actor, detail, created_at)
    SELECT 40 + n % 2, CASE WHEN n > 3 THEN 'consent.withdrawn' ELSE 'identity.added' END, 'person',
           '{"identities": ["sms_number"]}', chassis.now() - n * interval '1 day'
    FROM generate_series(0, 5) n
"""


@pytest.fixture
def log(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry for each of six days, of two people in turn."""

    async def insert() -> None:
        connection = await asyncpg.connect(fresh_database_url)
        try:
            await connection.execute(INSERT)
        finally:
            await connection.close()

    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    run_apart(insert())


def _listed(capsys: pytest.CaptureFixture[str], *options: str) -> list[list[str]]:
    assert cli.main(["audit", "list", *options]) == ExitCode.DONE
    return [line.split()[2:] for line in capsys.readouterr().out.splitlines()[1:]]


def test_list(log: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Newest first, by person, action and time, page by page."""
    everything = _listed(capsys)
    assert [line[0] for line in everything] == ["40", "41", "40", "41", "40", "41"]
    assert everything[0] == ["40", "identity.added", "person", '{"identities":', '["sms_number"]}']
    assert [line[0] for line in _listed(capsys, "--person", "41")] == ["41"] * 3
    assert [line[0] for line in _listed(capsys, "--action", "consent.withdrawn")] == ["40", "41"]
    assert len(_listed(capsys, "--since", "36h")) == 2
    assert len(_listed(capsys, "--since", "2001-01-01")) == 6
    assert cli.main(["audit", "list", "--limit", "4"]) == ExitCode.DONE
    token = capsys.readouterr().out.splitlines()[-1].removeprefix("more: the same with --after ")
    assert [line[1] for line in _listed(capsys, "--limit", "4", "--after", token)] == ["consent.withdrawn"] * 2
    assert cli.main(["audit", "list", "--action", "money.gone"]) == ExitCode.DONE
    assert capsys.readouterr().out == "no entries\n"


def test_a_token_of_another_list(log: None, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no place in this list is a sentence and exit code 2."""
    assert cli.main(["audit", "list", "--after", "elsewhere"]) == ExitCode.USAGE
    assert "page_token is not one of ours" in capsys.readouterr().err


def test_moments() -> None:
    """Moments are in UTC unless they name a zone; nonsense is refused by the parser."""
    assert moment("2026-01-31") == datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
    assert moment("2026-01-31T08:00+02:00") == datetime.datetime(2026, 1, 31, 6, tzinfo=datetime.UTC)
    assert moment("90m") == datetime.timedelta(minutes=90)
    with pytest.raises(SystemExit) as refused:
        cli.main(["audit", "list", "--since", "yesterday"])
    assert refused.value.code == ExitCode.USAGE
