"""docs/enrichments.md is true: its commands keep what was understood, its codes and bounds are those of the service."""

import asyncio
import os
import re
import shutil

import pytest

from launcher.environment import ROOT
from services.gateway import enrichment_items, user_api
from services.profile.enrichments import item
from tests.gateway.conftest import Open
from tests.gateway.test_enrichment_items import WORDS, writer
from tests.gateway.test_phone_numbers import token

PAGE = (ROOT / "docs" / "enrichments.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands need curl")
async def test_the_commands_of_the_page(open_here: Open, phone: str) -> None:
    """What waits is listed, confirmed and applied, and is a saved place then."""
    async with open_here() as mesh:
        client = await writer(mesh, phone, WORDS)
        (script,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
        (place,) = [one for one in await client.items() if one["kind"] == "place"]
        script = script.replace("http://127.0.0.1:8080", mesh.url).replace("$API/1", f"$API/{place['id']}")
        process = await asyncio.create_subprocess_exec(
            *("sh", "-eu", "-c", script),
            cwd=ROOT,
            env={**os.environ, "TOKEN": token(client.user)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        told, errors = await process.communicate()
        assert process.returncode == 0, errors
        assert re.findall(r'"success":\s?(\w+)', told.decode()) == ["true"] * 3, told
        assert await mesh.value("SELECT count(*) FROM profile.saved_place") == 1


def test_every_code_is_on_the_page() -> None:
    """A developer finds each error code there, and no other."""
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+|MALFORMED)`", PAGE)) - {"PROFILE_ENRICHMENT_DAYS"}
    plain = (user_api.COMMON.keys() - {"MALFORMED"}) | {"INTERNAL"}
    assert named == set(enrichment_items._REFUSALS) - plain


def test_the_bounds_are_those_of_the_page() -> None:
    """So many wait at most."""
    assert f"at most {item.MOST_PENDING} wait" in PAGE
