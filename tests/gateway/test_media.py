"""Fetching files: limits to the byte, one deadline, known places only, credentials to nobody else, nothing left."""

import asyncio
import contextlib
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.http_client import open_http_client
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from services.gateway.media.fetching import Fetcher
from services.gateway.media.folder import Folder
from services.gateway.media.kinds import mime_type
from services.gateway.media.places import Origin, Places, Source, is_public
from services.gateway.media.refusals import FileOfWrongKind, FileTooLarge, FileUnreachable, PlaceRefused
from services.gateway.media.resolving import PrivateAddress, PublicResolver
from services.gateway.media.settings import MediaSettings
from services.gateway.messages import Media, Provider

MOST = 5 * 1024 * 1024
PDF = b"%PDF-1.7 "


@dataclass
class Server:
    """Answers whatever a test wants, and keeps what it was asked."""

    url: str = ""
    head: bytes = b"HTTP/1.1 200 OK\r\n\r\n"
    body: bytes = b""
    # Goes on with this for ever, once in so many seconds.
    drip: bytes = b""
    every: float = 0.0
    asked: list[str] = field(default_factory=list)
    sent: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(self.head)
            for start in range(0, len(self.body), 65536):
                writer.write(self.body[start : start + 65536])
                await writer.drain()
                self.sent += 65536
            while self.drip:
                writer.write(self.drip)
                await writer.drain()
                self.sent += len(self.drip)
                await asyncio.sleep(self.every)
        writer.close()

    def says(self, body: bytes, *, length: int | None = None, status: str = "200 OK", more: str = "") -> None:
        told = "" if length is None else f"Content-Length: {length}\r\n"
        self.head = f"HTTP/1.1 {status}\r\n{told}{more}Connection: close\r\n\r\n".encode()
        self.body = body


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


class AlsoHere(Places):
    """Knows one more place, as a file server of a provider's would be."""

    def __init__(self, place: Origin) -> None:
        super().__init__(())
        self._place = place

    def check(self, place: Origin, source: Source) -> None:
        if place != self._place:
            super().check(place, source)


@contextlib.asynccontextmanager
async def fetching(api: Server, *, places: Places | None = None, seconds: float = 30.0) -> AsyncIterator[Fetcher]:
    source = Source(Origin.of(api.url), "Basic secret")
    resolver = PublicResolver(frozenset({source.api}))
    async with (
        open_telemetry("media-test", load(TelemetrySettings, {})) as telemetry,
        open_http_client("media", telemetry, most=4, resolver=resolver, decompress=False) as session,
    ):
        yield Fetcher(
            session,
            sources={Provider.TWILIO: source, Provider.WHATSAPP: source},
            graph_root=f"{api.url}/v25.0",
            places=places or Places(()),
            most_bytes=MOST,
            seconds=seconds,
        )


async def fetched(fetcher: Fetcher, server: Server, path: Path, at: str = "/file") -> int:
    return (await fetcher.fetch(Provider.TWILIO, Media("image/jpeg", url=server.url + at), path)).size


@pytest.mark.parametrize("told", [True, False])
async def test_exactly_the_limit_passes(tmp_path: Path, told: bool) -> None:  # noqa: FBT001
    """Five megabytes come onto the disk, with or without their length told before."""
    async with serving() as server, fetching(server) as fetcher:
        content = PDF + bytes(MOST - len(PDF))
        server.says(content, length=MOST if told else None)
        done = await fetcher.fetch(Provider.TWILIO, Media("x/y", url=f"{server.url}/file"), tmp_path / "file")
        assert (done.size, done.mime_type) == (MOST, "application/pdf")
        assert done.sha256 == hashlib.sha256(content).digest()
        assert (tmp_path / "file").read_bytes() == content
        assert "Authorization: Basic secret" in server.asked[0]


async def test_one_byte_more_does_not(tmp_path: Path) -> None:
    """Told in the header it is not read at all; untold it is found out while reading."""
    async with serving() as server, fetching(server) as fetcher:
        server.says(b"", length=MOST + 1)
        with pytest.raises(FileTooLarge):
            await fetched(fetcher, server, tmp_path / "file")
        server.says(PDF + bytes(MOST - len(PDF) + 1))
        with pytest.raises(FileTooLarge):
            await fetched(fetcher, server, tmp_path / "file")


