"""Serves the floor: `python -m benchmarks.floor PORT`, with DATABASE_URL and WA_APP_SECRET in the environment.

The same signature check, the same parse, the same statements in the same batches; no spans, no counts of requests,
no ids, no limits, no spool, nobody to hand a message on to. What Hailwire costs beyond it is the price of all these.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from chassis import process
from chassis.database import DatabaseSettings, open_database
from chassis.http import serve_http
from chassis.settings import Secret, load
from chassis.telemetry import TelemetrySettings, open_telemetry
from services.gateway.inbox import Inbox
from services.gateway.intake import arrivals_of
from services.gateway.providers.whatsapp.signature import verify
from services.gateway.providers.whatsapp.webhook import split
from services.gateway.room import Room
from services.gateway.storing import Storing

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_DONE = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"16")],
}
_BODY = {"type": "http.response.body", "body": b'{"success":true}'}
_REFUSED = {"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]}
_NOTHING = {"type": "http.response.body", "body": b""}


def application(store: Storing, secret: Secret) -> Any:
    """The one function."""
    secrets = (secret,)

    async def app(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            message = await receive()
            raw = message["body"]
            while message.get("more_body"):
                message = await receive()
                raw += message["body"]
            if not verify(raw, dict(scope["headers"]).get(b"x-hub-signature-256"), secrets):
                await send(_REFUSED)
                await send(_NOTHING)
                return
            await store(arrivals_of(split(raw)))
        await send(_DONE)
        await send(_BODY)

    return app


async def main(environ: Mapping[str, str]) -> None:
    """Serve until the process is asked to end."""
    settings = load(DatabaseSettings, environ)
    async with (
        open_telemetry("floor", load(TelemetrySettings, {})) as telemetry,
        open_database(settings, application="floor", telemetry=telemetry) as database,
    ):
        inbox = Inbox(database, telemetry, room=Room(0), instance_id=lambda: 0, start=lambda _claims: None)
        app = application(Storing(inbox.store_known, inbox.store), Secret(environ["WA_APP_SECRET"]))
        async with serve_http(app, host="127.0.0.1", port=int(sys.argv[1])):
            await process.stopped()


if __name__ == "__main__":
    sys.exit(process.run(main, os.environ))
