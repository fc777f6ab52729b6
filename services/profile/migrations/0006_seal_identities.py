"""Identities are encrypted and found by a keyed hash from now on; the column that showed them goes.

In one step and not by expanding first: nothing has been released that reads the old column. Answers that were kept for
repeats showed numbers too, and are forgotten: what is repeated now is carried out again, and sets what is set already.
"""

from collections.abc import Mapping

import asyncpg

from chassis.settings import load
from services.profile.rows import identity_hash
from services.profile.sealing import Sealer
from services.profile.settings import SealingSettings

_BEFORE = """
ALTER TABLE profile.identity ADD COLUMN value_hash bytea, ADD COLUMN value_sealed bytea;
DELETE FROM profile.request;
"""

_SEAL = "UPDATE profile.identity SET value_hash = $3, value_sealed = $4 WHERE kind = $1 AND value = $2"

_AFTER = """
ALTER TABLE profile.identity
    DROP CONSTRAINT identity_pkey,
    DROP COLUMN value,
    ALTER COLUMN value_hash SET NOT NULL,
    ALTER COLUMN value_sealed SET NOT NULL,
    ADD PRIMARY KEY (kind, value_hash);
"""


async def apply(connection: asyncpg.Connection, environ: Mapping[str, str]) -> None:
    """In the migration's transaction. A database without people needs no keys; raises SettingsError without them."""
    await connection.execute(_BEFORE)
    known = await connection.fetch("SELECT kind, value FROM profile.identity")
    if known:
        settings = load(SealingSettings, environ)
        sealer = Sealer.of(settings.number_keys, settings.number_hash_key)
        hashed = [(row["kind"], row["value"], identity_hash(sealer, row["kind"], row["value"])) for row in known]
        await connection.executemany(
            _SEAL, [(kind, value, found, sealer.seal(value.encode(), found)) for kind, value, found in hashed]
        )
    await connection.execute(_AFTER)