async def test_what_never_ends_is_stopped_at_once(tmp_path: Path) -> None:
    """Beyond the limit nothing more is waited for, and no more is on the disk than the limit."""
    async with serving() as server, fetching(server) as fetcher:
        server.says(PDF)
        server.drip = bytes(65536)
        with pytest.raises(FileTooLarge):
            await fetched(fetcher, server, tmp_path / "file")
        assert (tmp_path / "file").stat().st_size <= MOST
        # What the sockets hold and no more: the sender was cut off, not listened to.
        assert server.sent < 4 * MOST


async def test_the_deadline_is_for_everything(tmp_path: Path) -> None:
    """A server that always sends a little is given up as one that sends nothing: no idle timeout is renewed."""
    async with serving() as server, fetching(server, seconds=0.5) as fetcher:
        for drip, every in ((b"x", 0.02), (b"", 0.0)):
            server.says(PDF, length=1000)
            server.drip, server.every = drip, every
            began = time.monotonic()
            with pytest.raises(FileUnreachable):
                await fetched(fetcher, server, tmp_path / "file")
            assert time.monotonic() - began < 60


async def test_a_redirect_takes_no_credentials_along(tmp_path: Path) -> None:
    """A place that is known besides the API is asked without them."""
    async with serving() as server, serving() as other:
        async with fetching(server, places=AlsoHere(Origin.of(other.url))) as fetcher:
            server.says(b"", status="307 Temporary Redirect", more=f"Location: {other.url}/there\r\n", length=0)
            other.says(PDF)
            assert await fetched(fetcher, server, tmp_path / "file") == len(PDF)
        assert "authorization" in server.asked[0].lower()
        assert "authorization" not in other.asked[0].lower()
        assert other.asked[0].startswith("GET /there ")


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://example.com/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://lookaside.fbsbx.com.example.com/x",
        "https://user:password@lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "//example.com/x",
        "https:///x",
        "https://lookaside.fbsbx.com\\@example.com/x",
    ],
)
async def test_redirects_lead_to_known_hosts_only(tmp_path: Path, location: str) -> None:
    """Private networks, strangers, other schemes and ports, and names that only look alike are not even asked."""
    places = Places(load(MediaSettings, {}).media_hosts.split(","))
    async with serving() as server, fetching(server, places=places) as fetcher:
        server.says(b"", status="302 Found", more=f"Location: {location}\r\n", length=0)
        with pytest.raises(PlaceRefused):
            await fetched(fetcher, server, tmp_path / "file")
        with pytest.raises(PlaceRefused):
            await fetcher.fetch(Provider.TWILIO, Media("image/jpeg", url=location), tmp_path / "file")
        assert len(server.asked) == 1


async def test_a_circle_ends(tmp_path: Path) -> None:
    """A redirect to itself is followed a few times."""
    async with serving() as server, fetching(server) as fetcher:
        server.says(b"", status="302 Found", more="Location: /again\r\n", length=0)
        with pytest.raises(PlaceRefused):
            await fetched(fetcher, server, tmp_path / "file")
        assert len(server.asked) == 4


async def test_a_known_name_that_leads_inside_is_refused() -> None:
    """Whatever a name says, nobody's own network is spoken to; the operator's own API may be anywhere."""
    own = Origin("http", "localhost", 8070)
    resolver = PublicResolver(frozenset({own}))
    assert await resolver.resolve("localhost", 8070)
    with pytest.raises(PrivateAddress):
        await resolver.resolve("localhost", 443)
    await resolver.close()


