"""`hailwire wallet` on a real ledger."""

import re

import asyncpg
import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.conftest import run_apart

PERSON = """
    INSERT INTO profile.person (person_id, name, created_at, updated_at)
    VALUES (7, 'Amina Uwase', now(), now())
"""


def execute(database_url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    run_apart(run())


@pytest.fixture
def ledger(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with one person in it, who has no wallet."""
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    execute(fresh_database_url, PERSON)
    return fresh_database_url


def credit(to: str = "7", amount: str = "5000", request_id: str = "cash-17") -> int:
    arguments = ["credit", "--to", to, "--amount", amount, "--reason", "cash", "--request-id", request_id]
    return cli.main(["wallet", *arguments])


def test_credit_show_and_reverse(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Money comes in once under one id, is shown with its line, goes back once, and the ledger is right throughout."""
    assert [credit(), credit()] == [ExitCode.DONE, ExitCode.DONE]
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    number = re.fullmatch(r"transaction (\d+): 5000 RWF credited", first)
    assert number is not None
    assert cli.main(["wallet", "show", "7"]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert re.search(r"person 7  HW-\w{7}  5000 RWF  opened", shown)
    assert re.search(rf"  {number[1]}  credit  +5000 RWF\n", shown)
    assert "Amina" not in shown
    assert cli.main(["wallet", "check"]) == ExitCode.DONE
    assert "RWF: 3 accounts, people hold 5000\nthe ledger is right\n" in capsys.readouterr().out
    reverse = ["wallet", "reverse", number[1], "--reason", "no cash came", "--request-id"]
    assert cli.main([*reverse, "back"]) == ExitCode.DONE
    assert cli.main([*reverse, "back again"]) == ExitCode.FAILED
    assert "it was taken back before" in capsys.readouterr().err
    assert cli.main(["wallet", "check"]) == ExitCode.DONE


def test_refusals(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is refused is one sentence and exit code 1; what is no number is wrong usage."""
    assert credit() == ExitCode.DONE
    for given, told in (
        ({"to": "8"}, "there is no such person"),
        ({"amount": "1.5", "request_id": "a"}, "the amount must be a decimal above zero"),
        ({"amount": "-5", "request_id": "b"}, "the amount must be a decimal above zero"),
        ({"amount": "5001"}, "that --request-id was used for something else"),
    ):
        assert credit(**given) == ExitCode.FAILED
        assert told in capsys.readouterr().err
    assert cli.main(["wallet", "show", "8"]) == ExitCode.FAILED
    with pytest.raises(SystemExit) as left:
        credit(to="somebody")
    assert left.value.code == ExitCode.USAGE


def test_rewards(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is set aside for rewards belongs to nobody, and is in the audit log all the same."""
    assert credit(to="rewards") == ExitCode.DONE
    assert cli.main(["wallet", "check"]) == ExitCode.DONE
    assert "RWF: 2 accounts, people hold 0" in capsys.readouterr().out
    assert cli.main(["audit", "list", "--action", "money.credited"]) == ExitCode.DONE
    assert "5000" in capsys.readouterr().out


def test_a_wrong_ledger(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A balance that somebody wrote by hand is found, told, and exit code 1."""
    assert credit() == ExitCode.DONE
    execute(ledger, "UPDATE profile.account SET balance = balance + 1 WHERE person_id = 7")
    assert cli.main(["wallet", "check"]) == ExitCode.FAILED
    printed = capsys.readouterr()
    assert "THE LEDGER IS WRONG" in printed.out
    assert "holds 5001, its entries say 5000" in printed.err
    assert "all balances add up to 1, not 0" in printed.err


REFERRED = """
    INSERT INTO profile.person (person_id, created_at, updated_at)
    SELECT 1000 + n, now(), now() FROM generate_series(1, 4) n;
    INSERT INTO profile.referral (referred_id, referrer_id, state, reason, first_written_at, referrer_amount,
                                  newcomer_amount, currency, expires_at, trip_id, created_at, settled_at)
    SELECT 1000 + n, CASE WHEN n < 4 THEN 7 END, n, CASE WHEN n = 4 THEN 1 ELSE 0 END, now(), 1000, 500, 'RWF', now(),
           CASE WHEN n IN (2, 3) THEN 40 + n END, timestamptz '2026-03-02' + n * interval '1 day',
           CASE WHEN n > 2 THEN now() END
    FROM generate_series(1, 4) n
"""


def test_referrals(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Who came by whose invitation and what became of it, newest first, by ids; and what is owed."""
    assert cli.main(["wallet", "referrals"]) == ExitCode.DONE
    assert capsys.readouterr().out == "set aside for rewards: 0 RWF\n"
    assert credit(to="rewards", amount="1200") == ExitCode.DONE
    execute(ledger, REFERRED)
    capsys.readouterr()
    assert cli.main(["wallet", "referrals", "--limit", "3"]) == ExitCode.DONE
    aside, owed, *lines = capsys.readouterr().out.splitlines()
    assert aside == "set aside for rewards: 1200 RWF"
    assert owed.startswith("owed: 1500 RWF (referrals: 1); `hailwire wallet credit --to rewards`")
    assert [line.partition("  ")[2] for line in lines] == [
        "person 1004 invited by nobody  1000 + 500 RWF  closed (rode-before)",
        "person 1003 invited by 7  1000 + 500 RWF  rewarded  trip 43",
        "person 1002 invited by 7  1000 + 500 RWF  earned  trip 42",
    ]
