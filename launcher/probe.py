"""Asks a local server whether it is there."""

import asyncio
import contextlib


async def http_status(port: int, path: str, seconds: float = 2.0) -> int:
    """The status that http://127.0.0.1:port/path answers; 0 when nothing answers within `seconds`."""
    with contextlib.suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode("ascii"))
                return int((await reader.readline()).split()[1])
            finally:
                writer.close()
    return 0


async def listens(port: int, seconds: float = 1.0) -> bool:
    """Whether something takes connections on that port of this machine."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True
    return False
