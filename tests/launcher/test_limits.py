"""`hailwire limits` on a real table."""

import asyncpg
import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.conftest import run_apart
from tests.launcher.running import without_waiting

NUMBER = "+250788000001"
INSERT = """
    INSERT INTO gateway.conversation (ordinary_at, expensive_at, expensive_until)
    VALUES (chassis.now() + interval '10 min', chassis.now() + interval '1 h', chassis.now() + interval '1 h')
    RETURNING conversation_id
"""


@pytest.fixture
def sender(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The conversation of somebody who has sent too many photos."""

    async def insert() -> int:
        connection = await asyncpg.connect(fresh_database_url)
        try:
            made: int = await connection.fetchval(INSERT)
            await connection.execute("INSERT INTO gateway.alias VALUES ($1, $2)", f"wa:{NUMBER}", made)
            return made
        finally:
            await connection.close()

    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("RATE_LIMIT_ORDINARY_PER_MINUTE", "1")  # so that none is worked off while we look
    return run_apart(insert())


def test_show(sender: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By number or by conversation it is told how much is used and until when more is refused."""
    for who in (NUMBER, str(sender)):
        assert cli.main(["limits", "show", who]) == ExitCode.DONE
        printed = capsys.readouterr().out
        assert printed.startswith(f"conversation {sender}\n")
        assert "ordinary   10 of 60 used, open" in printed
        assert "expensive  20 of 20 used, refused until 20" in printed
    monkeypatch.setenv("RATE_LIMIT_ORDINARY_PER_MINUTE", "0")
    assert cli.main(["limits", "show", NUMBER]) == ExitCode.DONE
    assert "ordinary   no limit" in capsys.readouterr().out


def test_reset(sender: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Afterwards nothing is counted; an unknown one is said so without repeating a number."""
    assert cli.main(["limits", "reset", NUMBER, "+250788999999", "99"]) == ExitCode.FAILED
    printed = capsys.readouterr()
    assert printed.out == f"conversation {sender} counts nothing any more\n"
    assert [line[:11] for line in without_waiting(printed.err).splitlines()] == ["argument 2:", "argument 3:"]
    assert "250788999999" not in printed.err
    assert cli.main(["limits", "show", NUMBER]) == ExitCode.DONE
    printed_now = capsys.readouterr().out
    assert "ordinary   0 of 60 used, open" in printed_now
    assert "expensive  0 of 20 used, open" in printed_now


@pytest.mark.parametrize("who", ["0", "-1", "somebody", "+12", "9" * 20])
def test_nobody(who: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is neither a number nor an id is wrong usage."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["limits", "show", "--", who])
    assert caught.value.code == ExitCode.USAGE
    assert "must be a number that begins with +" in capsys.readouterr().err
