"""`hailwire dlq` on a real table."""

import asyncpg
import pytest

from launcher import checks, cli
from launcher.failure import ExitCode
from tests.conftest import run_apart
from tests.launcher.running import without_waiting

INSERT = """
    INSERT INTO gateway.dead_letter (kind, reason, key, item_kind, provider, addresses, raw, attempts)
    VALUES ('message', $1, '\\x01', 'text', 'whatsapp', '{+250788000001}', '{"body": "secret words"}', 3)
    RETURNING dead_letter_id
"""


@pytest.fixture
def letters(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two dead letters of nobody's conversation."""

    async def insert() -> list[int]:
        connection = await asyncpg.connect(fresh_database_url)
        try:
            return [await connection.fetchval(INSERT, reason) for reason in ("HANDLER_FAILED", "CRASHED")]
        finally:
            await connection.close()

    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    return run_apart(insert())


def test_list(letters: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    """The list shows reasons, pages on, and shows nothing personal."""
    assert cli.main(["dlq", "list"]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "HANDLER_FAILED" in printed
    assert "CRASHED" in printed
    assert "250788000001" not in printed
    assert cli.main(["dlq", "list", "--limit", "1"]) == ExitCode.DONE
    assert f"more: hailwire dlq list --after {letters[0]}" in capsys.readouterr().out
    assert cli.main(["dlq", "list", "--after", str(letters[0])]) == ExitCode.DONE
    assert "HANDLER_FAILED" not in capsys.readouterr().out


def test_show(letters: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    """What a person wrote is shown only when it is asked for."""
    assert cli.main(["dlq", "show", str(letters[0])]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "HANDLER_FAILED" in printed
    assert "\nkey              01\n" in printed
    assert "secret words" not in printed
    assert "250788000001" not in printed
    assert cli.main(["dlq", "show", "--personal", str(letters[0])]) == ExitCode.DONE
    assert "secret words" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["list", "show", "replay", "discard"])
def test_help_of_each(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every action's help ends with an example."""
    with pytest.raises(SystemExit):
        cli.main(["dlq", action, "--help"])
    assert f"example: hailwire dlq {action} " in capsys.readouterr().out


async def test_doctor_counts(letters: list[int], fresh_database_url: str) -> None:
    """The doctor says how many wait and where to look, and does not call that wrong."""
    (finding,) = await checks.dead_letters(fresh_database_url)
    assert finding.fine
    assert finding.what == f"{len(letters)} dead letters are open: hailwire dlq list"


def test_discard(letters: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    """A discarded letter is out of the list, stays known, and cannot be discarded again."""
    assert cli.main(["dlq", "discard", *map(str, letters)]) == ExitCode.DONE
    capsys.readouterr()
    assert cli.main(["dlq", "list"]) == ExitCode.DONE
    assert capsys.readouterr().out == "no dead letters\n"
    assert cli.main(["dlq", "list", "--all"]) == ExitCode.DONE
    assert "discarded" in capsys.readouterr().out
    assert cli.main(["dlq", "discard", str(letters[0])]) == ExitCode.FAILED


def test_one_wrong_id(letters: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown id is exit code 1, and the others are done all the same."""
    assert cli.main(["dlq", "discard", "999999", str(letters[0])]) == ExitCode.FAILED
    printed = capsys.readouterr()
    assert "999999: there is no open dead letter" in printed.err
    assert f"{letters[0]} is discarded" in printed.out


def test_replay_of_nobodys(letters: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    """A letter without a conversation cannot be replayed, and stays."""
    assert cli.main(["dlq", "replay", str(letters[0])]) == ExitCode.FAILED
    assert "nobody's conversation" in capsys.readouterr().err
    assert cli.main(["dlq", "list"]) == ExitCode.DONE
    assert "HANDLER_FAILED" in capsys.readouterr().out


def test_no_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A database out of reach is one sentence and exit code 1."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://hailwire@127.0.0.1:1/hailwire")
    assert cli.main(["dlq", "list"]) == ExitCode.FAILED
    assert without_waiting(capsys.readouterr().err).startswith(
        "hailwire dlq: cannot reach the database at 127.0.0.1:1: "
    )