async def test_metas_files_are_described_first(tmp_path: Path) -> None:
    """The id is asked for the address; a size that is too large is refused there, another digest later."""
    async with serving() as server, serving() as files:
        async with fetching(server, places=AlsoHere(Origin.of(files.url))) as fetcher:
            files.says(PDF)
            told: dict[str, str | int] = {
                "url": f"{files.url}/x",
                "file_size": len(PDF),
                "sha256": hashlib.sha256(PDF).hexdigest(),
            }

            async def described(**change: str | int) -> None:
                body = json.dumps({**told, **change}).encode()
                server.says(body, length=len(body))
                await fetcher.fetch(Provider.WHATSAPP, Media("image/jpeg", id="12/34"), tmp_path / "file")

            await described()
            with pytest.raises(FileTooLarge):
                await described(file_size=MOST + 1)
            with pytest.raises(FileUnreachable):
                await described(sha256="0" * 64)
            with pytest.raises(FileUnreachable):
                await described(url="")
        assert server.asked[0].startswith("GET /v25.0/12%2F34 ")


@pytest.mark.parametrize("status", ["404 Not Found", "401 Unauthorized", "500 Internal Server Error", "429 Slow"])
async def test_what_may_get_better_is_told_apart(tmp_path: Path, status: str) -> None:
    """A provider that does not give a file now is asked again; too large and of another kind stay so."""
    async with serving() as server, fetching(server) as fetcher:
        server.says(b"", status=status, length=0)
        with pytest.raises(FileUnreachable):
            await fetched(fetcher, server, tmp_path / "file")
        server.says(b"<html>not a photo</html>")
        with pytest.raises(FileOfWrongKind):
            await fetched(fetcher, server, tmp_path / "file")
        server.says(PDF, more="Content-Encoding: gzip\r\n")
        with pytest.raises(FileUnreachable):
            await fetched(fetcher, server, tmp_path / "file")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2a00:1450:4001::1", True),
        *(
            (one, False)
            for one in (
                *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
                *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
                *("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:1::", "nonsense", ""),
            )
        ),
    ],
)
def test_private_addresses(address: str, public: bool) -> None:  # noqa: FBT001
    """What is nobody's own is public, however it is written."""
    assert is_public(address) == public


@given(st.text(max_size=60))
def test_any_address_is_a_place_or_refused(url: str) -> None:
    """Nothing that stands in a message breaks us; what no place is known of is refused."""
    source = Source(Origin("https", "api.twilio.com", 443), "Basic secret")
    with pytest.raises(PlaceRefused):
        Places(("lookaside.fbsbx.com",)).check(Origin.of(url), source)


def test_kinds_are_told_by_their_beginnings() -> None:
    """Whatever was said of them."""
    assert [mime_type(one) for one in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", PDF, b"GIF89a", b"")] == [
        "image/jpeg",
        "image/png",
        "application/pdf",
        "",
        "",
    ]


async def test_files_are_gone_after_use_and_by_a_schedule(tmp_path: Path) -> None:
    """The block's end removes its file, whatever went wrong; what a dead process left goes when it is old."""
    folder = Folder(tmp_path / "media")
    async with folder.place() as path:
        path.write_bytes(PDF)
    with pytest.raises(RuntimeError):  # noqa: PT012 - what is tested is the way out
        async with folder.place() as path:
            path.write_bytes(PDF)
            raise RuntimeError
    assert not list((tmp_path / "media").iterdir())
    left, fresh = (tmp_path / "media" / f"{name}.part" for name in ("left", "fresh"))
    for one in (left, fresh):
        one.write_bytes(PDF)
    hour_ago = time.time() - 3600
    os.utime(left, (hour_ago, hour_ago))
    assert folder.tidy() == 1
    assert fresh.exists()
    assert not left.exists()


def test_settings_have_an_effect() -> None:
    """5 MB and 30 s unless told otherwise."""
    assert load(MediaSettings, {}).most_media_bytes == MOST
    assert load(MediaSettings, {}).media_download_timeout_ms == 30_000
    given = load(MediaSettings, {"MAX_MEDIA_SIZE_MB": "1", "MEDIA_DOWNLOAD_TIMEOUT_MS": "500", "MEDIA_HOSTS": "a.b"})
    assert (given.most_media_bytes, given.media_download_timeout_ms, given.media_hosts) == (1024 * 1024, 500, "a.b")
