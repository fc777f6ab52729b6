"""Encrypts anew, with the first of NUMBER_KEYS, what an older key has encrypted. May be stopped and begun again."""

import argparse
import asyncio
from collections.abc import Mapping

import asyncpg

from chassis.settings import load
from launcher import databases
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.profile import rotation
from services.profile.sealing import SealBroken, Sealer
from services.profile.settings import SealingSettings


def configure(parser: argparse.ArgumentParser) -> None:
    """Keys come from the settings, as the profile service reads them."""
    parser.description = (
        f"{parser.description} Run it once every profile service was restarted with the new key in front; then the old "
        "key may go."
    )


def run(_arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 1 when something was encrypted with a key that is not among NUMBER_KEYS."""
    settings = load(SealingSettings, environ)
    sealer = Sealer.of(settings.number_keys, settings.number_hash_key)
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    with databases.explained(dsn):
        try:
            asyncio.run(_rotate(dsn, sealer))
        except SealBroken as error:
            raise CommandError(f"{error}; put it back and begin again.", ExitCode.FAILED) from error
    return ExitCode.DONE


async def _rotate(dsn: str, sealer: Sealer) -> None:
    connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "hailwire-rotate-keys"})
    try:
        anew = 0
        async for step in rotation.rotate(connection, sealer):
            print(f"{step.table}: {step.seen:,} looked at, {step.sealed:,} encrypted anew", flush=True)
            anew += step.sealed if step.done else 0
        print(f"done: {anew:,} encrypted anew" if anew else "done: there was nothing left to do")
    finally:
        await connection.close()
