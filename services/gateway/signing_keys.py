"""The public keys with which an identity provider signs tokens, fetched from JWT_JWKS_URL and kept.

A key that we do not know may be new: the list is fetched again, once for however many ask, and not more often than
every ten seconds, so that tokens with invented key ids cost nobody anything.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from chassis import errors, logs

if TYPE_CHECKING:
    import aiohttp
    from jwt import PyJWK

log = logs.get(__name__)

# Only signatures by a private key: a public key must never be taken for the secret of an HMAC.
ALGORITHMS = ("RS256", "ES256")

_FETCH_SECONDS = 3.0
_LEAST_BETWEEN_SECONDS = 10.0
# A key that its provider has withdrawn is believed for so long.
_FRESH_SECONDS = 600.0
# And for so long while the list cannot be fetched.
_STALE_SECONDS = 3600.0
_MOST_BYTES = 256 * 1024


class KeysUnavailable(errors.Unavailable):
    """The list cannot be fetched, and without it nobody can say whether a token is good."""

    reason = "SIGNING_KEYS_UNAVAILABLE"


class SigningKeys:
    """Keys by their ids."""

    def __init__(
        self,
        url: str,
        session: "Callable[[], Awaitable[aiohttp.ClientSession]]",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._session = session
        self._clock = clock
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failed = False
        self._fetching = asyncio.Lock()

    async def key(self, key_id: str) -> "PyJWK | None":
        """The key, None when the provider has none of that id; raises KeysUnavailable."""
        seen = self._tried_at
        if key_id not in self._keys or self._age > _FRESH_SECONDS:
            async with self._fetching:
                # Whoever waited here finds what the one before has fetched.
                if self._tried_at == seen and self._clock() - seen >= _LEAST_BETWEEN_SECONDS:
                    await self._fetch()
        if self._age > _STALE_SECONDS or (key_id not in self._keys and self._failed):
            raise KeysUnavailable
        return self._keys.get(key_id)

    @property
    def _age(self) -> float:
        return self._clock() - self._fetched_at

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            self._keys = _read(await self._list())
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no list; what is known goes on for a while
            self._failed = True
            log.warning("signing keys cannot be fetched", error=type(error).__name__)
        else:
            self._failed = False
            self._fetched_at = self._tried_at

    async def _list(self) -> bytes:
        session = await self._session()
        async with (
            asyncio.timeout(_FETCH_SECONDS),
            # Keys come from where we were told, not from where that place sends us.
            session.get(self._url, allow_redirects=False, headers={"Accept": "application/json"}) as response,
        ):
            if response.status != 200:
                raise errors.Unavailable(f"status {response.status}")
            return await _body(response)


async def _body(response: "aiohttp.ClientResponse") -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise errors.Unavailable("too long")
    return bytes(body)


def _read(raw: bytes) -> "dict[str, PyJWK]":
    """Keys that sign with one of ours; others of the list are for other things."""
    import jwt

    listed: Any = orjson.loads(raw)["keys"]
    keys: dict[str, PyJWK] = {}
    for one in listed:
        try:
            key = jwt.PyJWK.from_dict(one)
        except jwt.PyJWTError:
            continue
        if key.key_id and key.algorithm_name in ALGORITHMS and key.public_key_use in {None, "sig"}:
            keys[key.key_id] = key
    if not keys:
        raise errors.Unavailable("no key of ours among them")
    return keys
