"""Proves that nothing is left of somebody: searches every column of the services' tables for what names them.

A number, a user id or a name may lie in a table as text, in the bytes of a webhook (escaped by JSON or by a form), or
in base64, as WhatsApp's message ids hold the number of whom they go to. Each of these is looked for as bytes.
"""

import base64
import contextlib
import json
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from launcher.statements import SERVICES
from services.profile import rotation
from services.profile.sealing import SealBroken, Sealer

# Shorter than that, it is part of anything; and what base64 makes of it a little longer.
SHORTEST = 4
SHORTEST_IN_BASE64 = 6

_COLUMNS = """
SELECT namespace.nspname AS schema, class.relname AS table, attribute.attname AS column, type.typname AS type
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
JOIN pg_type AS type ON type.oid = attribute.atttypid
WHERE class.relkind = 'r' AND namespace.nspname = ANY($1::text[])
  AND attribute.attnum > 0 AND NOT attribute.attisdropped
  AND type.typname IN ('text', 'varchar', 'bpchar', 'name', 'bytea', 'json', 'jsonb', '_text', '_varchar')
ORDER BY 1, 2, attribute.attnum
"""

# How a column of each type becomes bytes; every other type is written as text.
_BYTES = {
    "bytea": "{column}",
    "_text": "convert_to(array_to_string({column}, chr(10)), 'UTF8')",
    "_varchar": "convert_to(array_to_string({column}, chr(10)), 'UTF8')",
}
_AS_TEXT = "convert_to({column}::text, 'UTF8')"


@dataclass(frozen=True, slots=True)
class Trace:
    """A column in which something was found, and in how many rows."""

    schema: str
    table: str
    column: str
    rows: int


def needles(values: Iterable[str]) -> list[bytes]:
    """Every form in which these numbers, user ids and names are looked for; what is too short is left out."""
    found: set[bytes] = set()
    for value in values:
        bare = value.removeprefix("+")
        if len(bare) < SHORTEST:
            continue
        plain = bare.encode("utf-8", "surrogatepass")
        found.add(plain)
        found.add(plain.hex().encode())
        found.add(plain.hex().upper().encode())
        if len(plain) >= SHORTEST_IN_BASE64:
            written = {one for before in range(3) for one in _inside_base64(plain, before)}
            found |= written | {one.translate(_URL_SAFE) for one in written}
        found |= {json.dumps(bare)[1:-1].encode(), _upper_escapes(json.dumps(bare)[1:-1]).encode()}
        found |= {json.dumps(bare, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")}
        for quoted in (urllib.parse.quote(plain, safe=""), urllib.parse.quote_plus(plain, safe="")):
            found |= {quoted.encode(), _lower_escapes(quoted).encode()}
    return sorted(found)


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _inside_base64(plain: bytes, before: int) -> set[bytes]:
    """What base64 makes of these bytes behind so many others, whatever comes next.

    The first character that others have a part in is left out. The last one is not: numbers that differ in their last
    digit alone are neighbours' numbers.
    """
    begin, end = -(-before * 8 // 6), -(-(before + len(plain)) * 8 // 6)
    return {
        base64.b64encode(bytes(before) + plain + bytes([following, 0]) + bytes(3))[begin:end]
        for following in range(256)
    }


def _upper_escapes(text: str) -> str:
    r"""With \u00E9 instead of \u00e9."""
    parts = text.split("\\u")
    return parts[0] + "".join(f"\\u{part[:4].upper()}{part[4:]}" for part in parts[1:])


def _lower_escapes(text: str) -> str:
    """With %c3 instead of %C3."""
    parts = text.split("%")
    return parts[0] + "".join(f"%{part[:2].lower()}{part[2:]}" for part in parts[1:])


async def search_sealed(connection: Any, sealer: Sealer, wanted: Sequence[bytes]) -> list[Trace]:
    """The same in what is encrypted, row by row; what is not is found by `search`."""
    traces = []
    for table in rotation.TABLES:
        place, found = table.start, 0
        while rows := await connection.fetch(table.walk.sql, *place, rotation.STEP):
            for row in rows:
                if row["sealed"] is None:
                    continue  # as it is: found by `search`
                with contextlib.suppress(SealBroken):
                    opened = sealer.open(row["sealed"], row["bound"])
                    found += any(part in opened for part in wanted)
            place = tuple(rows[-1])[: len(table.start)]
        if found:
            traces.append(Trace("profile", table.name, "encrypted", found))
    return traces


async def search(connection: Any, wanted: Sequence[bytes]) -> list[Trace]:
    """Where any of these bytes are; reads every table from end to end, and changes nothing."""
    traces = []
    for row in await connection.fetch(_COLUMNS, list(SERVICES)):
        column = f'"{row["column"]}"'
        as_bytes = _BYTES.get(row["type"], _AS_TEXT).format(column=column)
        count = await connection.fetchval(
            f"""
            SELECT count(*) FROM "{row["schema"]}"."{row["table"]}"
            WHERE EXISTS (SELECT FROM unnest($1::bytea[]) AS wanted (part) WHERE position(part IN {as_bytes}) > 0)
            """,  # noqa: S608 - names of our own tables, from the catalogue
            list(wanted),
            timeout=None,
        )
        if count:
            traces.append(Trace(row["schema"], row["table"], row["column"], count))
    return traces
