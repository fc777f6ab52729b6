"""The peer's one route: verify, parse, one transaction, 200; then, if asked to, the replies go out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import aiohttp
import asyncpg
from fastapi import FastAPI, Request, Response

from benchmarks.peer import statements as sql
from benchmarks.peer import turn
from benchmarks.peer.settings import load
from chassis.settings import Secret
from services.gateway.messages import Outgoing
from services.gateway.providers.sending import Accepted
from services.gateway.providers.whatsapp.client import WhatsAppClient
from services.gateway.providers.whatsapp.signature import verify
from services.gateway.providers.whatsapp.webhook import split

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Pool = Any

_POOL = 10


class _Peer:
    """What lives as long as the process."""

    def __init__(self, pool: Pool, session: aiohttp.ClientSession) -> None:
        self.settings = load()
        self.pool = pool
        self.secrets = (Secret(self.settings.app_secret),)
        self._tasks: set[asyncio.Task[None]] = set()
        self._whatsapp = WhatsAppClient(
            session,
            graph_url=self.settings.graph_url,
            phone_number_id=self.settings.phone_number_id,
            access_token=Secret("benchmark"),
        )

    def send(self, outgoing: Outgoing) -> None:
        """In the background: the provider must not wait for us to write to it."""
        task = asyncio.create_task(self._sent(outgoing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _sent(self, outgoing: Outgoing) -> None:
        verdict = await self._whatsapp.send(outgoing)
        if isinstance(verdict, Accepted):
            await self.pool.execute(sql.SETTLE, outgoing.outbox_id, "accepted", "", verdict.provider_message_id)
        else:
            await self.pool.execute(sql.SETTLE, outgoing.outbox_id, "failed", type(verdict).__name__, None)


async def _keep(_connection: Any) -> None:
    """Leave a connection as it is: asyncpg's own reset is a round trip after each use, and Hailwire has none either."""


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    pool = asyncpg.create_pool(
        load().database_url,
        min_size=_POOL,
        max_size=_POOL,
        reset=_keep,
        server_settings={"application_name": "peer", "timezone": "UTC", "jit": "off"},
    )
    async with pool, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256)) as session:
        app.state.peer = _Peer(pool, session)
        yield


app = FastAPI(lifespan=_lifespan, openapi_url=None)


@app.post("/webhooks/whatsapp")
async def whatsapp(request: Request) -> Response:
    """Answered after the commit."""
    peer: _Peer = request.app.state.peer
    raw = await request.body()
    if not verify(raw, request.headers.get("x-hub-signature-256"), peer.secrets):
        return Response(status_code=403)
    new = 0
    replies: list[Outgoing] = []
    async with peer.pool.acquire() as connection, connection.transaction():
        for item in split(raw):
            if peer.settings.turns:
                answered = await turn.answer(connection, item, sending=bool(peer.settings.graph_url))
                new += answered is not None
                replies += answered or []
            else:
                new += await turn.store(connection, item)
    if peer.settings.graph_url:
        for outgoing in replies:
            peer.send(outgoing)
    if not new:
        duplicate = b'{"success":true,"duplicate":true}'
        return Response(duplicate, media_type="application/json", headers={"X-Duplicate": "true"})
    return Response(b'{"success":true}', media_type="application/json")


@app.get("/readyz")
async def readyz() -> Response:
    """Up."""
    return Response(b"{}", media_type="application/json")
