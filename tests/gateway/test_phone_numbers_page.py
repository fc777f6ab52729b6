"""docs/phone-numbers.md is true: its commands, run as they stand against a mesh, link a number and take it away."""

import asyncio
import json
import re
import shutil

import pytest

from launcher.environment import ROOT
from services.gateway import phone_numbers
from services.profile import verification
from tests.gateway.conftest import Open

PAGE = (ROOT / "docs" / "phone-numbers.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands need curl")
async def test_the_commands_of_the_page(open_here: Open) -> None:
    """A code is asked for, read off the phone, typed; the number is shown, and gone."""
    async with open_here() as mesh:
        (script,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
        script = script.replace("http://127.0.0.1:8080", mesh.url).replace("http://127.0.0.1:8070", mesh.simulator.url)
        process = await asyncio.create_subprocess_exec(
            "sh", "-eu", "-c", script, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        told, errors = await process.communicate()
        assert process.returncode == 0, errors
        answers = [json.loads(one) for one in re.findall(r"\{.*?\}\}", told.decode())]
        assert [answer["success"] for answer in answers] == [True] * 3
        assert [answer["data"]["verified"] for answer in answers] == [False, True, True]
        assert await mesh.value("SELECT count(*) FROM profile.user_number") == 0


def test_every_code_is_on_the_page() -> None:
    """A developer finds each error code there, and no other."""
    named = set(re.findall(r"`([A-Z_]{6,})`", PAGE))
    settings = {"JWT_SECRET", "JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE", "NUMBER_KEYS", "NUMBER_HASH_KEY"}
    plain = {"UNAUTHORIZED", "REQUEST_TIMEOUT", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "UNAVAILABLE"}
    assert named - settings - {"CACHE_VERIFICATION_TTL"} == set(phone_numbers._REFUSALS) - plain


def test_the_limits_are_those_of_the_page() -> None:
    """Five attempts, ten minutes, one a minute, three and ten a day."""
    assert (verification.MAX_ATTEMPTS, verification.CODE_LIFE.total_seconds()) == (5, 600)
    assert verification.RESEND_COOLDOWN.total_seconds() == 60
    limits = (verification.MAX_BY_OWNER_TO_NUMBER, verification.MAX_BY_OWNER, verification.MAX_TO_NUMBER)
    assert limits == (3, 10, 10)
