"""Fetches a file onto the disk: no larger than allowed, from no other place, in no more time. Slow to import.

Nothing is held in memory but the piece that is being written. The deadline is one for everything together, from the
first byte sent to the last received: a provider that drips does not live longer than one that is silent.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from urllib.parse import quote, urljoin

import aiohttp
from yarl import URL

from chassis.records import record
from services.gateway.media.kinds import LOOKED_AT, mime_type
from services.gateway.media.places import Origin, Places, Source
from services.gateway.media.refusals import FileOfWrongKind, FileTooLarge, FileUnreachable, PlaceRefused
from services.gateway.media.resolving import PrivateAddress
from services.gateway.messages import Media, Provider
from services.gateway.providers.exchange import Answer, exchange
from services.gateway.providers.foreign_values import as_integer, as_text

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Twilio's media take one; more than a few are a circle.
_MOST_REDIRECTS = 3
_PIECE_BYTES = 64 * 1024
# All of the time is `seconds` below; only connecting has less.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)


@record
class Fetched:
    """A file on the disk."""

    path: Path
    mime_type: str
    size: int
    sha256: bytes = field(repr=False)


class Fetcher:
    """Fetches files of each provider."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        sources: Mapping[Provider, Source],
        graph_root: str,
        places: Places,
        most_bytes: int,
        seconds: float,
    ) -> None:
        """`session` must look names up by a PublicResolver and unpack nothing; `graph_root` ends in a version."""
        self._session = session
        self._sources = sources
        self._graph_root = graph_root
        self._places = places
        self._most_bytes = most_bytes
        self._seconds = seconds

    async def fetch(self, provider: Provider, media: Media, path: Path) -> Fetched:
        """Put a file there; raises FileRefused or FileUnreachable, and what is at `path` then is for the caller."""
        source = self._sources[provider]
        try:
            async with asyncio.timeout(self._seconds):
                url, digest = (
                    await self._described(source, media.id)
                    if provider is Provider.WHATSAPP and media.id
                    else (media.url, "")
                )
                fetched = await self._followed(source, url, path)
        except TimeoutError as error:
            raise FileUnreachable("not within the time", reason="FILE_TOO_SLOW") from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, PrivateAddress):
                raise PlaceRefused from error
            raise FileUnreachable from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise PlaceRefused from error
        except aiohttp.ClientError as error:
            raise FileUnreachable from error
        if digest and digest.lower() != fetched.sha256.hex():
            raise FileUnreachable("not what was announced", reason="FILE_DIFFERS")
        return fetched

    async def _described(self, source: Source, media_id: str) -> tuple[str, str]:
        """Where Meta has the file for the next minutes, and its digest."""
        answer = await exchange(
            self._session,
            "GET",
            f"{self._graph_root}/{quote(media_id, safe='')}",
            headers={"Authorization": source.authorization, "Accept-Encoding": "identity"},
            timeout=_TIMEOUT,
        )
        url = as_text(answer.body.get("url")) if isinstance(answer, Answer) else ""
        if not isinstance(answer, Answer) or answer.http_status != 200 or not url:
            raise FileUnreachable
        if (as_integer(answer.body.get("file_size")) or 0) > self._most_bytes:
            raise FileTooLarge
        return url, as_text(answer.body.get("sha256"))

    async def _followed(self, source: Source, url: str, path: Path) -> Fetched:
        """From place to place, each looked at anew, and each told only what it may know."""
        for _ in range(_MOST_REDIRECTS + 1):
            place = Origin.of(url)
            self._places.check(place, source)
            headers = {"Accept-Encoding": "identity", **source.authorization_at(place)}
            async with self._session.get(
                URL(url, encoded=True), headers=headers, allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                if response.status in _REDIRECTS:
                    url = urljoin(url, response.headers.get("Location", ""))
                    continue
                return await self._written(response, path)
        raise PlaceRefused

    async def _written(self, response: aiohttp.ClientResponse, path: Path) -> Fetched:
        if response.status != 200 or response.headers.get("Content-Encoding", "identity") != "identity":
            response.close()
            raise FileUnreachable
        if (response.content_length or 0) > self._most_bytes:
            response.close()
            raise FileTooLarge
        size, digest, beginning = 0, hashlib.sha256(), b""
        file = await asyncio.to_thread(path.open, "wb")
        with file:
            async for piece in response.content.iter_chunked(_PIECE_BYTES):
                size += len(piece)
                if size > self._most_bytes:
                    response.close()  # not one byte more is waited for
                    raise FileTooLarge
                digest.update(piece)
                beginning = (beginning + piece)[:LOOKED_AT]
                file.write(piece)
        kind = mime_type(beginning)
        if not kind:
            raise FileOfWrongKind
        return Fetched(path, kind, size, digest.digest())
