"""Erases everything about a person, and proves it by a search of the database."""

import argparse
import asyncio
import getpass
import time
from collections.abc import Collection, Mapping
from typing import Any

import asyncpg

from chassis.settings import load
from launcher import databases, proof
from launcher.arguments import LARGEST_ID, whole
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.gateway import erasing
from services.profile import audit
from services.profile.person import IdentityKind
from services.profile.rows import identity_hash
from services.profile.sealing import Sealer
from services.profile.settings import SealingSettings

_LOOK_SECONDS = 0.5
# After so long without a step there is no gateway at work, or a service is away.
_PATIENCE_SECONDS = 120.0

# Whoever it is by now, with what they are known by; whoever was merged into them has a name of their own left.
_FIND = """
SELECT coalesce(merged_into, person_id) AS person_id FROM profile.person
WHERE erased_at IS NULL AND (
    person_id = $1
    OR person_id IN (
        SELECT person_id FROM profile.identity
        JOIN unnest($2::smallint[], $3::bytea[]) AS named (kind, value_hash) USING (kind, value_hash)))
GROUP BY 1 ORDER BY 1
"""
_IDENTITIES = "SELECT value_hash, value_sealed FROM profile.identity WHERE person_id = $1"
_NAMES = "SELECT DISTINCT name FROM profile.person WHERE (person_id = $1 OR merged_into = $1) AND name <> ''"
_ADDRESSES = """
SELECT DISTINCT split_part(alias.address, ':', 2) AS value
FROM gateway.alias JOIN gateway.conversation USING (conversation_id) WHERE conversation.person_id = $1
"""
_NAMESAKES = """
SELECT DISTINCT name FROM profile.person WHERE name = ANY($1::text[]) AND coalesce(merged_into, person_id) <> $2
"""
_JOB = """
SELECT erasure_id, step, finished_at IS NOT NULL AS finished FROM gateway.erasure
WHERE person_id = $1 ORDER BY erasure_id DESC LIMIT 1
"""
_STEPS = {
    "leave": "cutting their conversations off",
    "forget": "the profile and trips services take out what they know",
    "send": "replies on their way go out",
    "sweep": "messages, replies and dead letters go; then again, once nothing is under way that began before",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Whom."""
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--person", type=whole(1, LARGEST_ID), metavar="ID", help="by the id that `audit list` shows")
    whom.add_argument("--number", metavar="+250...", help="by a phone number; whoever has it on WhatsApp and on SMS")
    whom.add_argument("--user-id", metavar="ID", help="by the user id that WhatsApp gave them")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 1 when somebody cannot be found or erased, or when a trace of them is left."""
    home = load(HomeSettings, environ)
    dsn = home.dsn()
    if not (home.database_url or home.database_direct_url):
        environ = {"HAILWIRE_ENV": "development", **environ}  # the database of a `hailwire up`, with its keys
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    settings = load(SealingSettings, environ)
    sealer = Sealer.of(settings.number_keys, settings.number_hash_key)
    with databases.explained(dsn):
        return asyncio.run(_erase(dsn, sealer, arguments))


async def _erase(dsn: str, sealer: Sealer, arguments: argparse.Namespace) -> int:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        named = arguments.number or arguments.user_id or ""
        hashes = [identity_hash(sealer, kind, named) for kind in IdentityKind]
        rows = await connection.fetch(_FIND, arguments.person or 0, list(map(int, IdentityKind)), hashes)
        if not rows:
            raise CommandError("nobody is known by that; whoever was erased is not either.", ExitCode.FAILED)
        people = [row["person_id"] for row in rows]
        known_by = [await _known_by(connection, sealer, person_id) for person_id in people]
        for person_id in people:
            await _carry_out(connection, person_id)
        return await _prove(connection, sealer, {value for several in known_by for value in several})
    finally:
        await connection.close()


async def _known_by(connection: Any, sealer: Sealer, person_id: int) -> set[str]:
    """What to look for afterwards. A name that others have too proves nothing, nor does one of three letters."""
    identities = await connection.fetch(_IDENTITIES, person_id)
    values = {sealer.open(row["value_sealed"], row["value_hash"]).decode() for row in identities}
    values |= {row["value"] for row in await connection.fetch(_ADDRESSES, person_id)}
    names = {row["name"] for row in await connection.fetch(_NAMES, person_id)}
    common = {row["name"] for row in await connection.fetch(_NAMESAKES, list(names), person_id)}
    common |= {name for name in names if len(name) < proof.SHORTEST}
    if common:
        print(f"person {person_id}: their name is not looked for, it is short or others have it too")
    return values | (names - common)


async def _carry_out(connection: Any, person_id: int) -> None:
    """Ask for it, and tell how it goes."""
    await connection.execute(erasing.ASK.sql, [person_id], audit.operator(getpass.getuser()))
    told, patient_until = "", time.monotonic() + _PATIENCE_SECONDS
    while True:
        job = await connection.fetchrow(_JOB, person_id)
        if job["finished"]:
            print(f"person {person_id}: erased")
            return
        if job["step"] != told:
            told, patient_until = job["step"], time.monotonic() + _PATIENCE_SECONDS
            print(f"person {person_id}: {_STEPS.get(told, told)}", flush=True)
        if time.monotonic() > patient_until + (erasing.SEND_SECONDS if told in {"send", "sweep"} else 0):
            raise CommandError(
                f"no gateway gets on with it (step {told}). It stays asked for, and goes on when one can.",
                ExitCode.FAILED,
            )
        await asyncio.sleep(_LOOK_SECONDS)


async def _prove(connection: Any, sealer: Sealer, values: Collection[str]) -> int:
    print(f"searching every table for {len(values)} numbers, user ids and names, in each form that they may have")
    wanted = proof.needles(values)
    traces = await proof.search(connection, wanted) + await proof.search_sealed(connection, sealer, wanted)
    for trace in traces:
        print(f"found in {trace.rows} rows of {trace.schema}.{trace.table}, {trace.column}")
    if traces:
        print("something is left; if they have written again since, it is what they wrote then")
        return ExitCode.FAILED
    print("nothing is left")
    return ExitCode.DONE
