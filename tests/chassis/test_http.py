"""HTTP servers that start, drain and refuse like everything else."""

import asyncio
import socket
from typing import Any

import aiohttp
import pytest

from chassis import errors
from chassis.http import serve_http, serve_prometheus
from chassis.telemetry import Telemetry


class Slow:
    """An app whose answer waits for the test."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.end = asyncio.Event()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.begun.set()
        await self.end.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"done"})


async def test_requests_under_way_are_finished() -> None:
    """The end of the server waits for the answer that is being made, and takes no new request."""
    app = Slow()
    stopping = asyncio.Event()
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def life() -> None:
        async with serve_http(app, host="127.0.0.1", port=0, grace_seconds=60) as bound:
            port.set_result(bound)
            await stopping.wait()

    living = asyncio.create_task(life())
    url = f"http://127.0.0.1:{await port}/"

    async def get() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return await response.read()

    asking = asyncio.create_task(get())
    await app.begun.wait()
    stopping.set()
    async with asyncio.timeout(50):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", await port)
            except OSError:
                break
            writer.close()
            await asyncio.sleep(0)
    assert not living.done()
    app.end.set()
    assert await asking == b"done"
    await living


async def test_a_port_that_is_taken() -> None:
    """The error says where and which setting helps, whether a stranger listens there or another server of ours."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(errors.PortInUse, match="set GATEWAY_HTTP_PORT to another one") as caught:
            async with serve_http(Slow(), host="127.0.0.1", port=port, setting="GATEWAY_HTTP_PORT"):
                raise AssertionError
        assert f"127.0.0.1:{port} (Address already in use)" in caught.value.message
    async with serve_http(Slow(), host="127.0.0.1", port=port) as bound:
        assert bound == port
        with pytest.raises(errors.PortInUse):
            async with serve_http(Slow(), host="127.0.0.1", port=port):
                raise AssertionError


async def test_an_address_that_is_not_ours() -> None:
    """Another reason than a taken port is told as it is."""
    with pytest.raises(errors.PortInUse, match=r"192\.0\.2\.1:0") as caught:
        async with serve_http(Slow(), host="192.0.2.1", port=0):
            raise AssertionError
    assert "in use" not in caught.value.message


async def test_the_prometheus_page(telemetry: Telemetry) -> None:
    """The page is at /metrics in the text format; anything else says where it is."""
    telemetry.counter("rides", "rides taken").add(3)
    async with serve_prometheus(telemetry, host="127.0.0.1", port=0) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
            assert response.status == 200
            assert response.content_type == "text/plain"
            page = await response.text()
        assert "# HELP hailwire_rides_total rides taken\n# TYPE hailwire_rides_total counter\n" in page
        assert "hailwire_rides_total 3.0\n" in page
        async with session.get(f"http://127.0.0.1:{port}/") as response:
            assert (response.status, await response.text()) == (404, "see /metrics\n")
