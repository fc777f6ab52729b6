"""A webhook's 200 goes out before the turn that it led to takes the loop."""

import pytest

from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import payload, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_200_does_not_wait_for_the_turn(open_here: Open, word: Register, phone: str) -> None:
    """Who is known, so that their turn waits for nothing before its handler, is answered before a long handler runs."""
    word("hello", "answers")
    word("compute", "computes")
    said = 0
    async with open_here() as mesh:

        async def copied() -> bool:
            nonlocal said
            said += 1
            await mesh.says(phone, "hello")
            await mesh.answered(f"+{phone}", said)
            return bool(await mesh.metric("hailwire_cache_entries", cache="people"))

        await until(copied, "a copy of the sender")
        for _ in range(3):  # now and then a turn has to wait for something all the same
            taken = await mesh.taken(payload(text(phone, "compute")))
            assert float(taken.headers["x-response-time"].removesuffix("ms")) < 1000
            said += 1
            assert len(await mesh.answered(f"+{phone}", said)) == said
