"""Posts a webhook whole and then cuts the connection before the answer can come back."""

import asyncio
import contextlib

from yarl import URL

from simulator.letters import Parcel

# Long enough for the gateway to have read the request, too short for its answer most of the time.
_READ_SECONDS = 0.002


async def cut_off(url: URL, parcel: Parcel, timeout_seconds: float) -> None:
    """Whoever is out of reach is out of reach; nobody learns what became of it."""
    host, port = url.host or "", url.port or 80
    fields = {**parcel.headers, "Host": f"{host}:{port}", "Content-Length": str(len(parcel.body))}
    head = f"POST {url.raw_path_qs} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(timeout_seconds):
            _, writer = await asyncio.open_connection(host, port, ssl=url.scheme == "https" or None)
            try:
                writer.write(head.encode() + b"\r\n" + parcel.body)
                await writer.drain()
                await asyncio.sleep(_READ_SECONDS)
            finally:
                writer.transport.abort()
