"""The command line itself: help, exit codes, one sentence for each thing that is wrong."""

import jwt
import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.launcher.running import free_ports, without_waiting


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command explains itself with an example."""
    with pytest.raises(SystemExit) as caught:
        cli.main([name, "--help"])
    assert caught.value.code == 0
    printed = capsys.readouterr().out
    assert f"hailwire {name}" in printed.partition("example: ")[2]


def test_overview(capsys: pytest.CaptureFixture[str]) -> None:
    """--help lists every command; no arguments at all are a mistake that gets the same help."""
    assert cli.main(["--help"]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert all(f"\n  {name} " in printed for name in cli.COMMANDS)
    assert cli.main([]) == ExitCode.USAGE


def test_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown command is answered with the one that was meant, or else with those that exist."""
    assert cli.main(["fly"]) == ExitCode.USAGE
    assert "no command `fly`; it has up, gateway" in capsys.readouterr().err
    assert cli.main(["simulate"]) == ExitCode.USAGE
    assert "did you mean `hailwire simulator`?" in capsys.readouterr().err


def test_wrong_option() -> None:
    """A wrong option is exit code 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["up", "--sideways"])
    assert caught.value.code == ExitCode.USAGE


@pytest.mark.parametrize(
    "line",
    [
        *(f"dlq {action} {number}" for action in ("show", "replay", "discard") for number in ("9" * 20, "0", "one")),
        *(f"dlq list --limit {number}" for number in ("-5", "0", "9" * 20)),
        "dlq list --after -1",
        *(f"token --sub 42 --hours {number}" for number in ("nan", "inf", "0", "-1", "1e300")),
    ],
)
def test_number_out_of_bounds(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A number that makes no sense is one sentence with the bounds, and exit code 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(line.split())
    assert caught.value.code == ExitCode.USAGE
    assert ": must be a " in capsys.readouterr().err.splitlines()[-1]


def test_all_wrong_settings_at_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong settings are told together, by name, and nothing starts."""
    monkeypatch.setenv("GATEWAY_HTTP_PORT", "eighty")
    monkeypatch.setenv("TRIPS_GRPC_PORT", "70000")
    assert cli.main(["up"]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert "GATEWAY_HTTP_PORT" in told
    assert "TRIPS_GRPC_PORT" in told


def test_token(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A minted token says who it is for, whom it is from and how long it is good."""
    monkeypatch.setenv("JWT_ISSUER", "https://issuer.example")
    monkeypatch.setenv("JWT_AUDIENCE", "hailwire")
    assert cli.main(["token", "--sub", "42", "--hours", "1"]) == ExitCode.DONE
    secret = "dev-jwt-secret-for-this-machine-only"
    claims = jwt.decode(capsys.readouterr().out.strip(), secret, algorithms=["HS256"], audience="hailwire")
    assert claims["sub"] == "42"
    assert claims["iss"] == "https://issuer.example"
    assert claims["exp"] - claims["iat"] == 3600


def test_token_help_tells_of_the_development_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """Which secret signs when nothing is set is no surprise."""
    with pytest.raises(SystemExit):
        cli.main(["token", "--help"])
    assert "public development secret" in " ".join(capsys.readouterr().out.split())


def test_no_token_in_production(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside development tokens come from the identity provider."""
    monkeypatch.setenv("HAILWIRE_ENV", "production")
    assert cli.main(["token", "--sub", "42"]) == ExitCode.USAGE
    assert "development only" in capsys.readouterr().err


def test_migrate(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, empty_database_url: str) -> None:
    """`migrate --check` fails until `migrate` has run, which may be repeated."""
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    assert cli.main(["migrate", "--check"]) == ExitCode.FAILED
    assert "missing chassis 0001" in capsys.readouterr().out
    assert cli.main(["migrate"]) == ExitCode.DONE
    assert "applied chassis 0001" in capsys.readouterr().out
    assert cli.main(["migrate"]) == ExitCode.DONE
    assert cli.main(["migrate", "--check"]) == ExitCode.DONE


def test_database_out_of_reach(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is not there is one sentence and exit code 1."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://hailwire@127.0.0.1:1/hailwire")
    assert cli.main(["migrate"]) == ExitCode.FAILED
    assert without_waiting(capsys.readouterr().err).startswith(
        "hailwire migrate: cannot reach the database at 127.0.0.1:1: "
    )


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://hailwire@127.0.0.1:1/hailwire", "cannot reach the database at 127.0.0.1:1"),
        ("nonsense", "DATABASE_URL cannot be used"),
    ],
)
def test_up_without_its_database(
    address: str, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`up` with a DATABASE_URL that leads nowhere says so and starts nothing."""
    for name, number in free_ports().items():
        monkeypatch.setenv(name, str(number))
    monkeypatch.setenv("DATABASE_URL", address)
    assert cli.main(["up"]) == ExitCode.FAILED
    printed = capsys.readouterr()
    assert printed.err.startswith(f"hailwire up: {told}")
    assert without_waiting(printed.out) == ""
