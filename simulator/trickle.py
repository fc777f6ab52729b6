"""A body that comes in pieces over some time."""

import asyncio
from collections.abc import AsyncIterator

_PIECES = 8


async def trickle(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    """The body in a few pieces, the last one after about so many seconds."""
    size = max(1, -(-len(body) // _PIECES))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    for place, piece in enumerate(pieces):
        if place:
            await asyncio.sleep(seconds / max(1, len(pieces) - 1))
        yield piece
