"""`hailwire doctor`."""

from pathlib import Path

import pytest

from launcher import checks, cli, embedded
from launcher.failure import ExitCode


async def test_healthy_database(private_cluster: embedded.Cluster) -> None:
    """A durable, migrated server of a supported version is fine."""
    findings = await checks.database(private_cluster.dsn("hailwire"))
    assert len(findings) == 5
    assert all(finding.fine for finding in findings), findings


async def test_unmigrated_database(empty_database_url: str) -> None:
    """Missing migrations are counted, and the command that applies them is named."""
    *_, last = await checks.database(empty_database_url)
    assert not last.fine
    assert last.advice == "hailwire migrate"


async def test_forgetful_database(reachable_folder: Path) -> None:
    """A server that does not sync is told apart: it can lose what was answered 200."""
    with embedded.cluster(reachable_folder, options={"fsync": "off", "synchronous_commit": "off"}) as cluster:
        wrong = [finding.what for finding in await checks.database(cluster.dsn("postgres")) if not finding.fine]
    assert wrong[:2] == ["fsync is off", "synchronous_commit is off"]


async def test_no_database() -> None:
    """A database out of reach is one finding, not a traceback."""
    (finding,) = await checks.database("postgresql://hailwire@127.0.0.1:1/hailwire")
    assert not finding.fine


def test_production_settings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked about a service, it lists every setting that is missing, and development values count as missing."""
    monkeypatch.setenv("HAILWIRE_ENV", "production")
    monkeypatch.setenv("WA_APP_SECRET", "dev-app-secret")
    monkeypatch.delenv("WA_VERIFY_TOKEN", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert cli.main(["doctor", "--service", "gateway"]) == ExitCode.FAILED
    printed = capsys.readouterr().out
    for name in ("DATABASE_URL", "WA_VERIFY_TOKEN", "WA_APP_SECRET", "TWILIO_AUTH_TOKEN"):
        assert f"\n         {name}: " in printed
    assert printed.endswith("wrong\n")
