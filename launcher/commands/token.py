"""Mints a token for the gateway's REST API, so that it can be tried without an identity provider."""

import argparse
import datetime
import uuid
from collections.abc import Mapping

import jwt

from chassis.settings import load
from launcher.arguments import positive
from launcher.failure import CommandError
from launcher.settings import TokenSettings

_LONGEST_HOURS = 8784.0  # a leap year


def configure(parser: argparse.ArgumentParser) -> None:
    """Who the token is for, and how long."""
    parser.description = (
        f"{parser.description} Without HAILWIRE_ENV this machine is taken for development, as `hailwire up` does: the "
        "token is signed with JWT_SECRET or, when that is unset, with the public development secret, which every "
        "other environment refuses."
    )
    parser.add_argument("--sub", required=True, help="id of the user that the token speaks for")
    parser.add_argument(
        "--hours", type=positive(_LONGEST_HOURS), default=24.0, help="how long it is good for (default: %(default)s)"
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the token alone, so that a shell can put it into a header."""
    environment = environ.get("HAILWIRE_ENV", "development")
    if environment != "development":
        raise CommandError(f"tokens are minted in development only, and HAILWIRE_ENV is {environment}.")
    settings = load(TokenSettings, {**environ, "HAILWIRE_ENV": environment})
    now = datetime.datetime.now(datetime.UTC)
    claims: dict[str, object] = {
        "sub": arguments.sub,
        "iat": now,
        "exp": now + datetime.timedelta(hours=arguments.hours),
        "jti": str(uuid.uuid4()),
    }
    if settings.jwt_issuer:
        claims["iss"] = settings.jwt_issuer
    if settings.jwt_audience:
        claims["aud"] = settings.jwt_audience
    print(jwt.encode(claims, settings.jwt_secret.reveal(), algorithm="HS256"))
    return 0
