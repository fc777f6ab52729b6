"""Names looked up so that no private network is ever spoken to. Slow to import: it brings the HTTP client along.

The connection goes to the very address that was looked at: a name that changes in between changes nothing.
"""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from services.gateway.media.places import Origin, is_public


class PrivateAddress(OSError):
    """A name leads into somebody's own network."""


class PublicResolver(AbstractResolver):
    """Looks names up; `own` are the places that the operator named, which may be anywhere."""

    def __init__(self, own: frozenset[Origin]) -> None:
        self._own = frozenset((place.host, place.port) for place in own)
        self._inner = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name; raises PrivateAddress when one of them is no public one."""
        found = await self._inner.resolve(host, port, family)
        if (host, port) not in self._own and not all(is_public(one["host"]) for one in found):
            raise PrivateAddress("a private address")
        return found

    async def close(self) -> None:
        """Nothing is looked up any more."""
        await self._inner.close()
