"""A provider whose answers come when the test says so: each call is passed on at once, its answer is kept back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web


class Late:
    """Stands between the gateway and a provider; the nth call's answer waits for `let_go(n)` (from 1) if held back."""

    def __init__(self, target: str) -> None:
        self.url = ""
        self.taken = 0
        self._target = target
        self._gates: dict[int, asyncio.Event] = {}

    def hold_back(self, *numbers: int) -> None:
        """Keep back the answers to these calls."""
        self._gates |= {number: asyncio.Event() for number in numbers}

    def let_go(self, number: int) -> None:
        """Answer this call now."""
        self._gates[number].set()

    async def taken_are(self, count: int) -> bool:
        """Whether the provider has taken that many calls."""
        return self.taken >= count

    async def passed_on(self, request: web.Request) -> web.Response:
        """One call: to the provider at once, back when it may."""
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self._target + request.path, data=await request.read(), headers=headers) as answer,
        ):
            body = await answer.read()
        self.taken += 1
        if gate := self._gates.get(self.taken):
            await gate.wait()
        return web.Response(status=answer.status, body=body, content_type=answer.content_type)


@contextlib.asynccontextmanager
async def late_answers(target: str, port: int) -> AsyncIterator[Late]:
    """Serves on that port until the block ends."""
    late = Late(target)
    app = web.Application()
    app.router.add_post("/{path:.*}", late.passed_on)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    late.url = f"http://127.0.0.1:{port}"
    try:
        yield late
    finally:
        for gate in late._gates.values():
            gate.set()
        await runner.cleanup()
