"""The search that proves an erasure finds what is there, however it is written."""

import base64
import json
import urllib.parse
from collections.abc import Callable

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launcher import proof
from tests.conftest import run_apart

VALUES = ["+250788123456", "RW.13491208655302741918", "Amina Uwase", "Zoë Müller-Ndayisaba", 'O"Brien\\\n', "愛子さん"]
WRITTEN: dict[str, Callable[[str, bytes, bytes], bytes]] = {
    "plain": lambda value, before, after: before + value.encode() + after,
    "json": lambda value, before, after: before + json.dumps(value).encode() + after,
    "readable json": lambda value, before, after: before + json.dumps(value, ensure_ascii=False).encode() + after,
    "form": lambda value, before, after: before + urllib.parse.urlencode({"From": value}).encode() + after,
    "address": lambda value, before, after: before + urllib.parse.quote(value).lower().encode() + after,
    "base64": lambda value, before, after: base64.b64encode(before + value.encode() + after),
    "address base64": lambda value, before, after: base64.urlsafe_b64encode(before + value.encode() + after),
    "hex": lambda value, before, after: (before + value.encode() + after).hex().encode(),
}


@given(
    value=st.sampled_from(VALUES) | st.text(min_size=6, max_size=20).filter(lambda text: text.isprintable()),
    how=st.sampled_from([how for how in WRITTEN if how != "address"]),
    before=st.binary(max_size=9),
    after=st.binary(max_size=9),
)
def test_in_whatever_it_is_written(value: str, how: str, before: bytes, after: bytes) -> None:
    """Text, JSON, forms, base64 at any place and hex: one of the needles is in it, wherever the value stands."""
    written = WRITTEN[how](value, before, after)
    assert any(needle in written for needle in proof.needles([value]))


@settings(max_examples=30)
@given(st.sampled_from(["+250788123456", "+15550001111"]), st.binary(max_size=40).filter(lambda raw: b"250" not in raw))
def test_what_is_not_there_is_not_found(value: str, raw: bytes) -> None:
    """Bytes without the value hold none of its needles."""
    assert not any(needle in raw for needle in proof.needles([value]))


def test_too_short_to_look_for() -> None:
    """Three letters are part of anything."""
    assert proof.needles(["Jo", "Eva"]) == []


PLACES = {
    ("gateway", "dead_letter", "addresses"): """
        INSERT INTO gateway.dead_letter (kind, reason, addresses)
        VALUES ('message', '', ARRAY['', convert_from($1, 'UTF8')])""",
    ("gateway", "inbox_other", "raw"): """
        INSERT INTO gateway.inbox (stored_on, key, kind, provider, raw, stored_at)
        VALUES ('2001-01-01', '', 'message', 'whatsapp', $1, now())""",
    ("gateway", "outbox", "provider_message_id"): """
        INSERT INTO gateway.outbox (conversation_id, cause, position, address, reply, provider_message_id)
        VALUES (1, '', 0, '', '', convert_from($1, 'UTF8'))""",
    ("profile", "audit", "detail"): """
        INSERT INTO profile.audit (person_id, action, actor, detail)
        VALUES (1, 'a.b', 'system', jsonb_build_object('x', convert_from($1, 'UTF8')))""",
    ("trips", "request", "outcome"): """
        INSERT INTO trips.request (request_id, fingerprint, outcome) VALUES ('r', '', $1)""",
}


@pytest.mark.parametrize("how", ["plain", "json", "form", "base64"])
def test_in_every_kind_of_column(fresh_database_url: str, how: str) -> None:
    """Bytes, text, lists of text and JSON, in each schema: the column is named, and so is nothing else."""

    async def found() -> tuple[list[proof.Trace], list[proof.Trace]]:
        connection = await asyncpg.connect(fresh_database_url)
        try:
            before = await proof.search(connection, proof.needles(["+250788123456"]))
            for statement in PLACES.values():
                await connection.execute(statement, WRITTEN[how]("+250788123456", b"ab", b"c"))
            return before, await proof.search(connection, proof.needles(["+250788123456"]))
        finally:
            await connection.close()

    nothing, everything = run_apart(found())
    assert nothing == []
    assert everything == [proof.Trace(*place, 1) for place in PLACES]
