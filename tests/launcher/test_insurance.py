"""`hailwire insurance` on a real database."""

from pathlib import Path

import asyncpg
import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.conftest import run_apart

FILLED = """
    INSERT INTO profile.person (person_id, name, created_at, updated_at) VALUES (7, 'Amina Uwase', now(), now());
    INSERT INTO profile.certificate (person_id, state, submitted_at) VALUES (7, 1, now()), (7, 1, now());
    INSERT INTO profile.claim (person_id, state, description, submitted_at)
    VALUES (7, 1, E'A bus\\x1b[2J hit me', now());
    INSERT INTO profile.document (document_key, person_id, certificate_id, mime_type, size)
    VALUES ('k', 7, 1, 'application/pdf', 6);
    INSERT INTO profile.document_part VALUES (1, 0, '%PDF'), (1, 1, '-1');
"""


@pytest.fixture
def filled(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with two certificates that wait, a document, and a claim."""

    async def fill() -> None:
        connection = await asyncpg.connect(fresh_database_url)
        try:
            await connection.execute(FILLED)
        finally:
            await connection.close()

    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    run_apart(fill())
    return fresh_database_url


def insurance(*arguments: str) -> int:
    return cli.main(["insurance", *arguments])


@pytest.mark.usefixtures("filled")
def test_certificates_are_looked_at_and_decided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Listed, shown, saved once, approved and rejected; what is decided is not decided again, and nobody is named."""
    assert insurance("list") == ExitCode.DONE
    listed = capsys.readouterr().out
    assert [line.split("  ")[0] for line in listed.splitlines()] == ["certificate 1", "certificate 2"]
    assert "Amina" not in listed
    assert insurance("show", "1") == ExitCode.DONE
    assert "document 1  application/pdf  6 bytes" in capsys.readouterr().out
    saved = tmp_path / "certificate.pdf"
    assert insurance("save", "1", "--to", str(saved)) == ExitCode.DONE
    assert saved.read_bytes() == b"%PDF-1"
    assert insurance("save", "1", "--to", str(saved)) == ExitCode.USAGE
    assert insurance("save", "9", "--to", str(tmp_path / "none")) == ExitCode.FAILED
    assert not (tmp_path / "none").exists()
    assert insurance("approve", "1", "--until", "2001-01-01") == ExitCode.FAILED
    assert "the last day must be today or later" in capsys.readouterr().err
    assert insurance("reject", "2", "--reason", "not-theirs") == ExitCode.DONE
    assert "rejected (not_theirs)" in capsys.readouterr().out
    assert insurance("reject", "2", "--reason", "other") == ExitCode.FAILED
    assert insurance("reject", "9", "--reason", "other") == ExitCode.FAILED
    assert "there is no such certificate" in capsys.readouterr().err
    assert insurance("list", "--state", "rejected") == ExitCode.DONE
    assert capsys.readouterr().out.startswith("certificate 2  person 7")


@pytest.mark.usefixtures("filled")
def test_claims_are_looked_at_and_moved_on(capsys: pytest.CaptureFixture[str]) -> None:
    """What was written is shown without what a terminal would obey; a claim does not go back."""
    assert insurance("claims") == ExitCode.DONE
    assert capsys.readouterr().out.startswith("claim 1  person 7")
    assert insurance("claim", "1") == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "hit me" in shown
    assert "\x1b" not in shown
    assert insurance("move", "1", "in-review") == ExitCode.DONE
    assert insurance("move", "1", "in-review") == ExitCode.FAILED
    assert "a claim does not go back" in capsys.readouterr().err
    assert insurance("move", "1", "accepted") == ExitCode.DONE
    assert insurance("move", "1", "rejected") == ExitCode.FAILED
    assert insurance("claims", "--state", "all") == ExitCode.DONE
    assert "accepted" in capsys.readouterr().out
